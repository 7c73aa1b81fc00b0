/* Flows that were found honest: for how long they are left alone. */
#include "worker/capture/loop/loopcleared.h"

#include "support/check.h"

#define SEC UINT64_C(1000000000)
#define T0  (100 * SEC)

static void
an_unknown_flow_is_not_cleared(void **state)
{
	struct loopcleared c = {.flow = {{0}}};

	(void)state;
	assert_false(loopcleared_has(&c, 0, 1));
	loopcleared_add(&c, 7, T0, 0);
	assert_false(loopcleared_has(&c, 8, T0));
}

static void
each_time_is_eight_times_as_long_up_to_the_fifth(void **state)
{
	static const uint64_t seconds[] = {2, 16, 128, 1024, 8192, 8192, 8192};
	struct loopcleared c = {.flow = {{0}}};
	uint64_t now = T0;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(seconds); i++) {
		loopcleared_add(&c, 7, now, 0);
		assert_true(loopcleared_has(&c, 7, now + seconds[i] * SEC - 1));
		now += seconds[i] * SEC;
		assert_false(loopcleared_has(&c, 7, now));
	}
}

static void
a_least_number_skips_the_short_times_and_shortens_none(void **state)
{
	struct loopcleared c = {.flow = {{0}}};

	(void)state;
	loopcleared_add(&c, 7, T0, 2);
	assert_true(loopcleared_has(&c, 7, T0 + 128 * SEC - 1));
	assert_false(loopcleared_has(&c, 7, T0 + 128 * SEC));
	loopcleared_add(&c, 7, T0, 0);
	assert_true(loopcleared_has(&c, 7, T0 + 1024 * SEC - 1));
	assert_false(loopcleared_has(&c, 7, T0 + 1024 * SEC));
}

static void
a_full_table_gives_the_place_of_the_one_that_is_cleared_for_the_shortest_time(
    void **state)
{
	struct loopcleared c = {.flow = {{0}}};

	(void)state;
	for (uint64_t i = 0; i < LOOPCLEARED_MAX; i++)
		loopcleared_add(&c, 1000 + i, T0 + i, i == 40 ? 0 : 1);
	loopcleared_add(&c, 7, T0 + 99, 0);
	assert_true(loopcleared_has(&c, 7, T0 + 100));
	for (uint64_t i = 0; i < LOOPCLEARED_MAX; i++)
		assert_int_equal(loopcleared_has(&c, 1000 + i, T0 + 100), i != 40);
}

static void
who_takes_a_place_begins_with_the_shortest_time(void **state)
{
	struct loopcleared c = {.flow = {{0}}};

	(void)state;
	for (uint64_t i = 0; i < LOOPCLEARED_MAX; i++)
		loopcleared_add(&c, 1000 + i, T0, 4);
	loopcleared_add(&c, 7, T0, 0);
	assert_false(loopcleared_has(&c, 7, T0 + 2 * SEC));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_unknown_flow_is_not_cleared),
	    cmocka_unit_test(each_time_is_eight_times_as_long_up_to_the_fifth),
	    cmocka_unit_test(a_least_number_skips_the_short_times_and_shortens_none),
	    cmocka_unit_test(
		a_full_table_gives_the_place_of_the_one_that_is_cleared_for_the_shortest_time),
	    cmocka_unit_test(who_takes_a_place_begins_with_the_shortest_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
