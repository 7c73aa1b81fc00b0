/*
 * Who delivers in lumps, and who is honest: quiet, busy, slow, or stalls now and then.
 */
#include "merge/lumps.h"

#include "support/check.h"
#include "support/rng.h"

#define MS  UINT64_C(1000000)
#define SEC (1000 * MS)

/* The worker's clock, and ours, share nothing. */
#define THEIRS UINT64_C(1700000000000000000)
#define BEAT   (50 * MS)

struct link {
	struct lumps l;
	uint64_t beat_ns; /* of the newest heartbeat that came */
	uint64_t away_ns;
	unsigned n_certain;
};

/* All heartbeats until sent_ns come now. */
static void
deliver(struct link *k, uint64_t now_ns, uint64_t sent_ns, uint64_t beat_ns)
{
	uint64_t gap_ns;

	k->n_certain += lumps_kind(&k->l, now_ns, &gap_ns) == LUMPS_CERTAIN;
	lumps_note_bytes(&k->l, now_ns, k->away_ns);
	for (; k->beat_ns + beat_ns <= sent_ns; k->beat_ns += beat_ns)
		lumps_note_beat(&k->l, THEIRS + k->beat_ns);
	k->n_certain += lumps_kind(&k->l, now_ns, &gap_ns) == LUMPS_CERTAIN;
}

static void
expect_near(uint64_t got, uint64_t want)
{
	if (got + 110 * MS < want || got > want)
		fail_msg("%llu, not about %llu", (unsigned long long)got,
			 (unsigned long long)want);
}

static void
lumps_of_any_size_are_known(void **state)
{
	(void)state;
	for (uint64_t period = 300 * MS; period <= 5 * SEC; period += 100 * MS) {
		struct link k = {.beat_ns = 7 * SEC};
		uint64_t now_ns = 7 * SEC;
		uint64_t gap_ns;

		for (unsigned i = 1; i <= 20; i++) {
			now_ns += period;
			deliver(&k, now_ns, now_ns - 25 * MS, BEAT);
			if (i < 2)
				assert_int_equal(lumps_pause_ns(&k.l), 0);
			else
				expect_near(lumps_pause_ns(&k.l), period);
			if (i < LUMPS_ROW)
				assert_int_equal(k.n_certain, 0);
		}
		assert_int_equal(lumps_kind(&k.l, now_ns, &gap_ns), LUMPS_CERTAIN);
		assert_int_equal(gap_ns, period);
		assert_int_equal(lumps_kind(&k.l, now_ns + 3 * period, &gap_ns),
				 LUMPS_MAYBE);
	}
}

/* The proxy's buffering was switched off, by a reload. */
static void
lumps_are_forgotten(void **state)
{
	struct link k = {.beat_ns = 7 * SEC};
	uint64_t now_ns = 7 * SEC;
	uint64_t gap_ns;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		now_ns += SEC;
		deliver(&k, now_ns, now_ns, BEAT);
	}
	assert_int_equal(lumps_kind(&k.l, now_ns, &gap_ns), LUMPS_CERTAIN);
	for (unsigned i = 0; i < 5; i++) {
		now_ns += BEAT;
		deliver(&k, now_ns, now_ns, BEAT);
	}
	assert_int_equal(lumps_kind(&k.l, now_ns, &gap_ns), LUMPS_NONE);
	expect_near(lumps_pause_ns(&k.l), SEC);
	for (unsigned i = 0; i < 2 * LUMPS_MEMORY_NS / BEAT; i++) {
		now_ns += BEAT;
		deliver(&k, now_ns, now_ns, BEAT);
	}
	assert_true(lumps_pause_ns(&k.l) < MS);
}

/* A round of 10 ms: bytes with, or without, the heartbeats that are due. */
struct honest {
	int line;
	uint64_t beat_ns;   /* its heartbeats' period */
	uint64_t quiet_ns;  /* from packet to packet */
	uint64_t jitter_ns; /* of a delivery */
	uint64_t stall_ns;  /* of the link, each stall_each_ns */
	uint64_t stall_each_ns;
	uint64_t away_ns; /* ours, each away_each_ns */
	uint64_t away_each_ns;
	unsigned behind_part; /* of what is captured, this part more is not carried */
	uint64_t pause_max_ns;
};

static const struct honest honest[] = {
    {__LINE__, BEAT, SEC, 0, 0, 0, 0, 0, 0, 20 * MS},
    {__LINE__, BEAT, SEC, 90 * MS, 0, 0, 0, 0, 0, 100 * MS},
    {__LINE__, BEAT, MS, 0, 0, 0, 0, 0, 0, 20 * MS},
    {__LINE__, BEAT, MS, 90 * MS, 0, 0, 0, 0, 0, 100 * MS},
    {__LINE__, BEAT, SEC, 20 * MS, 400 * MS, SEC, 0, 0, 0, 450 * MS},
    {__LINE__, BEAT, MS, 20 * MS, 400 * MS, 700 * MS, 0, 0, 0, 450 * MS},
    {__LINE__, BEAT, SEC, 20 * MS, 2 * SEC, 20 * SEC, 0, 0, 0, 2050 * MS},
    {__LINE__, SEC, SEC, 20 * MS, 0, 0, 0, 0, 0, 50 * MS},
    {__LINE__, SEC, MS, 20 * MS, 0, 0, 0, 0, 0, 50 * MS},
    {__LINE__, BEAT, MS, 0, 0, 0, 0, 0, 2, 20 * MS},
    {__LINE__, BEAT, MS, 0, 0, 0, 400 * MS, 410 * MS, 0, 20 * MS},
    {__LINE__, BEAT, SEC, 0, 0, 0, 2 * SEC, 2100 * MS, 0, 60 * MS},
};

static bool
is_out(uint64_t now_ns, uint64_t length_ns, uint64_t each_ns)
{
	return each_ns > 0 && now_ns % each_ns < length_ns;
}

static void
check_honest(const struct honest *h, uint64_t seed)
{
	struct link k = {.beat_ns = 7 * SEC};
	uint64_t packet_ns = 0;
	uint64_t due_ns = 0;
	bool was_away = false;

	for (uint64_t now_ns = 7 * SEC; now_ns < 300 * SEC; now_ns += 10 * MS) {
		uint64_t behind_ns =
		    h->behind_part > 0 ? (now_ns - 7 * SEC) / h->behind_part : 0;
		uint64_t sent_ns = now_ns - behind_ns;
		bool is_away = is_out(now_ns, h->away_ns, h->away_each_ns);

		if (was_away && !is_away)
			k.away_ns = now_ns;
		was_away = is_away;
		if (is_away || is_out(now_ns, h->stall_ns, h->stall_each_ns))
			continue;
		if (sent_ns < k.beat_ns + h->beat_ns && now_ns < packet_ns)
			continue;
		if (due_ns == 0)
			due_ns = now_ns +
				 (h->jitter_ns > 0 ? rng_below(&seed, h->jitter_ns) : 0);
		if (now_ns < due_ns)
			continue;
		due_ns = 0;
		packet_ns = now_ns + h->quiet_ns;
		deliver(&k, now_ns, sent_ns, h->beat_ns);
	}
	if (k.n_certain > 0 || lumps_pause_ns(&k.l) > h->pause_max_ns)
		fail_msg("line %d: %u times lumpy, pauses %llu ms", h->line, k.n_certain,
			 (unsigned long long)(lumps_pause_ns(&k.l) / MS));
}

static void
honest_sources_are_never_taken_for_lumpy_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(honest); i++)
		for (uint64_t seed = 1; seed <= 5; seed++)
			check_honest(&honest[i], seed);
}

static void
one_stall_is_no_rhythm(void **state)
{
	struct link k = {.beat_ns = 7 * SEC};
	uint64_t now_ns = 7 * SEC;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		now_ns += i == 50 ? 2 * SEC : BEAT;
		deliver(&k, now_ns, now_ns, BEAT);
	}
	assert_true(lumps_pause_ns(&k.l) < MS);
	now_ns += 9 * SEC; /* an outage, and another: no hold-back cures them */
	deliver(&k, now_ns, now_ns, BEAT);
	now_ns += 9 * SEC;
	deliver(&k, now_ns, now_ns, BEAT);
	assert_true(lumps_pause_ns(&k.l) < MS);
}

static void
hostile_times_are_harmless(void **state)
{
	struct lumps l = {0};
	uint64_t gap_ns;

	(void)state;
	for (unsigned i = 1; i < 200; i++) {
		lumps_note_bytes(&l, i * SEC, 0);
		lumps_note_beat(&l, i < 100 ? i : UINT64_MAX - 200 + i);
		assert_true(lumps_pause_ns(&l) <= SEC);
		(void)lumps_kind(&l, i * SEC, &gap_ns);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lumps_of_any_size_are_known),
	    cmocka_unit_test(lumps_are_forgotten),
	    cmocka_unit_test(honest_sources_are_never_taken_for_lumpy_ones),
	    cmocka_unit_test(one_stall_is_no_rhythm),
	    cmocka_unit_test(hostile_times_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
