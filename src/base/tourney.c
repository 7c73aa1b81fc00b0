/*
 * A tournament tree over numbered leaves. Must not know what the keys are.
 */
#include "base/tourney.h"

#include <assert.h>
#include <stdbool.h>

#define LEAVES_MAX (UINT32_C(1) << 30)

static uint32_t
width_of(uint32_t n)
{
	uint32_t width = 1;

	assert(n >= 1 && n <= LEAVES_MAX);
	while (width < n)
		width *= 2;
	return width;
}

size_t
tourney_bytes(uint32_t n)
{
	return 2 * (size_t)width_of(n) * sizeof(struct tourney_node);
}

/* Each node above the leaves holds the winner below it: the lowest of equals. */
void
tourney_init(struct tourney *t, uint32_t n, void *mem)
{
	t->nodes = mem;
	t->width = width_of(n);
	t->nodes[0] = (struct tourney_node){TOURNEY_NONE, 0};
	for (uint32_t i = 0; i < t->width; i++)
		t->nodes[t->width + i] = (struct tourney_node){TOURNEY_NONE, i};
	for (uint32_t i = t->width - 1; i > 0; i--)
		t->nodes[i] = t->nodes[2 * i];
}

/*
 * Whether a sibling's key beats the winner's so far. An odd node's sibling stands to its
 * left, so it has the lower leaves and wins ties: other <= key, which is other < key + 1
 * in more than 64 bits, a subtraction with borrow. Which side wins is as good as random:
 * the probability asks for conditional moves (measured: 15 ns a set with 1024 leaves
 * where branches cost 42 ns). Compilers for 32 bits have no such type.
 */
static inline bool
is_beaten(uint64_t key, uint64_t other, uint32_t node)
{
#ifdef __SIZEOF_INT128__
	bool is_less = (unsigned __int128)other < (unsigned __int128)key + (node & 1);
#else
	bool is_less = (other < key) | ((other == key) & (node & 1));
#endif

	return __builtin_expect_with_probability(is_less, 1, 0.5);
}

/*
 * From the leaf to the root, carrying the winner so far. There is no early end where a
 * node keeps its value: the merge mostly replaces the winner, which changes every node.
 */
void
tourney_set(struct tourney *t, uint32_t leaf, uint64_t key)
{
	struct tourney_node *nodes = t->nodes;
	uint32_t i = t->width + leaf;

	assert(leaf < t->width);
	for (; i > 1; i /= 2) {
		uint64_t other_key = nodes[i ^ 1].key;
		uint32_t other_leaf = nodes[i ^ 1].leaf;
		bool is_other = is_beaten(key, other_key, i);

		nodes[i].key = key;
		nodes[i].leaf = leaf;
		key = is_other ? other_key : key;
		leaf = is_other ? other_leaf : leaf;
	}
	nodes[1].key = key;
	nodes[1].leaf = leaf;
}
