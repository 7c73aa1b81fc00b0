/* The automatic hold-back by itself: who raises it, what lets it down, who is waited for. */
#include "merge/state.h"

#include <stdlib.h>

#include "support/check.h"

#define MS UINT64_C(1000000)
#define T0 (1000000 * MS)

static struct merge *m;

static void
begin(uint32_t n, bool is_auto, bool is_explicit)
{
	struct merge_options options = {MERGE_HOLD_BACK_NS, is_auto, MERGE_SLACK_NS,
					1u << 20};

	free(m);
	m = merge_new(malloc(merge_bytes(n)), n, &options);
	for (uint32_t i = 0; i < n; i++)
		merge_start(m, i, MERGE_LIVE, is_explicit, T0);
}

/* Two bursts of the source that flushes each period: its oldest record is that late. */
static void
flush_twice(uint32_t source, uint64_t period_ms, uint64_t now_ns)
{
	for (int i = 0; i < 2; i++) {
		uint64_t at_ns = now_ns + (uint64_t)i * period_ms * MS;

		hold_back_arrival(m, source, at_ns, at_ns - period_ms * MS);
		hold_back_arrival(m, source, at_ns, at_ns);
	}
}

static void
it_follows_the_slowest_source_and_a_quarter_more(void **state)
{
	(void)state;
	begin(3, true, false);
	assert_int_equal(merge_hold_back_ns(m), MERGE_HOLD_BACK_NS);
	assert_int_equal(merge_slowest(m), STATE_NONE);
	flush_twice(1, 400, T0);
	assert_int_equal(merge_hold_back_ns(m), 500 * MS);
	assert_int_equal(merge_slowest(m), 1);
	flush_twice(2, 300, T0);
	assert_int_equal(merge_hold_back_ns(m), 500 * MS);
	assert_int_equal(merge_source_hold_back_ns(m, 2), 375 * MS);
	assert_int_equal(merge_slowest(m), 1);
}

static void
it_never_passes_its_ceiling_nor_falls_below_its_floor(void **state)
{
	(void)state;
	begin(2, true, false);
	flush_twice(0, 3000, T0);
	assert_int_equal(merge_hold_back_ns(m), MERGE_HOLD_BACK_AUTO_MAX_NS);
	begin(2, true, false);
	flush_twice(0, 50, T0);
	assert_int_equal(merge_source_hold_back_ns(m, 0), MERGE_HOLD_BACK_NS);
	assert_int_equal(merge_hold_back_ns(m), MERGE_HOLD_BACK_NS);
}

static void
it_comes_down_once_a_second_when_its_source_is_gone(void **state)
{
	(void)state;
	begin(2, true, false);
	hold_back_review(m, T0);
	flush_twice(0, 400, T0);
	flush_twice(1, 1000, T0);
	assert_int_equal(merge_hold_back_ns(m), 1250 * MS);
	merge_end(m, 1);
	hold_back_review(m, T0 + 999 * MS);
	assert_int_equal(merge_hold_back_ns(m), 1250 * MS);
	hold_back_review(m, T0 + 1000 * MS);
	assert_int_equal(merge_hold_back_ns(m), 500 * MS);
	assert_int_equal(merge_slowest(m), 0);
	begin(1, false, false);
	m->hold_back.ns = 7;
	hold_back_review(m, T0 + 5000 * MS);
	assert_int_equal(merge_hold_back_ns(m), 7); /* not automatic */
}

/* A watermark that comes age_ms behind its time. */
static void
beat(uint32_t source, uint64_t now_ms, uint64_t age_ms)
{
	merge_heard(m, source, T0 + now_ms * MS);
	merge_watermark(m, source, T0 + (now_ms - age_ms) * MS);
}

static void
a_source_lags_when_its_watermark_is_half_the_hold_back_behind_its_best(void **state)
{
	(void)state;
	begin(2, true, true);
	beat(0, 1000, 20);
	beat(0, 1050, 20);
	assert_int_equal(merge_lag_ns(m, 0), 0);
	beat(0, 1220, 119); /* 99 ms more than its best */
	assert_int_equal(merge_lag_ns(m, 0), 0);
	assert_int_equal(m->hold_back.n_lagging, 0);
	beat(0, 1330, 125);
	assert_in_range(merge_lag_ns(m, 0), 104 * MS, 105 * MS);
	assert_int_equal(m->hold_back.n_lagging, 1);
	beat(0, 1400, 20);
	assert_int_equal(merge_lag_ns(m, 0), 0);
	assert_int_equal(m->hold_back.n_lagging, 0);
}

static void
the_best_age_follows_a_clock_that_drifts(void **state)
{
	uint64_t age_ns = 20 * MS;
	uint64_t now_ns = T0;

	(void)state;
	begin(1, true, true);
	for (int i = 0; i < 40000; i++) { /* 100 ppm for 2000 s: 200 ms */
		now_ns += 50 * MS;
		age_ns += 50 * MS / 10000;
		merge_heard(m, 0, now_ns);
		merge_watermark(m, 0, now_ns - age_ns);
		assert_int_equal(merge_lag_ns(m, 0), 0);
	}
	assert_true(age_ns >= 219 * MS);
}

static void
who_lags_is_waited_for_as_long_as_bytes_of_it_come(void **state)
{
	(void)state;
	begin(2, true, true);
	beat(0, 1000, 20);
	assert_int_equal(hold_back_lag_end(m, 0), 0);
	beat(0, 1330, 125);
	assert_int_equal(hold_back_lag_end(m, 0), T0 + 1330 * MS + MERGE_HOLD_BACK_NS);
	merge_heard(m, 0, T0 + 1400 * MS);
	assert_int_equal(hold_back_lag_end(m, 0), T0 + 1400 * MS + MERGE_HOLD_BACK_NS);
	assert_int_equal(hold_back_lag_end(m, 1), 0);
}

/* A burst that its link carries for longer than the hold-back, all in front of the next
 * watermark. */
static void
bytes_without_a_watermark_for_half_the_hold_back_are_a_lag(void **state)
{
	(void)state;
	begin(2, true, true);
	beat(0, 1000, 20);
	merge_heard(m, 0, T0 + 1100 * MS);
	assert_int_equal(m->hold_back.n_lagging, 0);
	merge_heard(m, 0, T0 + 1101 * MS);
	assert_int_equal(m->hold_back.n_lagging, 1);
	merge_heard(m, 0, T0 + 1190 * MS);
	assert_int_equal(m->hold_back.n_lagging, 1);
	assert_int_equal(hold_back_lag_end(m, 0), T0 + 1190 * MS + MERGE_HOLD_BACK_NS);
	beat(0, 1200, 20);
	assert_int_equal(m->hold_back.n_lagging, 0);
	merge_heard(m, 1, T0 + 1500 * MS); /* it never had one */
	assert_int_equal(m->hold_back.n_lagging, 0);
}

static void
who_sends_bytes_but_no_watermark_is_waited_for_five_seconds_at_most(void **state)
{
	(void)state;
	begin(2, true, true);
	beat(0, 1000, 20);
	beat(0, 1330, 125);
	for (uint64_t at = 1400; at <= 9000; at += 100)
		merge_heard(m, 0, T0 + at * MS);
	assert_int_equal(hold_back_lag_end(m, 0), T0 + 1330 * MS + MERGE_LAG_BEAT_NS);
}

/* A record of source `of` that is due: whether it waits for source 0, which lags and stands
 * at 1205. */
static bool
waits(uint32_t of, uint64_t time_ms)
{
	struct savefile_record record = {.time_ns = T0 + time_ms * MS};
	struct merge_out out;
	uint8_t *bytes;
	size_t old;
	void *mem;
	bool is_held;

	begin(2, true, true);
	free(merge_set_memory(m, of, aligned_alloc(8, MERGE_QUEUE_FIRST),
			      MERGE_QUEUE_FIRST, &old));
	beat(0, 1000, 20);
	assert_int_equal(merge_begin(m, of, &record, T0 + 1000 * MS, &bytes),
			 MERGE_BEGUN);
	merge_commit(m, of);
	beat(0, 1330, 125);
	is_held = merge_next(m, T0 + 1340 * MS, &out) == MERGE_WAIT;
	if (is_held)
		assert_int_equal(merge_next(m, T0 + 1530 * MS, &out), MERGE_RECORD);
	merge_next(m, T0 + 1540 * MS, &out);
	mem = merge_set_memory(m, of, NULL, 0, &old);
	free(mem);
	return is_held;
}

/* Source 1 has no watermark: without the lag each record would leave now. */
static void
only_who_could_still_deliver_what_is_older_is_waited_for(void **state)
{
	(void)state;
	assert_true(waits(1, 1250));
	assert_true(waits(1, 1205)); /* equal times: the lower number goes first */
	assert_false(waits(0, 1205));
	assert_false(waits(1, 1204));
}

static void
who_begins_anew_has_no_lag(void **state)
{
	(void)state;
	begin(2, true, true);
	beat(0, 1000, 20);
	beat(0, 1330, 125);
	assert_int_equal(m->hold_back.n_lagging, 1);
	merge_end(m, 0);
	assert_int_equal(m->hold_back.n_lagging, 0);
	merge_start(m, 0, MERGE_LIVE, true, T0 + 2000 * MS);
	beat(0, 2100, 500);
	assert_int_equal(merge_lag_ns(m, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_follows_the_slowest_source_and_a_quarter_more),
	    cmocka_unit_test(it_never_passes_its_ceiling_nor_falls_below_its_floor),
	    cmocka_unit_test(it_comes_down_once_a_second_when_its_source_is_gone),
	    cmocka_unit_test(
		a_source_lags_when_its_watermark_is_half_the_hold_back_behind_its_best),
	    cmocka_unit_test(the_best_age_follows_a_clock_that_drifts),
	    cmocka_unit_test(bytes_without_a_watermark_for_half_the_hold_back_are_a_lag),
	    cmocka_unit_test(who_lags_is_waited_for_as_long_as_bytes_of_it_come),
	    cmocka_unit_test(only_who_could_still_deliver_what_is_older_is_waited_for),
	    cmocka_unit_test(
		who_sends_bytes_but_no_watermark_is_waited_for_five_seconds_at_most),
	    cmocka_unit_test(who_begins_anew_has_no_lag),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	free(m);
	return rc;
}
