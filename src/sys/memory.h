#ifndef SYS_MEMORY_H
#define SYS_MEMORY_H

#include <stddef.h>

/* Large pieces of memory straight from the kernel: zeroed, given back when freed. */

/* NULL when there is none. */
void *memory_map(size_t bytes);

/* NULL with 0 is legal; bytes is the size it was mapped with. */
void memory_unmap(void *mem, size_t bytes);

#endif
