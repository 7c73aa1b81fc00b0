/*
 * Corrected times: never out of order where the source's own times are not, never faster
 * than stated, and right in the end.
 */
#include "merge/clock_slew.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/check.h"
#include "support/rng.h"

#define MS    UINT64_C(1000000)
#define SEC   (1000 * MS)
#define EPOCH UINT64_C(1700000000000000000)

static struct clock_offset_estimate
known(int64_t offset_ns, uint64_t worker_ns, uint32_t n_steps)
{
	return (struct clock_offset_estimate){.kind = CLOCK_OFFSET_KNOWN,
					      .offset_ns = offset_ns,
					      .worker_ns = worker_ns,
					      .n_steps = n_steps};
}

static bool
follow(struct clock_slew *s, int64_t offset_ns, uint64_t worker_ns, uint32_t n_steps)
{
	struct clock_offset_estimate e = known(offset_ns, worker_ns, n_steps);

	return clock_slew_follow(s, &e);
}

static int64_t
shift(struct clock_slew *s, uint64_t t)
{
	return (int64_t)(t - clock_slew_map(s, t));
}

#define POINTS 150

/* Every time mapped so far, sorted by the time before and so, it must be, by the time
 * after. */
struct points {
	uint64_t t[POINTS];
	uint64_t f[POINTS];
	int n;
};

static void
add(struct points *p, uint64_t t, uint64_t f, uint64_t seed)
{
	int i = p->n++;

	for (; i > 0 && p->t[i - 1] > t; i--) {
		p->t[i] = p->t[i - 1];
		p->f[i] = p->f[i - 1];
	}
	p->t[i] = t;
	p->f[i] = f;
	if ((i > 0 && p->f[i - 1] > f) || (i + 1 < p->n && p->f[i + 1] < f) ||
	    (i > 0 && p->t[i - 1] == t && p->f[i - 1] != f))
		fail_msg("seed %llu: the order flips at %llu", (unsigned long long)seed,
			 (unsigned long long)t);
}

/*
 * Records and watermarks in some disorder, a measurement now and then of anything within
 * size_ns, forward steps of less than the limit among them.
 */
static void
order_run(uint64_t seed)
{
	static const uint64_t sizes[] = {100, 30000, 5 * MS, 300 * MS, 20 * SEC};
	uint64_t rng = seed;
	uint64_t size = sizes[rng_below(&rng, CHECK_COUNT(sizes))];
	uint64_t pace = sizes[rng_below(&rng, 4)] + 1;
	uint64_t disorder = pace * 20;
	uint32_t n_steps = 0;
	uint64_t now = EPOCH + rng_below(&rng, SEC);
	struct points p = {.n = 0};
	struct clock_slew s = {.n = 0};
	uint64_t changed = 0;

	for (int i = 0; i < POINTS; i++) {
		uint64_t back = rng_below(&rng, 2) ? rng_below(&rng, disorder) : 0;

		now += rng_below(&rng, pace);
		now += rng_below(&rng, 10) == 0 ? rng_below(&rng, 5 * SEC) : 0;
		if (rng_below(&rng, 6) == 0) {
			n_steps += now - changed > 20 * SEC && rng_below(&rng, 4) == 0;
			changed = now;
			follow(&s, (int64_t)rng_below(&rng, 2 * size) - (int64_t)size,
			       now, n_steps);
		}
		add(&p, now - back, clock_slew_map(&s, now - back), seed);
	}
}

static void
the_order_never_flips(void **state)
{
	uint64_t seeds = rng_seed("clock slew order");

	(void)state;
	for (int run = 0; run < 20000; run++)
		order_run(rng_next(&seeds) | 1);
}

/* Nanosecond by nanosecond through the beginning and the end of every kind of segment. */
static void
the_order_never_flips_at_the_seams(void **state)
{
	static const int64_t offsets[] = {-3, 4, 0, 100, 99, -7, 1};
	uint64_t t = EPOCH;
	uint64_t last = 0;
	struct clock_slew s = {.n = 0};

	(void)state;
	for (uint32_t k = 0; k < CHECK_COUNT(offsets); k++) {
		follow(&s, offsets[k], t, k / 2);
		for (int i = 0; i < 3000; i++, t++) {
			uint64_t f = clock_slew_map(&s, t);

			assert_true(f >= last);
			last = f;
		}
		t += 6 * SEC;
		last = clock_slew_map(&s, t);
	}
	for (uint64_t u = EPOCH; u < EPOCH + 3000; u++)
		assert_true(clock_slew_map(&s, u) <= clock_slew_map(&s, u + 1));
}

static void
the_first_applies_at_once(void **state)
{
	struct clock_slew s = {.n = 0};
	struct clock_offset_estimate e = {.kind = CLOCK_OFFSET_AT_LEAST, .offset_ns = 9};

	(void)state;
	assert_false(clock_slew_follow(&s, &e));
	assert_int_equal(clock_slew_applied_ns(&s), 0);
	assert_true(follow(&s, 5 * (int64_t)SEC, EPOCH, 0));
	assert_true(follow(&s, -3 * (int64_t)SEC, EPOCH, 0));
	assert_int_equal(shift(&s, EPOCH), -3 * (int64_t)SEC);
	assert_int_equal(shift(&s, EPOCH - SEC), -3 * (int64_t)SEC);
	assert_int_equal(clock_slew_applied_ns(&s), -3 * (int64_t)SEC);
}

/* 5 ms more take 10 s of the source's time; nothing before the change moves. */
static void
drift_is_slewed(void **state)
{
	struct clock_slew s = {.n = 0};

	(void)state;
	follow(&s, 1 * MS, EPOCH, 0);
	assert_int_equal(shift(&s, EPOCH), MS);
	assert_true(follow(&s, 6 * MS, EPOCH, 0));
	assert_int_equal(shift(&s, EPOCH + 5 * SEC), MS + 2500000);
	assert_int_equal(shift(&s, EPOCH + 10 * SEC), 6 * MS);
	assert_int_equal(shift(&s, EPOCH + 11 * SEC), 6 * MS);
	assert_int_equal(shift(&s, EPOCH - 1), MS);
	assert_int_equal(shift(&s, EPOCH + 5 * SEC), MS + 2500000);
	assert_true(follow(&s, 5 * MS, EPOCH + 11 * SEC, 0));
	assert_int_equal(shift(&s, EPOCH + 12 * SEC), 5500000);
	assert_int_equal(shift(&s, EPOCH + 5 * SEC), MS + 2500000);
	assert_false(follow(&s, 4 * MS, EPOCH + 12 * SEC, 0));
	assert_false(follow(&s, 5 * MS, EPOCH + 30 * SEC, 0));
}

static void
a_late_first_keeps_the_order(void **state)
{
	struct clock_slew s = {.n = 0};
	uint64_t before = clock_slew_map(&s, EPOCH);

	(void)state;
	assert_int_equal(before, EPOCH);
	assert_true(follow(&s, (int64_t)SEC, EPOCH, 0));
	assert_int_equal(shift(&s, EPOCH), 0);
	assert_int_equal(shift(&s, EPOCH + SEC), SEC / 2);
	assert_int_equal(shift(&s, EPOCH + 2 * SEC), SEC);
	s = (struct clock_slew){.n = 0};
	clock_slew_map(&s, EPOCH);
	assert_true(follow(&s, -(int64_t)SEC, EPOCH, 0));
	assert_int_equal(shift(&s, EPOCH), 0);
	assert_int_equal(shift(&s, EPOCH + 1), -(int64_t)SEC);
}

static void
a_step_forward_is_made_good_at_half_speed(void **state)
{
	struct clock_slew s = {.n = 0};
	uint64_t t = EPOCH;

	(void)state;
	follow(&s, 0, t, 0);
	clock_slew_map(&s, t);
	t += 30 * SEC; /* of which 20 were a step */
	clock_slew_map(&s, t);
	assert_true(follow(&s, 20 * SEC, t, 1));
	assert_int_equal(shift(&s, t), 0);
	assert_int_equal(shift(&s, t + 20 * SEC), 10 * SEC);
	/* and stays fast when the target moves a little meanwhile */
	assert_true(follow(&s, 20 * SEC + MS, t + 20 * SEC, 1));
	assert_int_equal(shift(&s, t + 41 * SEC), 20 * SEC + MS);
	assert_true(follow(&s, 20 * SEC + 2 * MS, t + 41 * SEC, 1));
	assert_int_equal(shift(&s, t + 42 * SEC), 20 * SEC + MS + 500000);
}

static void
a_long_step_forward_begins_anew(void **state)
{
	struct clock_slew s = {.n = 0};

	(void)state;
	follow(&s, 0, EPOCH, 0);
	clock_slew_map(&s, EPOCH + 3600 * SEC);
	assert_true(follow(&s, 3600 * SEC, EPOCH + 3600 * SEC, 1));
	assert_int_equal(shift(&s, EPOCH + 3601 * SEC), 3600 * SEC);
}

static void
a_step_back_applies_at_once(void **state)
{
	struct clock_slew s = {.n = 0};

	(void)state;
	follow(&s, 0, EPOCH, 0);
	clock_slew_map(&s, EPOCH);
	/* a minute back: the same times come again, and are now another moment's */
	assert_true(follow(&s, -60 * (int64_t)SEC, EPOCH - 55 * SEC, 1));
	assert_int_equal(shift(&s, EPOCH - 55 * SEC), -60 * (int64_t)SEC);
	assert_int_equal(shift(&s, EPOCH), -60 * (int64_t)SEC);
	/* half a second back, since when it has passed all times seen */
	assert_true(follow(&s, -60 * (int64_t)SEC - 500 * (int64_t)MS, EPOCH, 2));
	assert_int_equal(shift(&s, EPOCH), -60 * (int64_t)SEC);
	assert_int_equal(shift(&s, EPOCH + 1), -60 * (int64_t)SEC - 500 * (int64_t)MS);
}

/* A stamp from next year, or a hostile one, does not put off corrections until then. */
static void
a_stamp_from_the_future_binds_nothing(void **state)
{
	struct clock_slew s = {.n = 0};

	(void)state;
	follow(&s, 0, EPOCH, 0);
	clock_slew_map(&s, EPOCH);
	clock_slew_map(&s, UINT64_MAX);
	assert_true(follow(&s, 1 * MS, EPOCH + SEC, 0));
	assert_int_equal(shift(&s, EPOCH + SEC), 0);
	assert_int_equal(shift(&s, EPOCH + 3 * SEC), MS);
	/* nor does an estimate that lies a little before the last one */
	clock_slew_map(&s, UINT64_MAX);
	assert_false(follow(&s, 9 * MS, EPOCH + SEC - MS, 0));
	assert_int_equal(shift(&s, EPOCH + SEC), 0);
}

/* Measurements between which nothing was mapped use up no history. */
static void
history_is_for_times_that_were_seen(void **state)
{
	struct clock_slew s = {.n = 0};

	(void)state;
	assert_int_equal(shift(&s, 0), 0);
	follow(&s, -5, 0, 0);
	assert_int_equal(shift(&s, 0), 0);
	assert_int_equal(shift(&s, EPOCH), -5);
	for (uint32_t i = 1; i < 3 * CLOCK_SLEW_SEGMENTS; i++)
		follow(&s, -5 - (int64_t)i, EPOCH, i);
	assert_int_equal(shift(&s, 0), 0);
	assert_int_equal(shift(&s, EPOCH), -5);
	assert_int_equal(shift(&s, EPOCH + 1), -4 - 3 * CLOCK_SLEW_SEGMENTS);
}

/* The worker's drift, measured with errors, stays corrected to within them. */
static void
drift_is_followed(void **state)
{
	uint64_t seeds = rng_seed("clock slew drift");

	(void)state;
	for (int run = 0; run < 200; run++) {
		struct clock_slew s = {.n = 0};
		int64_t ppm = (int64_t)rng_below(&seeds, 401) - 200;
		int64_t zero = (int64_t)rng_below(&seeds, 2 * SEC) - (int64_t)SEC;
		uint64_t ours = EPOCH;

		for (int i = 0; i < 300; i++, ours += 100 * MS) {
			int64_t offset = zero + (int64_t)(ours - EPOCH) / 1000000 * ppm;
			uint64_t theirs = ours + (uint64_t)offset;
			int64_t error = (int64_t)rng_below(&seeds, 200001) - 100000;
			int64_t left;

			if (i % 100 == 0)
				follow(&s, offset + error, theirs, 0);
			left = (int64_t)(clock_slew_map(&s, theirs) - ours);
			/* 10 s of drift, the errors of two measurements */
			if (llabs(left) > llabs(ppm) * 10000 + 200000 + 1000)
				fail_msg("%lld ns left of %lld ppm", (long long)left,
					 (long long)ppm);
		}
	}
}

static void
extremes_stay_in_range_and_order(void **state)
{
	static const uint64_t t[] = {0,
				     1,
				     SEC,
				     EPOCH,
				     INT64_MAX / 2,
				     INT64_MAX - 1,
				     INT64_MAX,
				     UINT64_MAX / 2,
				     UINT64_MAX - 1,
				     UINT64_MAX};
	static const int64_t offsets[] = {INT64_MIN, INT64_MIN + 1, -1,	       0,
					  1,	     INT64_MAX - 1, INT64_MAX, 1 << 30};
	uint64_t rng = rng_seed("clock slew extremes");
	struct clock_slew s = {.n = 0};

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t last = 0;

		follow(&s, offsets[rng_below(&rng, CHECK_COUNT(offsets))],
		       t[rng_below(&rng, CHECK_COUNT(t))], (uint32_t)rng_below(&rng, 3));
		for (size_t k = 0; k < CHECK_COUNT(t); k++) {
			uint64_t f = clock_slew_map(&s, t[k]);

			assert_true(f >= last && f <= INT64_MAX);
			last = f;
		}
		if (rng_below(&rng, 20) == 0)
			s = (struct clock_slew){.n = 0};
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_applies_at_once),
	    cmocka_unit_test(drift_is_slewed),
	    cmocka_unit_test(a_late_first_keeps_the_order),
	    cmocka_unit_test(a_step_forward_is_made_good_at_half_speed),
	    cmocka_unit_test(a_long_step_forward_begins_anew),
	    cmocka_unit_test(a_step_back_applies_at_once),
	    cmocka_unit_test(a_stamp_from_the_future_binds_nothing),
	    cmocka_unit_test(history_is_for_times_that_were_seen),
	    cmocka_unit_test(the_order_never_flips),
	    cmocka_unit_test(the_order_never_flips_at_the_seams),
	    cmocka_unit_test(drift_is_followed),
	    cmocka_unit_test(extremes_stay_in_range_and_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
