/*
 * The delivery rhythm: who is a slow flusher, and who is just quiet.
 */
#include "merge/pace.h"

#include "support/check.h"

#define MS  UINT64_C(1000000)
#define SEC (1000 * MS)

/* The worker's clock, and ours, share nothing. */
#define THEIRS UINT64_C(1700000000000000000)

/* A flush at our time at: a record every step since the flush before, period ago. */
static void
flush(struct pace *p, uint64_t at, uint64_t period, uint64_t step)
{
	for (uint64_t age = period; age > 0; age -= step < age ? step : age)
		pace_arrival(p, at, THEIRS + at - age);
}

static void
near(uint64_t got, uint64_t want)
{
	if (got + 5 * MS < want || got > want + 5 * MS)
		fail_msg("delay %llu, not about %llu", (unsigned long long)got,
			 (unsigned long long)want);
}

static void
a_flusher_is_known_at_its_second_flush(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p);
	flush(&p, 7 * SEC, SEC, 3 * MS);
	assert_int_equal(pace_delay_ns(&p, 7 * SEC), 0);
	pace_arrival(&p, 8 * SEC, THEIRS + 7 * SEC + 3 * MS);
	near(pace_delay_ns(&p, 8 * SEC), SEC);
	flush(&p, 8 * SEC, SEC, 3 * MS);
	near(pace_delay_ns(&p, 8 * SEC), SEC);
	for (uint64_t i = 9; i < 100; i++)
		flush(&p, i * SEC, SEC, 3 * MS);
	near(pace_delay_ns(&p, 99 * SEC), SEC);
}

/* One record in each flush, anywhere in its second. */
static void
a_sparse_flusher_is_known_too(void **state)
{
	static const uint64_t ages[] = {100, 900, 400, 950, 20, 700, 300, 500};
	struct pace p;

	(void)state;
	pace_init(&p);
	for (uint64_t i = 0; i < 8; i++)
		pace_arrival(&p, (i + 1) * SEC, THEIRS + (i + 1) * SEC - ages[i] * MS);
	near(pace_delay_ns(&p, 8 * SEC), 880 * MS);
}

static void
a_quiet_source_is_not_slow(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p);
	for (uint64_t i = 1; i < 50; i++) {
		pace_arrival(&p, i * 60 * SEC + i % 3 * MS, THEIRS + i * 60 * SEC);
		near(pace_delay_ns(&p, i * 60 * SEC + 2 * MS), 0);
	}
}

static void
a_busy_source_is_not_slow(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p);
	for (uint64_t i = 1; i < 20000; i++)
		pace_arrival(&p, i * MS + i % 7 * MS, THEIRS + i * MS);
	near(pace_delay_ns(&p, 20 * SEC), 6 * MS);
}

static void
one_stall_changes_nothing(void **state)
{
	struct pace p;
	uint64_t now;

	(void)state;
	pace_init(&p);
	for (now = SEC; now < 5 * SEC; now += 100 * MS)
		pace_arrival(&p, now, THEIRS + now);
	flush(&p, now + SEC, SEC, 10 * MS);
	near(pace_delay_ns(&p, now + SEC), 0);
}

/* A minute of backlog, a file through a fifo, a clock that jumps: no hold-back helps. */
static void
an_outage_is_not_a_rhythm(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p);
	flush(&p, 60 * SEC, 60 * SEC, 100 * MS);
	flush(&p, 120 * SEC, 60 * SEC, 100 * MS);
	flush(&p, 180 * SEC, 60 * SEC, 100 * MS);
	near(pace_delay_ns(&p, 180 * SEC), 0);
}

static void
it_is_forgotten_when_it_ends(void **state)
{
	struct pace p;
	uint64_t now;

	(void)state;
	pace_init(&p);
	for (now = SEC; now < 20 * SEC; now += SEC)
		flush(&p, now, SEC, MS);
	near(pace_delay_ns(&p, now), SEC);
	near(pace_delay_ns(&p, now + 50 * SEC), SEC);
	assert_int_equal(pace_delay_ns(&p, now + 60 * SEC), 0);
	for (uint64_t end = now + 5 * SEC; now < end; now += MS)
		pace_arrival(&p, now, THEIRS + now);
	near(pace_delay_ns(&p, now), 0);
}

static void
a_rhythm_is_remembered_for_its_time_exactly(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p);
	for (uint64_t i = 1; i < 5; i++)
		flush(&p, i * SEC, SEC, 3 * MS);
	near(pace_delay_ns(&p, 4 * SEC + PACE_MEMORY_NS - 1), SEC);
	assert_int_equal(pace_delay_ns(&p, 4 * SEC + PACE_MEMORY_NS), 0);
}

static void
hostile_times_do_no_harm(void **state)
{
	static const uint64_t times[] = {
	    0,		UINT64_MAX,	  UINT64_MAX / 2, 1,
	    1ull << 63, (1ull << 63) - 1, UINT64_MAX / 4, UINT64_MAX / 4 * 3};
	struct pace p;

	(void)state;
	pace_init(&p);
	for (uint64_t i = 0; i < 1000; i++) {
		pace_arrival(&p, i * SEC, times[(i * 7 + i / 8) % CHECK_COUNT(times)]);
		assert_true(pace_delay_ns(&p, i * SEC) <= PACE_DELAY_MAX_NS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_flusher_is_known_at_its_second_flush),
	    cmocka_unit_test(a_sparse_flusher_is_known_too),
	    cmocka_unit_test(a_quiet_source_is_not_slow),
	    cmocka_unit_test(a_busy_source_is_not_slow),
	    cmocka_unit_test(one_stall_changes_nothing),
	    cmocka_unit_test(an_outage_is_not_a_rhythm),
	    cmocka_unit_test(it_is_forgotten_when_it_ends),
	    cmocka_unit_test(a_rhythm_is_remembered_for_its_time_exactly),
	    cmocka_unit_test(hostile_times_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
