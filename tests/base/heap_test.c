/* The pairing heap, against the smallest of a plain array. */
#include "base/heap.h"

#include <stdio.h>
#include <time.h>

#include "support/check.h"
#include "support/rng.h"

#define SMALL 40
#define MANY  10000

static uint64_t
smallest(const struct heap *h, const struct heap_node *nodes, size_t n)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < n; i++)
		if (heap_has(h, &nodes[i]) && nodes[i].key < least)
			least = nodes[i].key;
	return least;
}

/* Keys are few, so that many are equal. */
static void
the_root_is_always_the_smallest(void **state)
{
	uint64_t seed = rng_seed("heap");
	struct heap_node nodes[SMALL] = {0};
	struct heap h = {0};
	size_t n = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct heap_node *node = &nodes[rng_below(&seed, SMALL)];
		bool was_in = heap_has(&h, node);

		if (was_in)
			heap_remove(&h, node);
		else
			heap_add(&h, node, rng_below(&seed, 30));
		n = was_in ? n - 1 : n + 1;
		assert_int_equal(heap_has(&h, node), !was_in);
		assert_int_equal(h.root == NULL, n == 0);
		if (h.root)
			assert_int_equal(h.root->key, smallest(&h, nodes, SMALL));
	}
}

static void
removing_what_is_not_in_changes_nothing(void **state)
{
	struct heap_node in = {0};
	struct heap_node out = {0};
	struct heap h = {0};

	(void)state;
	heap_add(&h, &in, 1);
	heap_remove(&h, &out);
	assert_ptr_equal(h.root, &in);
	heap_remove(&h, &in);
	heap_remove(&h, &in);
	assert_null(h.root);
}

static uint64_t
processor_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A list instead of a heap takes a second for each thousand: the bound is a wide one. */
static void
ten_thousand_nodes_are_cheap_and_come_out_in_order(void **state)
{
	static struct heap_node nodes[MANY];
	uint64_t seed = rng_seed("heap of many");
	uint64_t start_ns = processor_ns();
	uint64_t last = 0;
	struct heap h = {0};

	(void)state;
	for (size_t i = 0; i < MANY; i++)
		heap_add(&h, &nodes[i], rng_next(&seed) >> 1);
	for (size_t i = 0; i < 10 * MANY; i++) {
		struct heap_node *node = &nodes[rng_below(&seed, MANY)];

		heap_remove(&h, node);
		heap_add(&h, node, rng_next(&seed) >> 1);
	}
	for (size_t i = 0; i < MANY; i++) {
		assert_true(h.root->key >= last);
		last = h.root->key;
		heap_remove(&h, h.root);
	}
	assert_null(h.root);
	assert_true(processor_ns() - start_ns < 1000000000u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_root_is_always_the_smallest),
	    cmocka_unit_test(removing_what_is_not_in_changes_nothing),
	    cmocka_unit_test(ten_thousand_nodes_are_cheap_and_come_out_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
