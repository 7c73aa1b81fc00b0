#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An intrusive pairing heap (Fredman, Sedgewick, Sleator, Tarjan 1986): which node has the
 * smallest key. It allocates nothing and has no limit on nodes: owners embed them. Adding
 * costs O(1), removing amortized O(log n). Equal keys come out in any order.
 */
struct heap_node {
	uint64_t key;
	struct heap_node *child; /* the first one */
	struct heap_node *next;	 /* sibling */
	struct heap_node *prev;	 /* sibling before, parent of a first child; NULL: none */
};

struct heap {
	struct heap_node *root; /* the node with the smallest key; NULL: no node */
};

/* Whether n, which is zeroed or was in a heap, is in h now. */
static inline bool
heap_has(const struct heap *h, const struct heap_node *n)
{
	return n->prev != NULL || h->root == n;
}

/* Adds n, which is in no heap and borrowed until heap_remove. */
void heap_add(struct heap *h, struct heap_node *n, uint64_t key);

/* Removes n; legal when it is not in h. */
void heap_remove(struct heap *h, struct heap_node *n);

#endif
