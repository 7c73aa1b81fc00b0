/* The table of flows: what it finds, what it forgets, and that it cannot be aimed at. */
#include "print/flows.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"

static struct print_flows *
make(uint64_t seed)
{
	struct print_flows *flows = calloc(1, sizeof(*flows));

	flows->seed[0] = seed;
	flows->seed[1] = ~seed;
	return flows;
}

static struct print_flow_key
key_of(uint32_t n)
{
	struct print_flow_key key = {.a_port = 80, .version = 4};

	memcpy(key.b, &n, sizeof(n));
	return key;
}

static void
a_flow_is_found_by_all_of_its_key(void **state)
{
	struct print_flows *flows = make(1);
	struct print_flow_key key = key_of(7);
	bool is_new;

	(void)state;
	print_flows_find(flows, &key, &is_new)->a_base = 5;
	assert_true(is_new);
	assert_int_equal(print_flows_find(flows, &key, &is_new)->a_base, 5);
	assert_false(is_new);
	key.source = 1;
	assert_int_equal(print_flows_find(flows, &key, &is_new)->a_base, 0);
	assert_true(is_new);
	key = key_of(7);
	key.version = 6;
	print_flows_find(flows, &key, &is_new);
	assert_true(is_new);
	free(flows);
}

/* More flows than places: one that goes on being used stays. */
static void
the_flow_used_least_recently_loses_its_place(void **state)
{
	struct print_flows *flows = make(2);
	struct print_flow_key busy = key_of(UINT32_MAX);
	uint32_t n = 4 * PRINT_FLOWS_SETS * PRINT_FLOWS_WAYS;
	bool is_new;

	(void)state;
	print_flows_find(flows, &busy, &is_new);
	for (uint32_t i = 0; i < n; i++) {
		struct print_flow_key key = key_of(i);

		print_flows_find(flows, &key, &is_new);
		assert_true(is_new);
		print_flows_find(flows, &busy, &is_new);
		assert_false(is_new);
	}
	free(flows);
}

/* Keys that share a set under one seed are apart under another. */
static void
who_sends_packets_cannot_choose_a_set(void **state)
{
	struct print_flows *flows = make(3);
	struct print_flows *other = make(4);
	uint32_t same[64];
	size_t n = 0;
	size_t n_kept = 0;
	bool is_new;

	(void)state;
	for (uint32_t i = 0; n < CHECK_COUNT(same); i++) {
		struct print_flow_key key = key_of(i);
		size_t at =
		    (size_t)(print_flows_find(flows, &key, &is_new) - flows->list);

		if (at / PRINT_FLOWS_WAYS == 0)
			same[n++] = i;
	}
	for (size_t i = 0; i < n; i++) {
		struct print_flow_key key = key_of(same[i]);

		print_flows_find(other, &key, &is_new);
	}
	for (size_t i = 0; i < n; i++) {
		struct print_flow_key key = key_of(same[i]);

		print_flows_find(other, &key, &is_new);
		n_kept += !is_new;
	}
	assert_int_equal(n_kept, n);
	free(flows);
	free(other);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_flow_is_found_by_all_of_its_key),
	    cmocka_unit_test(the_flow_used_least_recently_loses_its_place),
	    cmocka_unit_test(who_sends_packets_cannot_choose_a_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
