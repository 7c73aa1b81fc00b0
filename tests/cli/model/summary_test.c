/* Counts in words. */
#include "cli/model/summary.h"

#include "support/check.h"

struct row {
	int line;
	struct summary_counts counts;
	const char *want;
};

static void
a_summary_names_what_is_not_0(void **state)
{
	static const struct row rows[] = {
	    {__LINE__,
	     {.received = 5, .written = 5, .has_drops = true, .is_exact = true},
	     "received 5, written 5, late 0, dropped by kernel 0, bytes 0"},
	    {__LINE__,
	     {.received = 5, .written = 4, .late = 1},
	     "received 5, written 4, late 1, dropped by kernel unknown, not fetched "
	     "unknown, bytes 0"},
	    {__LINE__,
	     {.received = 5, .written = 5, .is_file = true},
	     "received 5, written 5, late 0, bytes 0"},
	    {__LINE__,
	     {.received = 5, .written = 5, .drops = 2, .is_file = true},
	     "received 5, written 5, late 0, dropped by kernel at least 2, bytes 0"},
	    {__LINE__,
	     {.received = 5, .written = 5, .is_file = true, .is_exact = true},
	     "received 5, written 5, late 0, dropped by kernel 0, bytes 0"},
	    {__LINE__,
	     {.offered = 99,
	      .received = 5,
	      .written = 4,
	      .not_written = 1,
	      .not_fetched = 60,
	      .drops = 30,
	      .own = 4,
	      .has_drops = true,
	      .is_exact = true},
	     "received 5, written 4, late 0, dropped by kernel 30, not written 1, not "
	     "fetched 60, own traffic 4, bytes 0"},
	    {__LINE__,
	     {.received = 5,
	      .written = 5,
	      .not_fetched = 6,
	      .drops = 3,
	      .own = 4,
	      .has_drops = true},
	     "received 5, written 5, late 0, dropped by kernel at least 3, not fetched at "
	     "least 6, own traffic at least 4, bytes 0"},
	    {__LINE__,
	     {.received = 9,
	      .written = 9,
	      .ahead = 8,
	      .forced = 2,
	      .held_back = 3,
	      .drops = 7,
	      .has_drops = true,
	      .is_exact = true},
	     "received 9, written 9, late 0, ahead 8, dropped by kernel 7, forced 2, held back 3, "
	     "bytes 0"},
	    {__LINE__,
	     {.received = 9,
	      .written = 9,
	      .bytes = UINT64_MAX,
	      .gaps = 2,
	      .gaps_ns = 61234567890,
	      .hold_back_ns = 1250000000},
	     "received 9, written 9, late 0, dropped by kernel unknown, not fetched "
	     "unknown, gaps 2 (61.234 s), "
	     "bytes 18446744073709551615, hold-back 1.25 s"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		char mem[256];
		struct text t;

		text_init(&t, mem, sizeof(mem));
		summary_put(&t, &rows[i].counts);
		check_span(__FILE__, rows[i].line, span_str(rows[i].want), text_span(&t),
			   span_str(rows[i].want), "summary");
	}
}

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
	    cmocka_unit_test(a_summary_names_what_is_not_0),
	    cmocka_unit_test(a_total_is_exact_only_if_all_parts_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
