/*
 * Clock offsets: a worker behind a path that delays at random, with a clock that drifts
 * and is set. The truth is known here, and must lie in every interval that is stated.
 */
#include "merge/clock_offset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/check.h"
#include "support/rng.h"

#define US    UINT64_C(1000)
#define MS    UINT64_C(1000000)
#define SEC   (1000 * MS)
#define EPOCH INT64_C(1700000000000000000)

#define RUNS	  1500
#define EXCHANGES 100

struct world {
	uint64_t rng;
	uint64_t now;	 /* steady */
	int64_t delta;	 /* worker's clock less steady, but for drift */
	double drifted;	 /* ns */
	double drift;	 /* ns a ns */
	int64_t wall;	 /* our wall clock less steady */
	uint64_t grain;	 /* of the worker's clock */
	double base[2];	 /* delay there and back, ns */
	double jitter;	 /* mean, in parts of base */
	uint32_t spikes; /* in 1,000 */
	struct clock_offset c;
	struct clock_offset_reference r;
	struct clock_offset_estimate e;
	uint64_t best; /* round trip in the burst at hand, ns */
};

static double
uniform(struct world *w)
{
	return (double)(rng_next(&w->rng) >> 11) / 9007199254740992.0;
}

static double
log_uniform(struct world *w, double low, double high)
{
	return low * exp(uniform(w) * log(high / low));
}

static void
pass(struct world *w, uint64_t ns)
{
	w->now += ns;
	w->drifted += (double)ns * w->drift;
}

static int64_t
true_delta(const struct world *w)
{
	return w->delta + (int64_t)w->drifted;
}

static uint64_t
worker_clock(const struct world *w)
{
	uint64_t t = w->now + (uint64_t)true_delta(w);

	return t - t % w->grain;
}

static uint64_t
delay(struct world *w, int way)
{
	double d = w->base[way] * (1 - w->jitter * log(1 - uniform(w)));

	if (rng_below(&w->rng, 1000) < w->spikes)
		d += log_uniform(w, 1e6, 500e6);
	return (uint64_t)(d < 500e6 ? d : 500e6);
}

static void
read_wall(struct world *w)
{
	uint64_t before = w->now;
	uint64_t wall;

	pass(w, 20 + rng_below(&w->rng, 200));
	wall = w->now + (uint64_t)w->wall;
	pass(w, 20 + rng_below(&w->rng, 20) * rng_below(&w->rng, 200));
	clock_offset_reference_read(&w->r, before, wall, w->now);
}

static void
open_world(struct world *w, uint64_t seed)
{
	*w = (struct world){.rng = seed};
	w->now = rng_below(&w->rng, 1000000 * SEC);
	w->wall = EPOCH + (int64_t)rng_below(&w->rng, 1000000 * SEC);
	w->delta = w->wall + (int64_t)rng_below(&w->rng, 20 * SEC) - (int64_t)(10 * SEC);
	w->drift = (uniform(w) * 2 - 1) * 200e-6; /* 100 ppm each */
	w->grain = rng_below(&w->rng, 4) == 0 ? 1000 : 1;
	w->base[0] = log_uniform(w, 1e4, 400e6);
	w->base[1] = rng_below(&w->rng, 2) ? log_uniform(w, 1e4, 400e6) : w->base[0];
	w->jitter = rng_below(&w->rng, 3) ? log_uniform(w, 0.01, 3) : 0;
	w->spikes = (uint32_t)rng_below(&w->rng, 2) * 50;
	read_wall(w);
}

static enum clock_offset_result
exchange(struct world *w)
{
	bool is_new = w->c.n_burst == CLOCK_OFFSET_BURST;
	enum clock_offset_result result;
	uint64_t t0 = w->now;
	uint64_t read;

	pass(w, delay(w, 0));
	read = worker_clock(w);
	pass(w, delay(w, 1));
	result = clock_offset_exchange(&w->c, t0, read, w->now);
	if (is_new || w->c.n_burst == 1 || w->now - t0 < w->best)
		w->best = w->now - t0;
	return result;
}

static void
estimate(struct world *w)
{
	clock_offset_estimate(&w->c, &w->r, w->now, &w->e);
}

static bool
is_true(const struct world *w)
{
	return llabs(true_delta(w) - w->wall - w->e.offset_ns) <= (int64_t)w->e.bound_ns;
}

static void
wait_until_due(struct world *w)
{
	uint64_t due = clock_offset_due_ns(&w->c);

	if (due > w->now)
		pass(w, due - w->now);
	if (due > w->now || rng_below(&w->rng, 50) == 0)
		pass(w, rng_below(&w->rng, 40 * SEC));
}

static void
must_be_true(struct world *w, uint64_t seed, int i)
{
	estimate(w);
	if (w->e.kind != CLOCK_OFFSET_KNOWN || !is_true(w))
		fail_msg("seed %llu, exchange %d: kind %d, %lld +-%llu, true %lld",
			 (unsigned long long)seed, i, w->e.kind,
			 (long long)w->e.offset_ns, (unsigned long long)w->e.bound_ns,
			 (long long)(true_delta(w) - w->wall));
	assert_true(llabs((int64_t)(w->e.worker_ns - w->now) - true_delta(w)) <=
		    (int64_t)w->e.bound_ns);
}

/* Sums over all runs, for the printed figures. */
struct sums {
	double ratio;
	double worst;
	double error;
	double n;
};

/* After a whole burst: as sharp as its best round trip allows, but for the reserve. */
static void
must_be_tight(struct world *w, struct sums *sums)
{
	uint64_t half = w->best / 2;
	uint64_t age = w->now - w->c.burst_begin_ns;
	double ratio = (double)w->e.bound_ns / (double)half;

	assert_true(w->e.bound_ns <= half + age / 5000 + 4 * US);
	if (age / 5000 + 4 * US > half)
		return;
	assert_true(w->e.bound_ns <= 2 * half);
	sums->ratio += ratio;
	sums->worst = ratio > sums->worst ? ratio : sums->worst;
	sums->error += fabs((double)(true_delta(w) - w->wall - w->e.offset_ns)) /
		       (double)w->e.bound_ns;
	sums->n++;
}

/* No step of the worker's; ours is set now and then, in every second run. */
static void
the_truth_lies_in_the_bound(void **state)
{
	uint64_t seeds = rng_seed("clock offset");
	struct sums sums = {0};
	struct world w;

	(void)state;
	for (int run = 0; run < RUNS; run++) {
		uint64_t seed = rng_next(&seeds) | 1;

		open_world(&w, seed);
		for (int i = 0; i < EXCHANGES; i++) {
			wait_until_due(&w);
			if (i > 0)
				must_be_true(&w, seed, i);
			if (run % 2 && rng_below(&w.rng, 20) == 0)
				w.wall += (int64_t)rng_below(&w.rng, 20 * SEC) -
					  (int64_t)(10 * SEC);
			if (rng_below(&w.rng, 10) == 0)
				w.drift = (uniform(&w) * 2 - 1) * 200e-6;
			read_wall(&w);
			assert_int_equal(exchange(&w), CLOCK_OFFSET_TAKEN);
			must_be_true(&w, seed, i);
			if (w.c.n_burst == CLOCK_OFFSET_BURST)
				must_be_tight(&w, &sums);
		}
		assert_int_equal(w.e.n_steps, 0);
		assert_int_equal(w.e.n_exchanges, EXCHANGES);
	}
	fprintf(stderr,
		"%d runs of %d exchanges: bound / best half round trip %.3f, worst %.3f; "
		"error / bound %.3f\n",
		RUNS, EXCHANGES, sums.ratio / sums.n, sums.worst, sums.error / sums.n);
}

/* Which burst an interval stated for a time is from. */
struct past {
	uint64_t at[EXCHANGES];
	uint64_t begin[EXCHANGES];
};

static uint64_t
measured_from(const struct past *p, int n, uint64_t at)
{
	for (int i = 0; i < n; i++)
		if (p->at[i] == at)
			return p->begin[i];
	fail_msg("an age that no exchange has");
	return 0;
}

static void
steps_run(uint64_t seed, uint32_t *n_steps, uint32_t *n_seen)
{
	struct world w;
	struct past past;
	uint64_t stepped = 0;
	uint64_t large = UINT64_MAX;

	open_world(&w, seed);
	for (int i = 0; i < EXCHANGES; i++) {
		uint32_t seen = w.c.n_steps;
		double step = log_uniform(&w, 1e4, 600e9) * (i % 3 ? 1 : -1);
		bool is_step;

		wait_until_due(&w);
		estimate(&w);
		is_step = i > 0 && rng_below(&w.rng, 15) == 0;
		if (is_step) {
			w.delta += (int64_t)step;
			stepped = w.now;
			large = 2 * w.e.bound_ns + 1002 * MS;
			++*n_steps;
		}
		exchange(&w);
		*n_seen += w.c.n_steps - seen;
		past.at[i] = w.now;
		past.begin[i] = w.c.burst_begin_ns;
		if (is_step && fabs(step) > (double)large && w.c.n_steps != seen + 1)
			fail_msg("seed %llu: a step of %g s went unseen",
				 (unsigned long long)seed, step / 1e9);
		estimate(&w);
		if (measured_from(&past, i + 1, w.now - w.e.age_ns) >= stepped)
			must_be_true(&w, seed, i);
	}
}

/* What was measured since the last step is true, large steps are seen, none twice. */
static void
steps_are_seen_and_forgotten(void **state)
{
	uint64_t seeds = rng_seed("clock steps");
	uint32_t all_steps = 0;
	uint32_t all_seen = 0;

	(void)state;
	for (int run = 0; run < RUNS; run++) {
		uint32_t n_steps = 0;
		uint32_t n_seen = 0;

		steps_run(rng_next(&seeds) | 1, &n_steps, &n_seen);
		assert_true(n_seen <= n_steps);
		all_steps += n_steps;
		all_seen += n_seen;
	}
	fprintf(stderr, "%u steps of 10 us to 10 min, %u seen\n", all_steps, all_seen);
}

/* Heartbeats: a watermark each 50 ms, set from the worker's clock less the margin. */
struct beats {
	struct world w;
	uint64_t asked;
	uint64_t mark;
};

static void
beat(struct beats *b)
{
	uint64_t read;

	pass(&b->w, 50 * MS);
	read = worker_clock(&b->w) - CLOCK_OFFSET_MARGIN_NS;
	b->mark = read > b->mark ? read : b->mark;
	pass(&b->w, delay(&b->w, 1));
	clock_offset_stamp(&b->w.c, b->asked, b->mark, CLOCK_OFFSET_MARGIN_NS, b->w.now);
	estimate(&b->w);
}

static bool
is_beat_true(const struct world *w)
{
	int64_t offset = true_delta(w) - w->wall;

	if (w->e.kind == CLOCK_OFFSET_KNOWN)
		return is_true(w);
	return w->e.kind == CLOCK_OFFSET_UNKNOWN || w->e.offset_ns <= offset;
}

static void
heartbeats_bound_too(void **state)
{
	uint64_t seeds = rng_seed("clock heartbeats");
	uint32_t n_known = 0;

	(void)state;
	for (int run = 0; run < RUNS / 5; run++) {
		struct beats b = {.mark = 0};

		open_world(&b.w, rng_next(&seeds) | 1);
		b.asked = run % 3 ? b.w.now : 0;
		pass(&b.w, delay(&b.w, 0));
		for (int i = 0; i < 500; i++) {
			beat(&b);
			assert_true(is_beat_true(&b.w));
			assert_int_equal(b.w.e.kind, b.asked > 0 ? CLOCK_OFFSET_KNOWN
								 : CLOCK_OFFSET_AT_LEAST);
		}
		n_known += b.w.e.kind == CLOCK_OFFSET_KNOWN;
		assert_int_equal(b.w.c.n_steps, 0);
		/* set forward, by more than the interval: seen at once */
		b.w.delta += 5 * (int64_t)SEC;
		beat(&b);
		assert_true(is_beat_true(&b.w));
		assert_int_equal(b.w.c.n_steps, b.asked > 0);
		/* set back: what is stated becomes false, for two periods at most */
		b.w.delta -= 60 * (int64_t)SEC;
		for (int i = 0; i < 500; i++) {
			beat(&b);
			if (i >= 450)
				assert_true(is_beat_true(&b.w));
		}
	}
	assert_true(n_known > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_truth_lies_in_the_bound),
	    cmocka_unit_test(steps_are_seen_and_forgotten),
	    cmocka_unit_test(heartbeats_bound_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
