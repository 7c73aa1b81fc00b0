/* Counts added up. */
#include "cli/model/summary.h"

#include "support/check.h"

static void
a_total_is_exact_only_if_all_parts_are(void **state)
{
	struct summary_counts total = {.is_exact = true, .is_file = true};
	struct summary_counts a = {.offered = 11,
				   .received = 1,
				   .written = 2,
				   .not_written = 3,
				   .not_fetched = 4,
				   .own = 5,
				   .late = 3,
				   .ahead = 9,
				   .bytes = 4,
				   .hold_back_ns = 5,
				   .is_exact = true,
				   .is_file = true};
	struct summary_counts b = {.received = 10,
				   .written = 20,
				   .forced = 5,
				   .held_back = 6,
				   .drops = 7,
				   .has_drops = true};

	(void)state;
	summary_add(&total, &a);
	assert_false(total.has_drops);
	assert_true(total.is_exact && total.is_file);
	summary_add(&total, &b);
	assert_false(total.is_exact || total.is_file);
	summary_add(&total, &a);
	assert_int_equal(total.offered, 22);
	assert_int_equal(total.not_written, 6);
	assert_int_equal(total.not_fetched, 8);
	assert_int_equal(total.own, 10);
	assert_int_equal(total.received, 12);
	assert_int_equal(total.written, 24);
	assert_int_equal(total.late, 6);
	assert_int_equal(total.ahead, 18);
	assert_int_equal(total.bytes, 8);
	assert_int_equal(total.forced, 5);
	assert_int_equal(total.held_back, 6);
	assert_int_equal(total.drops, 7);
	assert_int_equal(total.hold_back_ns, 0);
	assert_true(total.has_drops);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_total_is_exact_only_if_all_parts_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
