/*
 * Memory that ends on a no-access page. It knows no module of the program.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "support/edge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* One page with the size of the mapping, the data's pages, one page without access. */
uint8_t *
edge_copy(const void *p, size_t n)
{
	size_t page = page_size();
	size_t data = (n + page - 1) / page * page;
	size_t all = page + data + page;
	uint8_t *base =
	    mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED || mprotect(base + page + data, page, PROT_NONE) != 0) {
		perror("edge_copy");
		abort();
	}
	memcpy(base, &all, sizeof(all));
	if (n > 0)
		memcpy(base + page + data - n, p, n);
	return base + page + data - n;
}

/* The first byte of a copy always lies in the page behind the one with the size. */
void
edge_free(uint8_t *p)
{
	size_t page = page_size();
	size_t all;
	uint8_t *base;

	if (p == NULL)
		return;
	base = p - (uintptr_t)p % page - page;
	memcpy(&all, base, sizeof(all));
	munmap(base, all);
}
