/* The tournament tree against a naive search for the minimum. */
#include "base/tourney.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/check.h"
#include "support/edge.h"
#include "support/rng.h"

static struct tourney_node
naive_top(const uint64_t *keys, uint32_t n)
{
	struct tourney_node best = {TOURNEY_NONE, 0};

	for (uint32_t i = n; i-- > 0;) {
		if (keys[i] <= best.key)
			best = (struct tourney_node){keys[i], i};
	}
	return best;
}

/* Few different keys, so that ties are common, and the extremes among them. */
static uint64_t
some_key(uint64_t *rng)
{
	switch (rng_below(rng, 8)) {
	case 0:
		return TOURNEY_NONE;
	case 1:
		return 0;
	case 2:
		return TOURNEY_NONE - 1;
	default:
		return rng_below(rng, 6);
	}
}

static void
check_size(uint32_t n, uint64_t *rng)
{
	uint64_t *keys = malloc(n * sizeof(*keys));
	void *zeros = calloc(1, tourney_bytes(n));
	void *mem = edge_copy(zeros, tourney_bytes(n));
	struct tourney t;

	assert_non_null(keys);
	tourney_init(&t, n, mem);
	assert_true(tourney_top(&t).key == TOURNEY_NONE);
	for (uint32_t i = 0; i < n; i++)
		keys[i] = TOURNEY_NONE;
	for (int round = 0; round < 2000; round++) {
		uint32_t leaf = (uint32_t)rng_below(rng, n);
		struct tourney_node want, got;

		if (round % 3 == 0)
			leaf = tourney_top(&t).leaf;
		keys[leaf] = some_key(rng);
		tourney_set(&t, leaf, keys[leaf]);
		want = naive_top(keys, n);
		got = tourney_top(&t);
		if (got.key != want.key || got.leaf != want.leaf) {
			fprintf(stderr, "n %u round %d\n", n, round);
			fail();
		}
		assert_true(tourney_key(&t, leaf) == keys[leaf]);
	}
	edge_free(mem);
	free(zeros);
	free(keys);
}

static void
the_least_key_wins_as_a_search_finds_it(void **state)
{
	uint64_t rng = rng_seed("tourney");

	(void)state;
	for (uint32_t n = 1; n <= 70; n++)
		check_size(n, &rng);
	check_size(1000, &rng);
	check_size(1024, &rng);
	check_size(1025, &rng);
}

static void
the_memory_is_what_it_says(void **state)
{
	(void)state;
	assert_int_equal(tourney_bytes(1), 2 * sizeof(struct tourney_node));
	assert_int_equal(tourney_bytes(2), 4 * sizeof(struct tourney_node));
	assert_int_equal(tourney_bytes(3), 8 * sizeof(struct tourney_node));
	assert_int_equal(tourney_bytes(1000), 2048 * sizeof(struct tourney_node));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_least_key_wins_as_a_search_finds_it),
	    cmocka_unit_test(the_memory_is_what_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
