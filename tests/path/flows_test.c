/* Flows and their names. */
#include "path/build.h"

static const uint64_t seed[2] = {1, 2};

static struct path_key
key_of(uint8_t from, uint64_t naked)
{
	struct path_key key = {.naked = naked};

	key.tuple.version = 4;
	key.tuple.protocol = 6;
	key.tuple.address[0][0] = from;
	key.tuple.address[1][0] = 9;
	return key;
}

static const struct path_tuple *
tuple_of(uint8_t from)
{
	static struct path_key key;

	key = key_of(from, 0);
	return &key.tuple;
}

static void
a_flow_is_found_by_its_name_until_it_is_dropped(void **state)
{
	struct path_flows f;
	void *mem = calloc(1, path_flows_bytes(32));

	(void)state;
	path_flows_init(&f, mem, 32, seed);
	for (int round = 0; round < 3; round++) {
		for (uint8_t i = 0; i < 32; i++)
			assert_int_not_equal(path_flows_add(&f, tuple_of(i)), PATH_NONE);
		assert_int_equal(path_flows_add(&f, tuple_of(99)), PATH_NONE);
		for (uint8_t i = 0; i < 32; i++)
			path_flows_drop(&f, path_flows_find(&f, tuple_of(i)));
		assert_int_equal(path_flows_find(&f, tuple_of(3)), PATH_NONE);
		assert_int_equal(f.n, 0);
	}
	free(mem);
}

static void
the_same_packet_elsewhere_under_another_name_is_a_translation(void **state)
{
	struct path_flows f;
	void *mem = calloc(1, path_flows_bytes(32));
	struct path_key a = key_of(1, 77);
	struct path_key b = key_of(2, 77);
	uint32_t first;
	uint32_t second;

	(void)state;
	path_flows_init(&f, mem, 32, seed);
	first = path_flows_add(&f, &a.tuple);
	path_flows_note(&f, first, &a, 5, 1000);
	assert_int_equal(path_flows_translated(&f, &b, 6, 1100, 500), first);
	assert_int_equal(path_flows_translated(&f, &b, 5, 1100, 500), PATH_NONE);
	assert_int_equal(path_flows_translated(&f, &b, 6, 1600, 500), PATH_NONE);
	b.tuple.protocol = 17;
	assert_int_equal(path_flows_translated(&f, &b, 6, 1100, 500), PATH_NONE);
	b.tuple.protocol = 6;
	second = path_flows_add(&f, &b.tuple);
	path_flows_name(&f, second, first);
	assert_int_equal(f.list[second].main, first);
	assert_int_equal(path_flows_name_of(&f, first, 1), second);
	path_flows_drop(&f, first);
	assert_int_equal(path_flows_find(&f, &b.tuple), PATH_NONE);
	free(mem);
}

static void
only_a_flow_that_is_idle_may_be_forgotten(void **state)
{
	struct path_flows f;
	void *mem = calloc(1, path_flows_bytes(32));

	(void)state;
	path_flows_init(&f, mem, 32, seed);
	path_flows_add(&f, tuple_of(1));
	f.list[0].last_ns = 1000;
	assert_int_equal(path_flows_idle(&f, 1500, 600), PATH_NONE);
	f.list[0].n_entries = 1;
	assert_int_equal(path_flows_idle(&f, 9000, 600), PATH_NONE);
	f.list[0].n_entries = 0;
	assert_int_equal(path_flows_idle(&f, 9000, 600), 0);
	free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_flow_is_found_by_its_name_until_it_is_dropped),
	    cmocka_unit_test(
		the_same_packet_elsewhere_under_another_name_is_a_translation),
	    cmocka_unit_test(only_a_flow_that_is_idle_may_be_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
