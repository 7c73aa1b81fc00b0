/* The ring of entries and their chains. */
#include "path/build.h"

static void
an_entry_is_found_until_it_leaves(void **state)
{
	struct path_table t;
	void *mem = calloc(1, path_table_bytes(64));
	bool is_known;

	(void)state;
	path_table_init(&t, mem, 64, 1000);
	for (uint64_t i = 0; i < 1000; i++) {
		struct path_seen seen = {.point = 1};
		uint32_t k;

		if (path_table_used(&t) == 64)
			path_table_free_oldest(&t);
		k = path_table_make(&t, 0, i);
		path_table_chain(&t, k, i % 7 + 100 * i);
		path_table_see(path_table_at(&t, k), &seen, i);
		assert_int_equal(path_table_find(&t, i % 7 + 100 * i, 2, i, &is_known),
				 k);
		assert_int_equal(path_table_find(&t, i % 7 + 100 * i, 1, i, &is_known),
				 PATH_NONE);
		assert_true(is_known);
	}
	while ((uint32_t)path_table_oldest(&t) != PATH_NONE)
		path_table_free_oldest(&t);
	for (uint32_t i = 0; i < t.n_heads; i++)
		assert_int_equal(t.heads[i], PATH_NONE);
	free(mem);
}

static void
one_that_is_older_than_the_wait_is_another_packet(void **state)
{
	struct path_table t;
	void *mem = calloc(1, path_table_bytes(64));
	bool is_known;

	(void)state;
	path_table_init(&t, mem, 64, 1000);
	path_table_chain(&t, path_table_make(&t, 0, 5000), 7);
	assert_int_equal(path_table_find(&t, 7, 1, 6000, &is_known), 0);
	assert_int_equal(path_table_find(&t, 7, 1, 6001, &is_known), PATH_NONE);
	assert_false(is_known);
	free(mem);
}

static void
times_are_those_of_the_first_and_last_observation(void **state)
{
	struct path_entry e = {.first_ns = 100000};
	struct path_seen seen = {.point = 1};

	(void)state;
	path_table_see(&e, &seen, 100000);
	path_table_see(&e, &seen, 100640);
	path_table_see(&e, &seen, 99360);
	assert_int_equal(path_table_begin_ns(&e), 99360);
	assert_int_equal(path_table_end_ns(&e), 100640);
	for (uint32_t i = 3; i <= PATH_SEEN_MAX; i++)
		path_table_see(&e, &seen, 100000);
	assert_int_equal(e.n, PATH_SEEN_MAX);
	assert_true(e.flags & PATH_ENTRY_FULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_entry_is_found_until_it_leaves),
	    cmocka_unit_test(one_that_is_older_than_the_wait_is_another_packet),
	    cmocka_unit_test(times_are_those_of_the_first_and_last_observation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
