#ifndef BASE_TOURNEY_H
#define BASE_TOURNEY_H

#include <stddef.h>
#include <stdint.h>

/*
 * A tournament tree: which of n numbered leaves has the smallest key, the lowest leaf
 * number among equals. Setting any leaf costs log2(n) compares, asking costs nothing.
 * It is the heap of this program: the merge keeps the sources' next records and their
 * watermarks in one each, the loops their deadlines.
 */
#define TOURNEY_NONE UINT64_MAX /* the key of a leaf that takes no part */

struct tourney_node {
	uint64_t key;
	uint32_t leaf;
};

struct tourney {
	struct tourney_node *nodes; /* 2 * width; leaf i at width + i, the root at 1 */
	uint32_t width;		    /* n rounded up to a power of two */
};

/* Bytes of memory that tourney_init needs for n leaves (n >= 1). */
size_t tourney_bytes(uint32_t n);

/* mem is caller-owned, aligned for uint64_t, and must outlive t. Every leaf: NONE. */
void tourney_init(struct tourney *t, uint32_t n, void *mem);

void tourney_set(struct tourney *t, uint32_t leaf, uint64_t key);

static inline uint64_t
tourney_key(const struct tourney *t, uint32_t leaf)
{
	return t->nodes[t->width + leaf].key;
}

/* The winner; its key is TOURNEY_NONE when no leaf takes part. */
static inline struct tourney_node
tourney_top(const struct tourney *t)
{
	return t->nodes[1];
}

#endif
