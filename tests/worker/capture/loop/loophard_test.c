/* Who loses packets, for how long, and when that calls for a hard test. */
#include "worker/capture/loop/loophard.h"

#include "support/check.h"

#define MS  UINT64_C(1000000)
#define SEC UINT64_C(1000000000)
#define T0  (100 * SEC)

/* Loses a packet every 100 ms, from..to. */
static void
lose(struct loophard *h, uint64_t from_ns, uint64_t to_ns)
{
	for (; from_ns <= to_ns; from_ns += 100 * MS)
		loophard_note(h, h->dropped + 1, from_ns);
}

static void
nothing_is_due_without_losses(void **state)
{
	struct loophard h = {.dropped = 0};

	(void)state;
	assert_false(loophard_is_due(&h, T0));
	loophard_note(&h, 0, T0);
	assert_false(loophard_is_due(&h, T0 + 10 * SEC));
}

static void
a_test_is_due_after_two_seconds_of_losses(void **state)
{
	struct loophard h = {.dropped = 0};

	(void)state;
	lose(&h, T0, T0 + 1900 * MS);
	assert_false(loophard_is_due(&h, T0 + 2 * SEC - 1));
	assert_true(loophard_is_due(&h, T0 + 2 * SEC));
}

static void
losses_with_a_pause_of_a_second_and_a_half_begin_anew(void **state)
{
	struct loophard h = {.dropped = 0};

	(void)state;
	lose(&h, T0, T0 + 1900 * MS);
	assert_false(loophard_is_due(&h, T0 + 1900 * MS + 1500 * MS));
	lose(&h, T0 + 3400 * MS, T0 + 5300 * MS);
	assert_false(loophard_is_due(&h, T0 + 5399 * MS));
	assert_true(loophard_is_due(&h, T0 + 5400 * MS));
}

static void
a_shorter_pause_goes_on_counting(void **state)
{
	struct loophard h = {.dropped = 0};

	(void)state;
	loophard_note(&h, 1, T0);
	loophard_note(&h, 2, T0 + 1500 * MS - 1);
	assert_true(loophard_is_due(&h, T0 + 2 * SEC));
}

static void
each_test_in_vain_makes_the_next_wait_twice_as_long_up_to_160_s(void **state)
{
	static const uint64_t waits[] = {5, 10, 20, 40, 80, 160, 160, 160};
	struct loophard h = {.dropped = 0};
	uint64_t now = T0;

	(void)state;
	lose(&h, now, now + 2 * SEC);
	now += 2 * SEC;
	for (size_t i = 0; i < CHECK_COUNT(waits); i++) {
		assert_true(loophard_is_due(&h, now));
		loophard_begun(&h, now);
		lose(&h, now, now + waits[i] * SEC);
		assert_false(loophard_is_due(&h, now + waits[i] * SEC - 1));
		now += waits[i] * SEC;
	}
}

static void
behind_a_loop_losses_are_tested_at_once_for_ten_seconds(void **state)
{
	struct loophard h = {.dropped = 0};

	(void)state;
	lose(&h, T0, T0 + 2 * SEC);
	loophard_begun(&h, T0 + 2 * SEC);
	loophard_found(&h, T0 + 3 * SEC);
	assert_true(loophard_is_due(&h, T0 + 3 * SEC));
	loophard_note(&h, h.dropped + 1, T0 + 13 * SEC - 1);
	assert_true(loophard_is_due(&h, T0 + 13 * SEC - 1));
	assert_false(loophard_is_due(&h, T0 + 13 * SEC));
}

static void
a_test_of_another_capture_is_joined_while_it_is_fresh(void **state)
{
	struct loophard h = {.dropped = 0};

	(void)state;
	loophard_note(&h, 1, T0);
	assert_false(loophard_is_due(&h, T0 + 50 * MS));
	h.join_ns = T0;
	assert_true(loophard_is_due(&h, T0 + 100 * MS - 1));
	assert_false(loophard_is_due(&h, T0 + 100 * MS));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_is_due_without_losses),
	    cmocka_unit_test(a_test_is_due_after_two_seconds_of_losses),
	    cmocka_unit_test(losses_with_a_pause_of_a_second_and_a_half_begin_anew),
	    cmocka_unit_test(a_shorter_pause_goes_on_counting),
	    cmocka_unit_test(
		each_test_in_vain_makes_the_next_wait_twice_as_long_up_to_160_s),
	    cmocka_unit_test(behind_a_loop_losses_are_tested_at_once_for_ten_seconds),
	    cmocka_unit_test(a_test_of_another_capture_is_joined_while_it_is_fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
