/*
 * Clock offsets in situations with a name, their text and their warnings.
 * clock_offset_path_test.c has the paths and clocks that nobody thought of.
 */
#include "merge/clock_offset.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/rng.h"

#define MS    UINT64_C(1000000)
#define SEC   (1000 * MS)
#define EPOCH INT64_C(1700000000000000000)

static const struct clock_offset_reference ours = {{.is_set = true}};

static void
one_exchange_is_what_it_says(void **state)
{
	struct clock_offset c = {0};
	struct clock_offset_estimate e;

	(void)state;
	clock_offset_estimate(&c, &ours, SEC, &e);
	assert_int_equal(e.kind, CLOCK_OFFSET_UNKNOWN);
	assert_int_equal(clock_offset_due_ns(&c), 0);
	assert_int_equal(clock_offset_exchange(&c, SEC, SEC + 6 * MS, SEC + 2 * MS),
			 CLOCK_OFFSET_TAKEN);
	clock_offset_estimate(&c, &ours, SEC + 2 * MS, &e);
	assert_int_equal(e.kind, CLOCK_OFFSET_KNOWN);
	assert_in_range(e.offset_ns, 5 * MS - 1, 5 * MS + 401);
	assert_in_range(e.bound_ns, MS + 1000, MS + 1202);
	assert_int_equal(e.age_ns, 0);
	assert_int_equal(e.n_exchanges, 1);
	clock_offset_estimate(&c, &ours, 11 * SEC + 2 * MS, &e);
	assert_in_range(e.bound_ns, 3 * MS + 1000, 3 * MS + 1202);
	assert_int_equal(e.age_ns, 10 * SEC);
	assert_in_range(e.worker_ns, 11 * SEC + 7 * MS - 1, 11 * SEC + 7 * MS + 401);
	clock_offset_estimate(&c, &(struct clock_offset_reference){0}, SEC, &e);
	assert_int_equal(e.kind, CLOCK_OFFSET_UNKNOWN);
}

static void
bursts_are_due_in_time(void **state)
{
	struct clock_offset c = {0};
	uint64_t now = 100 * SEC;

	(void)state;
	for (int i = 0; i < CLOCK_OFFSET_BURST; i++, now += 3 * MS) {
		assert_true(clock_offset_due_ns(&c) <= now);
		clock_offset_exchange(&c, now, now, now + MS);
	}
	assert_int_equal(clock_offset_due_ns(&c), 110 * SEC);
	for (now = 110 * SEC; now < 115 * SEC; now += SEC) {
		assert_true(clock_offset_due_ns(&c) <= now);
		clock_offset_exchange(&c, now, now, now + SEC);
	}
	assert_int_equal(clock_offset_due_ns(&c), 120 * SEC);
}

/* A burst on a crowded path does not blunt what is known, an old one does not stay. */
static void
the_narrower_counts(void **state)
{
	struct clock_offset c = {0};
	struct clock_offset_estimate e;

	(void)state;
	clock_offset_exchange(&c, SEC, SEC, SEC + MS);
	for (uint64_t t = 11 * SEC; t < 40 * SEC; t += 10 * SEC) {
		clock_offset_exchange(&c, t, t, t + 400 * MS);
		clock_offset_estimate(&c, &ours, t + SEC, &e);
		assert_in_range(e.bound_ns, t / 5000, t / 5000 + MS);
	}
	clock_offset_exchange(&c, 41 * SEC, 41 * SEC, 41 * SEC + 2 * MS);
	clock_offset_estimate(&c, &ours, 42 * SEC, &e);
	assert_in_range(e.bound_ns, MS, 2 * MS);
	assert_in_range(e.age_ns, 998 * MS, SEC);
}

/* A step in mid-burst: what is known is the one exchange, and seven more are due. */
static void
a_step_begins_a_burst(void **state)
{
	struct clock_offset c = {0};
	struct clock_offset_estimate e;

	(void)state;
	for (uint64_t t = SEC; t < SEC + 6 * MS; t += MS)
		clock_offset_exchange(&c, t, t, t + MS);
	assert_int_equal(clock_offset_exchange(&c, 2 * SEC, 3 * SEC, 2 * SEC + MS),
			 CLOCK_OFFSET_STEP);
	clock_offset_estimate(&c, &ours, 2 * SEC + MS, &e);
	assert_in_range(e.offset_ns, SEC - MS / 2 - 1, SEC - MS / 2 + 201);
	assert_int_equal(e.n_steps, 1);
	for (uint64_t i = 1; i < CLOCK_OFFSET_BURST; i++) {
		assert_int_equal(clock_offset_due_ns(&c), 2 * SEC + i * MS);
		clock_offset_exchange(&c, 2 * SEC + i * MS, 3 * SEC + i * MS,
				      2 * SEC + (i + 1) * MS);
	}
	assert_int_equal(clock_offset_due_ns(&c), 12 * SEC);
	assert_int_equal(c.n_steps, 1);
}

/* A clock that contradicts itself in each answer is not asked more than twice as often. */
static void
bursts_end_whatever_is_answered(void **state)
{
	struct clock_offset c = {0};
	uint64_t now = 100 * SEC;
	unsigned n = 0;

	(void)state;
	for (unsigned burst = 1; burst <= 3; burst++, now += 10 * SEC) {
		do {
			clock_offset_exchange(&c, now, (1000 + n) * SEC, now + MS);
			now += 2 * MS;
			n++;
		} while (n < 1000 && clock_offset_due_ns(&c) <= now);
		assert_true(n <= burst * 2 * CLOCK_OFFSET_BURST);
	}
	assert_int_equal(c.n_steps, n - 1);
}

static void
our_own_clock_is_set(void **state)
{
	struct clock_offset_reference r = {0};
	struct clock_offset c = {0};
	struct clock_offset_estimate e;

	(void)state;
	clock_offset_exchange(&c, SEC, (uint64_t)EPOCH + SEC, SEC);
	assert_false(clock_offset_reference_read(&r, 0, (uint64_t)EPOCH, 5000));
	clock_offset_estimate(&c, &r, SEC, &e);
	assert_in_range(e.offset_ns, 2500, 2501);
	assert_in_range(e.bound_ns, 3500, 3501);
	assert_false(clock_offset_reference_read(&r, 0, (uint64_t)EPOCH, 100));
	assert_false(clock_offset_reference_read(&r, 0, (uint64_t)EPOCH, 5000));
	clock_offset_estimate(&c, &r, SEC, &e);
	assert_in_range(e.bound_ns, 1050, 1051);
	assert_true(clock_offset_reference_read(&r, SEC, (uint64_t)EPOCH, SEC + 100));
	clock_offset_estimate(&c, &r, SEC, &e);
	assert_in_range(e.offset_ns, SEC - 1000, SEC + 1000);
	assert_int_equal(e.n_steps, 0);
}

static void
a_stamp_that_goes_back_is_a_step(void **state)
{
	struct clock_offset c = {0};
	struct clock_offset_estimate e;

	(void)state;
	assert_int_equal(clock_offset_stamp(&c, SEC, 0, 0, 2 * SEC),
			 CLOCK_OFFSET_REFUSED);
	assert_int_equal(clock_offset_stamp(&c, SEC, 5 * SEC, 0, SEC + 100 * MS),
			 CLOCK_OFFSET_TAKEN);
	clock_offset_estimate(&c, &ours, SEC + 100 * MS, &e);
	assert_int_equal(e.kind, CLOCK_OFFSET_KNOWN);
	assert_in_range(e.offset_ns, 3940 * MS, 3960 * MS);
	assert_in_range(e.bound_ns, 50 * MS, 51 * MS);
	assert_int_equal(clock_offset_stamp(&c, SEC, 4500 * MS, 0, 2 * SEC),
			 CLOCK_OFFSET_TAKEN);
	assert_int_equal(clock_offset_stamp(&c, SEC, 3900 * MS, 0, 2 * SEC),
			 CLOCK_OFFSET_STEP);
	clock_offset_estimate(&c, &ours, 2 * SEC, &e);
	assert_int_equal(e.n_steps, 1);
	assert_in_range(e.offset_ns, 2300 * MS, 2500 * MS);
}

/* One that came fast stays known for a period at least, and not beyond a step. */
static void
the_best_stamp_is_remembered(void **state)
{
	struct clock_offset c = {0};
	struct clock_offset_estimate e;
	uint64_t t = 100 * SEC;

	(void)state;
	clock_offset_stamp(&c, 0, t, 0, t + MS);
	for (; t < 114 * SEC; t += SEC)
		clock_offset_stamp(&c, 0, t, 0, t + 300 * MS);
	clock_offset_estimate(&c, &ours, t, &e);
	assert_int_equal(e.kind, CLOCK_OFFSET_AT_LEAST);
	assert_in_range(-e.offset_ns, MS, 5 * MS);
	assert_int_equal(e.age_ns, 700 * MS);
	assert_int_equal(clock_offset_stamp(&c, 0, t - 5 * SEC, 0, t), CLOCK_OFFSET_STEP);
	clock_offset_estimate(&c, &ours, t, &e);
	assert_in_range(-e.offset_ns, 5 * SEC, 5 * SEC + MS);
}

static void
hostile_times_do_no_harm(void **state)
{
	static const uint64_t t[] = {0,		1,	    INT64_MAX / 2, INT64_MAX - 1,
				     INT64_MAX, 1ull << 63, UINT64_MAX,	   1000 * SEC};
	uint64_t rng = rng_seed("hostile clocks");
	struct clock_offset c = {0};
	struct clock_offset_reference r = {0};
	struct clock_offset_estimate e;
	char mem[64];
	struct text text;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint64_t v[4];

		for (int k = 0; k < 4; k++)
			v[k] = t[rng_below(&rng, CHECK_COUNT(t))];
		if (v[2] < v[0] || v[1] > INT64_MAX || v[2] > INT64_MAX)
			assert_int_equal(clock_offset_exchange(&c, v[0], v[1], v[2]),
					 CLOCK_OFFSET_REFUSED);
		clock_offset_exchange(&c, v[0], v[1], v[2]);
		clock_offset_stamp(&c, v[2], v[1], v[3], v[0]);
		clock_offset_reference_read(&r, v[3], v[0], v[1]);
		clock_offset_estimate(&c, &r, v[3], &e);
		clock_offset_judge(&e, v[0]);
		text_init(&text, mem, sizeof(mem));
		clock_offset_text(&text, &e);
		assert_false(text.is_cut);
	}
}

static void
text_reads_well(void **state)
{
	static const struct {
		int line;
		enum clock_offset_kind kind;
		int64_t offset;
		uint64_t bound;
		const char *want;
	} rows[] = {
	    {__LINE__, CLOCK_OFFSET_KNOWN, 1300000, 200000, "offset +1.3 ms ±0.2 ms"},
	    {__LINE__, CLOCK_OFFSET_KNOWN, 1340000, 200000, "offset +1.3 ms ±0.3 ms"},
	    {__LINE__, CLOCK_OFFSET_KNOWN, -1360000, 200000, "offset -1.4 ms ±0.3 ms"},
	    {__LINE__, CLOCK_OFFSET_KNOWN, 0, 0, "offset 0 ns ±0 ns"},
	    {__LINE__, CLOCK_OFFSET_KNOWN, 40, 1900000, "offset 0.0 ms ±2.0 ms"},
	    {__LINE__, CLOCK_OFFSET_KNOWN, -3600000000000, 1500000,
	     "offset -3600.0000 s ±0.0015 s"},
	    {__LINE__, CLOCK_OFFSET_KNOWN, 31000, 2000, "offset +31 us ±2 us"},
	    {__LINE__, CLOCK_OFFSET_KNOWN, 310, 12, "offset +310 ns ±12 ns"},
	    {__LINE__, CLOCK_OFFSET_KNOWN, 5, 300000000000, "offset 0 s ±301 s"},
	    {__LINE__, CLOCK_OFFSET_AT_LEAST, -3110000, 0, "offset at least -3.2 ms"},
	    {__LINE__, CLOCK_OFFSET_AT_LEAST, 3190000, 0, "offset at least +3.1 ms"},
	    {__LINE__, CLOCK_OFFSET_UNKNOWN, 0, 0, "offset unknown"},
	};
	char mem[64];
	struct text t;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct clock_offset_estimate e = {.kind = rows[i].kind,
						  .offset_ns = rows[i].offset,
						  .bound_ns = rows[i].bound};

		text_init(&t, mem, sizeof(mem));
		clock_offset_text(&t, &e);
		check_span(__FILE__, rows[i].line, span_str(rows[i].want), text_span(&t),
			   span_str(rows[i].want), "text");
		text_init(&t, mem, strlen(rows[i].want) - 1);
		clock_offset_text(&t, &e);
		assert_true(t.is_cut && t.n == 0);
	}
}

/* Read back, the text's interval covers the number's. */
static void
text_keeps_the_truth(void **state)
{
	uint64_t rng = rng_seed("clock text");

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct clock_offset_estimate e = {.kind = CLOCK_OFFSET_KNOWN};
		char mem[64];
		struct text t;
		char unit[4];
		double offset;
		double bound;
		double factor;

		e.offset_ns = (int64_t)(rng_next(&rng) >> (12 + rng_below(&rng, 50)));
		e.offset_ns = rng_below(&rng, 2) ? e.offset_ns : -e.offset_ns;
		e.bound_ns = rng_next(&rng) >> (20 + rng_below(&rng, 44));
		text_init(&t, mem, sizeof(mem));
		clock_offset_text(&t, &e);
		if (sscanf(text_cstr(&t), "offset %lf %*s ±%lf %3s", &offset, &bound,
			   unit) != 3)
			fail_msg("%s", mem);
		factor = unit[0] == 's'	  ? 1e9
			 : unit[0] == 'm' ? 1e6
			 : unit[0] == 'u' ? 1e3
					  : 1;
		if (fabs(offset * factor - (double)e.offset_ns) + (double)e.bound_ns >
			bound * factor * (1 + 1e-12) + 0.01 +
			    fabs(offset * factor) * 1e-14 ||
		    bound * factor > 1.6 * (double)e.bound_ns + 1e9)
			fail_msg("%s is %lld +-%llu", mem, (long long)e.offset_ns,
				 (unsigned long long)e.bound_ns);
	}
}

static void
warnings_are_certain(void **state)
{
	static const struct {
		int line;
		enum clock_offset_kind kind;
		int64_t offset;
		uint64_t bound;
		uint64_t hold_back;
		enum clock_offset_warning want;
	} rows[] = {
	    {__LINE__, CLOCK_OFFSET_KNOWN, 10000000, 0, 200 * MS, CLOCK_OFFSET_FINE},
	    {__LINE__, CLOCK_OFFSET_KNOWN, 10000001, 0, 200 * MS, CLOCK_OFFSET_LARGE},
	    {__LINE__, CLOCK_OFFSET_KNOWN, -10000001, 0, 200 * MS, CLOCK_OFFSET_LARGE},
	    {__LINE__, CLOCK_OFFSET_KNOWN, -201000000, 0, 200 * MS,
	     CLOCK_OFFSET_MISORDERS},
	    {__LINE__, CLOCK_OFFSET_KNOWN, 6000000, 0, 5 * MS, CLOCK_OFFSET_MISORDERS},
	    {__LINE__, CLOCK_OFFSET_KNOWN, 6000000, 0, 0, CLOCK_OFFSET_FINE},
	    {__LINE__, CLOCK_OFFSET_KNOWN, 300000000, 0, 0, CLOCK_OFFSET_LARGE},
	    {__LINE__, CLOCK_OFFSET_KNOWN, 40000000, 40 * MS, 200 * MS,
	     CLOCK_OFFSET_FINE},
	    {__LINE__, CLOCK_OFFSET_KNOWN, INT64_MIN, 1, SEC, CLOCK_OFFSET_MISORDERS},
	    {__LINE__, CLOCK_OFFSET_AT_LEAST, 11000000, 0, 200 * MS, CLOCK_OFFSET_LARGE},
	    {__LINE__, CLOCK_OFFSET_AT_LEAST, -11000000, 0, 200 * MS, CLOCK_OFFSET_FINE},
	    {__LINE__, CLOCK_OFFSET_UNKNOWN, 11000000, 0, 200 * MS, CLOCK_OFFSET_FINE},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct clock_offset_estimate e = {.kind = rows[i].kind,
						  .offset_ns = rows[i].offset,
						  .bound_ns = rows[i].bound};

		check_u64(__FILE__, rows[i].line, span_str("judge"),
			  clock_offset_judge(&e, rows[i].hold_back), rows[i].want,
			  "warning");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_exchange_is_what_it_says),
	    cmocka_unit_test(bursts_are_due_in_time),
	    cmocka_unit_test(the_narrower_counts),
	    cmocka_unit_test(a_step_begins_a_burst),
	    cmocka_unit_test(bursts_end_whatever_is_answered),
	    cmocka_unit_test(our_own_clock_is_set),
	    cmocka_unit_test(a_stamp_that_goes_back_is_a_step),
	    cmocka_unit_test(the_best_stamp_is_remembered),
	    cmocka_unit_test(hostile_times_do_no_harm),
	    cmocka_unit_test(text_reads_well),
	    cmocka_unit_test(text_keeps_the_truth),
	    cmocka_unit_test(warnings_are_certain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
