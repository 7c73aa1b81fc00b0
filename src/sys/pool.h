#ifndef SYS_POOL_H
#define SYS_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Pieces of memory out of one reserved mapping: what one owner gives back another takes
 * with its pages, and neighbours share huge pages.
 */
#define POOL_UNIT 4096 /* pieces are multiples of it */

struct pool {
	uint8_t *mem; /* NULL: nothing is reserved, every piece is a mapping */
	size_t n_units;
	uint64_t *used; /* a bit a unit */
	bool is_busy;	/* something was taken since the last trim */
	bool is_dirty;	/* what is free may hold pages */
};

/* Reserves bytes of address space. Where that is not to be had the pool works without. */
void pool_init(struct pool *p, size_t bytes, bool is_huge);

/* A piece of bytes, aligned to POOL_UNIT, of any content; a mapping of its own where the
 * pool has no room. NULL when there is no memory. */
void *pool_take(struct pool *p, size_t bytes);

/* NULL with 0 is legal; bytes is what was asked for. */
void pool_give(struct pool *p, void *mem, size_t bytes);

/* The kernel gets the pages of what is free, unless something was taken since the last
 * call: call it now and then. */
void pool_trim(struct pool *p);

#endif
