/* A pairing heap. Must not know what the keys are. */
#include "base/heap.h"

/* a and b are roots. */
static struct heap_node *
meld(struct heap_node *a, struct heap_node *b)
{
	if (!a || !b)
		return a ? a : b;
	if (b->key < a->key) {
		struct heap_node *less = b;

		b = a;
		a = less;
	}
	b->prev = a;
	b->next = a->child;
	if (b->next)
		b->next->prev = b;
	a->child = b;
	return a;
}

/* A root, from first and its siblings. */
static struct heap_node *
take_first(struct heap_node **first)
{
	struct heap_node *n = *first;

	if (!n)
		return NULL;
	*first = n->next;
	n->next = NULL;
	n->prev = NULL;
	return n;
}

/* One root of the siblings: pairs from left to right, then all from right to left. */
static struct heap_node *
meld_siblings(struct heap_node *first)
{
	struct heap_node *pairs = NULL;
	struct heap_node *root = NULL;

	while (first) {
		struct heap_node *a = take_first(&first);
		struct heap_node *pair = meld(a, take_first(&first));

		pair->next = pairs;
		pairs = pair;
	}
	while (pairs)
		root = meld(root, take_first(&pairs));
	return root;
}

void
heap_add(struct heap *h, struct heap_node *n, uint64_t key)
{
	*n = (struct heap_node){.key = key};
	h->root = meld(h->root, n);
}

void
heap_remove(struct heap *h, struct heap_node *n)
{
	if (!heap_has(h, n))
		return;
	if (n == h->root) {
		h->root = meld_siblings(n->child);
	} else {
		if (n->prev->child == n)
			n->prev->child = n->next;
		else
			n->prev->next = n->next;
		if (n->next)
			n->next->prev = n->prev;
		h->root = meld(h->root, meld_siblings(n->child));
	}
	*n = (struct heap_node){.key = n->key};
}
