/* Anonymous mappings: what grows and shrinks with load leaves no holes in a heap. */
#include "sys/memory.h"

#include <sys/mman.h>

void *
memory_map(size_t bytes)
{
	void *p =
	    mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void
memory_unmap(void *mem, size_t bytes)
{
	if (mem)
		munmap(mem, bytes);
}
