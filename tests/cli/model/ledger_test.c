/* What became of every packet, from what workers tell. */
#include "cli/model/ledger.h"

#include <string.h>

#include "support/check.h"
#include "support/rng.h"

static struct savefile_statistics
last_block(uint64_t offered, uint64_t dropped, uint64_t delivered)
{
	return (struct savefile_statistics){
	    .has = SAVEFILE_HAS_ACCEPT | SAVEFILE_HAS_OSDROP | SAVEFILE_HAS_USRDELIV,
	    .accept = offered,
	    .osdrop = dropped,
	    .usrdeliv = delivered};
}

static struct savefile_statistics
heartbeat(uint64_t dropped)
{
	return (struct savefile_statistics){.has = SAVEFILE_HAS_OSDROP,
					    .osdrop = dropped};
}

/* offered, not fetched, dropped, own, and whether they are exact. */
static void
expect(int line, const struct ledger *l, uint64_t offered, uint64_t not_fetched,
       uint64_t dropped, uint64_t own, bool is_exact)
{
	struct ledger_sum sum;
	struct span in = span_str("");

	ledger_sum(l, &sum);
	check_true(__FILE__, line, in, sum.told.offered == offered, "offered");
	check_true(__FILE__, line, in, sum.not_fetched == not_fetched, "not fetched");
	check_true(__FILE__, line, in, sum.told.dropped == dropped, "dropped");
	check_true(__FILE__, line, in, sum.told.own == own, "own");
	check_true(__FILE__, line, in, sum.is_exact == is_exact, "exact");
}

static void
nothing_begun_is_exact(void **state)
{
	struct ledger l = {.is_at_least = false};

	(void)state;
	expect(__LINE__, &l, 0, 0, 0, 0, true);
}

static void
the_last_block_settles_a_capture(void **state)
{
	struct ledger l = {.is_at_least = false};
	struct savefile_statistics s = heartbeat(3);

	(void)state;
	ledger_begin(&l);
	ledger_receive(&l, 10);
	expect(__LINE__, &l, 10, 0, 0, 0, false);
	ledger_note(&l, &s);
	expect(__LINE__, &l, 13, 0, 3, 0, false);
	s = last_block(100, 30, 60);
	ledger_receive(&l, 60);
	ledger_note(&l, &s);
	expect(__LINE__, &l, 100, 0, 30, 10, true);
}

static void
what_was_not_fetched_is_a_count(void **state)
{
	struct ledger l = {.is_at_least = false};
	struct ledger_counts told = {
	    .offered = 100, .captured = 60, .dropped = 30, .own = 10};

	(void)state;
	ledger_begin(&l);
	ledger_receive(&l, 17);
	ledger_settle(&l, false, &told, true);
	expect(__LINE__, &l, 100, 43, 30, 10, true);
	ledger_receive(&l, 20); /* it may still come */
	expect(__LINE__, &l, 100, 40, 30, 10, true);
}

static void
counts_of_a_running_capture_are_lower_bounds(void **state)
{
	struct ledger l = {.is_at_least = false};
	struct ledger_counts told = {.offered = 50, .captured = 50};

	(void)state;
	ledger_begin(&l);
	ledger_receive(&l, 40);
	ledger_settle(&l, false, &told, false);
	expect(__LINE__, &l, 50, 10, 0, 0, false);
	ledger_receive(&l, 60);
	expect(__LINE__, &l, 60, 0, 0, 0, false);
}

static void
drops_before_a_reconnect_are_not_forgotten(void **state)
{
	struct ledger l = {.is_at_least = false};
	struct savefile_statistics s = heartbeat(5);
	struct ledger_counts told = {.offered = 108, .captured = 100, .dropped = 8};

	(void)state;
	ledger_begin(&l);
	ledger_receive(&l, 90);
	ledger_note(&l, &s);
	ledger_lose(&l);
	expect(__LINE__, &l, 95, 0, 5, 0, false);
	ledger_settle(&l, true, &told, true);
	expect(__LINE__, &l, 108, 10, 8, 0, true);
	ledger_begin(&l); /* it is back */
	s = last_block(7, 2, 5);
	ledger_receive(&l, 5);
	ledger_note(&l, &s);
	expect(__LINE__, &l, 115, 10, 10, 0, true);
}

/* A worker that does not see that its client is gone: both captures count what comes until
 * the first one is stopped. */
static void
what_two_captures_may_both_have_counted_is_not_told(void **state)
{
	struct ledger l = {.is_at_least = false};
	struct savefile_statistics s = heartbeat(5);
	struct ledger_counts told = {.offered = 108, .captured = 100, .dropped = 8};

	(void)state;
	ledger_begin(&l);
	ledger_receive(&l, 90);
	ledger_note(&l, &s);
	ledger_begin(&l);
	ledger_settle(&l, true, &told, true);
	s = last_block(7, 2, 5);
	ledger_receive(&l, 5);
	ledger_note(&l, &s);
	expect(__LINE__, &l, 102, 0, 7, 0, false);
}

static void
a_worker_that_does_not_tell_leaves_lower_bounds_for_ever(void **state)
{
	struct ledger l = {.is_at_least = false};
	struct savefile_statistics s = heartbeat(5);
	struct ledger_counts told = {.offered = 1, .captured = 1};

	(void)state;
	ledger_begin(&l);
	ledger_receive(&l, 90);
	ledger_note(&l, &s);
	ledger_begin(&l);
	ledger_give_up(&l);
	ledger_settle(&l, true, &told, true); /* too late: of another one, perhaps */
	s = last_block(7, 2, 5);
	ledger_receive(&l, 5);
	ledger_note(&l, &s);
	expect(__LINE__, &l, 102, 0, 7, 0, false);
}

static void
a_second_loss_closes_the_first_one(void **state)
{
	struct ledger l = {.is_at_least = false};
	struct ledger_counts told = {.offered = 30, .captured = 30};

	(void)state;
	ledger_begin(&l);
	ledger_receive(&l, 10);
	ledger_begin(&l);
	ledger_receive(&l, 20);
	ledger_lose(&l);
	ledger_settle(&l, true, &told, true);
	expect(__LINE__, &l, 40, 10, 0, 0, false);
}

static void
a_settled_capture_needs_no_question_when_it_is_lost(void **state)
{
	struct ledger l = {.is_at_least = false};
	struct savefile_statistics s = last_block(7, 2, 5);

	(void)state;
	ledger_begin(&l);
	ledger_receive(&l, 5);
	ledger_note(&l, &s);
	ledger_begin(&l);
	assert_false(l.has_lost);
	ledger_note(&l, &s);
	expect(__LINE__, &l, 14, 5, 4, 0, true);
}

static void
a_capture_is_lost_before_the_next_one_begins(void **state)
{
	struct ledger l = {.is_at_least = false};
	struct ledger_counts told = {.offered = 30, .captured = 30};

	(void)state;
	ledger_lose(&l);
	expect(__LINE__, &l, 0, 0, 0, 0, true);
	ledger_begin(&l);
	ledger_receive(&l, 10);
	ledger_lose(&l);
	expect(__LINE__, &l, 10, 0, 0, 0, false);
	ledger_settle(&l, true, &told, true);
	expect(__LINE__, &l, 30, 20, 0, 0, true);
	ledger_begin(&l);
	expect(__LINE__, &l, 30, 20, 0, 0, false);
	ledger_lose(&l);
	ledger_lose(&l);
	ledger_settle(&l, true, &told, true);
	expect(__LINE__, &l, 60, 50, 0, 0, true);
}

static void
a_worker_that_lies_is_not_exact(void **state)
{
	static const struct {
		int line;
		struct ledger_counts told;
		uint64_t offered, not_fetched;
	} rows[] = {
	    /* less than came; parts that do not add up; sums that wrap */
	    {__LINE__, {.offered = 9, .captured = 9}, 10, 0},
	    {__LINE__, {.offered = 99, .captured = 20, .dropped = 1}, 21, 10},
	    {__LINE__, {.offered = 11, .captured = 20}, 20, 10},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct ledger l = {.is_at_least = false};

		ledger_begin(&l);
		ledger_receive(&l, 10);
		ledger_settle(&l, false, &rows[i].told, true);
		expect(rows[i].line, &l, rows[i].offered, rows[i].not_fetched,
		       rows[i].told.dropped, 0, false);
	}
}

static void
a_last_block_that_lies_is_not_exact(void **state)
{
	static const struct {
		int line;
		uint64_t offered, dropped, delivered;
	} rows[] = {{__LINE__, 100, 0, 9}, {__LINE__, 3, 8, 20}, {__LINE__, 19, 0, 20}};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct ledger l = {.is_at_least = false};
		struct savefile_statistics s =
		    last_block(rows[i].offered, rows[i].dropped, rows[i].delivered);
		struct ledger_sum sum;

		ledger_begin(&l);
		ledger_receive(&l, 10);
		ledger_note(&l, &s);
		ledger_sum(&l, &sum);
		check_true(__FILE__, rows[i].line, span_str(""), !sum.is_exact, "exact");
	}
}

static void
the_end_of_a_file_is_exact_where_drops_are_told(void **state)
{
	struct ledger l = {.is_at_least = false};
	struct savefile_statistics s = heartbeat(4);

	(void)state;
	ledger_begin(&l);
	ledger_receive(&l, 10);
	ledger_end(&l);
	expect(__LINE__, &l, 10, 0, 0, 0, false);
	ledger_note(&l, &s);
	ledger_end(&l);
	expect(__LINE__, &l, 14, 0, 4, 0, true);
}

/* Whatever is lost, asked or lied about: exact means that the parts add up. */
static void
exact_counts_add_up(void **state)
{
	uint64_t rng = rng_seed("ledger");

	(void)state;
	for (int run = 0; run < 20000; run++) {
		struct ledger l = {.is_at_least = false};
		uint64_t received = 0;
		uint64_t now = 0;
		struct ledger_sum sum;

		for (int i = 0; i < 12; i++) {
			struct ledger_counts c = {.captured = rng_below(&rng, 9),
						  .dropped = rng_below(&rng, 3),
						  .own = rng_below(&rng, 3)};
			struct savefile_statistics s;

			c.offered = c.captured + c.dropped + c.own;
			c.offered += rng_below(&rng, 9) == 0;
			s = last_block(c.offered, c.dropped, c.captured);
			switch (rng_below(&rng, 6)) {
			case 0:
				received += now;
				now = 0;
				ledger_begin(&l);
				break;
			case 1:
				if (!l.has_begun)
					break;
				now += rng_below(&rng, 4);
				ledger_receive(&l, now);
				break;
			case 2:
				if (l.has_begun)
					ledger_note(&l, &s);
				break;
			case 3:
				if (l.has_begun)
					ledger_settle(&l, false, &c, rng_below(&rng, 2));
				break;
			case 4:
				ledger_settle(&l, true, &c, rng_below(&rng, 2));
				break;
			default:
				ledger_give_up(&l);
			}
		}
		ledger_sum(&l, &sum);
		assert_true(sum.told.captured >= received + now);
		assert_true(sum.not_fetched == sum.told.captured - received - now);
		if (sum.is_exact)
			assert_int_equal(sum.told.offered, sum.told.captured +
							       sum.told.dropped +
							       sum.told.own);
	}
}

/* The stream lags behind the answer: a heartbeat of before comes after it. */
static void
a_block_behind_the_last_word_changes_nothing(void **state)
{
	const struct ledger_counts told = {.offered = 100, .captured = 40, .dropped = 60};
	const struct savefile_statistics beat = {.osdrop = 7, .has = SAVEFILE_HAS_OSDROP};
	struct ledger l = {.is_at_least = false};
	struct ledger_sum sum;

	(void)state;
	ledger_begin(&l);
	ledger_receive(&l, 10);
	ledger_settle(&l, false, &told, true);
	ledger_note(&l, &beat);
	ledger_sum(&l, &sum);
	assert_true(sum.is_exact);
	assert_int_equal(sum.told.dropped, 60);
	assert_int_equal(sum.told.offered, 100);
	assert_int_equal(sum.not_fetched, 30);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_begun_is_exact),
	    cmocka_unit_test(the_last_block_settles_a_capture),
	    cmocka_unit_test(what_was_not_fetched_is_a_count),
	    cmocka_unit_test(counts_of_a_running_capture_are_lower_bounds),
	    cmocka_unit_test(drops_before_a_reconnect_are_not_forgotten),
	    cmocka_unit_test(a_worker_that_does_not_tell_leaves_lower_bounds_for_ever),
	    cmocka_unit_test(what_two_captures_may_both_have_counted_is_not_told),
	    cmocka_unit_test(a_second_loss_closes_the_first_one),
	    cmocka_unit_test(a_settled_capture_needs_no_question_when_it_is_lost),
	    cmocka_unit_test(a_capture_is_lost_before_the_next_one_begins),
	    cmocka_unit_test(a_worker_that_lies_is_not_exact),
	    cmocka_unit_test(a_last_block_that_lies_is_not_exact),
	    cmocka_unit_test(the_end_of_a_file_is_exact_where_drops_are_told),
	    cmocka_unit_test(exact_counts_add_up),
	    cmocka_unit_test(a_block_behind_the_last_word_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
