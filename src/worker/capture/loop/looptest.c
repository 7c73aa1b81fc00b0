/*
 * Which suspect follows our writes?
 *
 *   output  ##_________#_____#__________#______#____
 *   loop    .##_________#_____#__________#______#___   : later by the delay of its way
 *
 * Why an honest flow is not found: a pulse comes at a time drawn anew from HOLDS
 * milliseconds. For one hypothesis about the delay, what counts is the first data of the
 * flow behind the time when what was sent before the hold has passed. A flow that does not
 * know the draw has it when it likes: that the pulse, later by the delay, falls into the
 * same w ms has a chance of w / HOLDS at most, whatever the flow does. `evidence` multiplies
 * (chance of what was seen if it is a loop / at most if it is not) over the rounds, and is
 * a mean over the hypotheses: by Ville's inequality it reaches EVIDENCE_LOOP for an honest
 * flow with a chance of 1e-14 a test. The surplus is for flows that a pulse disturbs, by
 * taking the processor or the link from them for some milliseconds.
 * It must not know how suspects are found, nor sockets and rings.
 */
#include "worker/capture/loop/looptest.h"

#include <string.h>

#define MS_NS ((uint64_t)1000000)

#define HOLDS	      (LOOPTEST_HOLD_MAX_MS - LOOPTEST_HOLD_MIN_MS)
#define DATA_MIN      100u /* bytes of an IP packet: smaller ones are acknowledgements */
#define PASS_MS	      10u  /* a pulse passes within this, once its first byte has */
#define PULSE_SMALL   (6u * 1024) /* no queue on the way to speak of, even at 10 Mbit/s */
#define PULSE_MEDIUM  (64u * 1024)	 /* the same at 100 Mbit/s and more */
#define PULSE_LARGE   (8u * 1024 * 1024) /* all there is, but of a flood */
#define CUT_MAX	      1u		 /* pulses too small for an honest flow */
#define PULSE_MS      60u /* a pulse that takes longer is none: the client does not read */
#define PRESSED_MAX   2u  /* holds cut short for want of room: this load is too much */
#define DRAIN_MS      500u /* of hops that are full: some MB each, at 10 MB/s and more */
#define BUSY_DRAIN_MS 60u  /* and a hold behind it: an honest flow waits under 150 ms */
#define POLL_NS	      (5u * MS_NS)
#define PULSE_POLL_NS (1u * MS_NS)
#define JUMP_NS	      (20u * MS_NS) /* a clock that was set */
#define ANSWERS	      0.8	    /* a loop answers a pulse in time with this chance */

/* An honest flow has evidence of x at any time of a test with a chance of 1/x at most. */
#define EVIDENCE_LOOP	1e14
#define EVIDENCE_STILL	1e3 /* of one that was a loop */
#define EVIDENCE_SURE	10.0
#define EVIDENCE_SOME	2.0
#define EVIDENCE_DOUBT	0.6   /* one answer was missed, by a near loop */
#define EVIDENCE_HONEST 0.005 /* four, and at every delay */
#define BYTES_SHARE	2 /* a loop has on the wire what was sent: half of it at least */

/* Delays in ms, from a to a + width; three widths, one in three of the weight each. */
struct delays {
	uint32_t width, step, n;
};
static const struct delays table[] = {{2, 1, 4}, {4, 2, 11}, {8, 4, 64}};
_Static_assert(LOOPTEST_DELAYS == 4 + 11 + 64, "as many as in the table");
_Static_assert(LOOPTEST_HOLD_MIN_MS >= 8 + PASS_MS, "a pulse passes before the next");

struct hypothesis {
	uint32_t from, width; /* ms */
	double weight;
};

static struct hypothesis
hypothesis_of(uint32_t i)
{
	const struct delays *d = table;

	for (; i >= d->n; d++)
		i -= d->n;
	return (struct hypothesis){i * d->step, d->width, 1.0 / 3 / d->n};
}

uint64_t
looptest_draw(uint64_t *rng, uint64_t n)
{
	uint64_t x = *rng;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*rng = x;
	return (x * 0x2545f4914f6cdd1du >> 24) % n;
}

static uint32_t
ms_of(const struct looptest *t, uint64_t real_ns)
{
	return real_ns < t->base_ns ? 0 : (uint32_t)((real_ns - t->base_ns) / MS_NS);
}

static void
begin_round(struct looptest *t, const struct looptest_now *now)
{
	uint32_t hold_ms = ms_of(t, now->real_ns) + 1;
	uint32_t length = LOOPTEST_HOLD_MIN_MS + (uint32_t)looptest_draw(&t->rng, HOLDS);

	t->state = LOOPTEST_HOLDING;
	t->allowance = 0;
	if (t->n_rounds == LOOPTEST_ROUNDS || hold_ms + length >= LOOPTEST_MS) {
		t->state = LOOPTEST_OVER;
		return;
	}
	t->rounds[t->n_rounds++] =
	    (struct looptest_round){hold_ms, hold_ms + length, false};
}

void
looptest_begin(struct looptest *t, const struct looptest_now *now, uint64_t seed,
	       size_t usual)
{
	memset(t, 0, sizeof(*t));
	t->usual = usual;
	t->rng = seed | 1;
	t->clock_ns = now->real_ns - now->now_ns;
	t->base_ns = now->real_ns;
	begin_round(t, now);
}

void
looptest_begin_again(struct looptest *t, const struct looptest_now *now, uint64_t seed)
{
	looptest_begin(t, now, seed, PULSE_LARGE);
	t->is_again = true;
}

void
looptest_begin_busy(struct looptest *t, const struct looptest_now *now, uint64_t seed)
{
	looptest_begin(t, now, seed, PULSE_SMALL);
	t->is_busy = true;
	t->rounds[0].plan_ms = t->rounds[0].hold_ms + BUSY_DRAIN_MS;
}

void
looptest_begin_hard(struct looptest *t, const struct looptest_now *now, uint64_t seed)
{
	looptest_begin(t, now, seed, PULSE_SMALL);
	t->is_hard = t->is_sure = true;
	t->rounds[0].plan_ms = t->rounds[0].hold_ms + DRAIN_MS;
}

void
looptest_add(struct looptest *t, const struct flow *flow, uint64_t hash)
{
	struct looptest_suspect *s = &t->suspects[t->n_suspects];

	if (t->n_suspects == LOOPTEST_SUSPECTS)
		return;
	t->n_suspects++;
	*s = (struct looptest_suspect){.flow = *flow, .hash = hash, .evidence = 1};
	for (uint32_t i = 0; i < LOOPTEST_DELAYS; i++)
		s->by_delay[i] = 1;
}

bool
looptest_is_honest(const struct looptest_suspect *s)
{
	return s->evidence < EVIDENCE_HONEST;
}

bool
looptest_is_loop(const struct looptest *t, const struct looptest_suspect *s)
{
	return s->evidence >= (t->is_again ? EVIDENCE_STILL : EVIDENCE_LOOP) &&
	       s->bytes * BYTES_SHARE >= t->sent;
}

static struct looptest_suspect *
find(struct looptest *t, const struct flow *flow, uint64_t hash)
{
	for (uint32_t i = 0; i < t->n_suspects; i++)
		if (t->suspects[i].hash == hash && flow_eq(&t->suspects[i].flow, flow))
			return &t->suspects[i];
	return NULL;
}

void
looptest_packet(struct looptest *t, const struct flow *flow, uint64_t hash,
		uint64_t time_ns, uint32_t ip_bytes)
{
	uint32_t at_ms = ms_of(t, time_ns);
	struct looptest_suspect *s = find(t, flow, hash);

	if (time_ns > t->newest_ns)
		t->newest_ns = time_ns;
	if (time_ns < t->base_ns || at_ms >= LOOPTEST_MS)
		return;
	t->bytes += ip_bytes;
	if (s == NULL)
		return;
	s->bytes += ip_bytes;
	if (ip_bytes >= DATA_MIN)
		s->active[at_ms / 64] |= (uint64_t)1 << at_ms % 64;
}

/* The first ms with data from `from` on, or `end`. */
static uint32_t
first_active(const struct looptest_suspect *s, uint32_t from, uint32_t end)
{
	while (from < end && (s->active[from / 64] >> from % 64 & 1) == 0)
		from++;
	return from;
}

/* One more round of one hypothesis. */
static void
judge(struct looptest_suspect *s, const struct looptest_round *r, uint32_t i)
{
	struct hypothesis h = hypothesis_of(i);
	double by_chance = (double)h.width / HOLDS;
	uint32_t passed_ms = r->hold_ms + h.from + h.width + PASS_MS;
	uint32_t begin_ms = r->plan_ms + h.from;
	uint32_t end_ms = begin_ms + h.width;
	uint32_t at_ms = first_active(s, passed_ms, end_ms);

	if (at_ms >= begin_ms && at_ms < end_ms)
		s->by_delay[i] *= ANSWERS / by_chance;
	else
		s->by_delay[i] *= (1 - ANSWERS) / (1 - by_chance);
}

static double
sum_of(const struct looptest_suspect *s)
{
	double sum = 0;

	for (uint32_t i = 0; i < LOOPTEST_DELAYS; i++)
		sum += s->by_delay[i] * hypothesis_of(i).weight;
	return sum;
}

/* Whether flows of so much evidence have half of all bytes: they could fill buffers. */
static bool
is_most(const struct looptest *t, double evidence)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < t->n_suspects; i++)
		if (t->suspects[i].evidence >= evidence)
			bytes += t->suspects[i].bytes;
	return bytes > 0 && bytes * BYTES_SHARE >= t->bytes;
}

/* Found, once no other suspect is about to be: each hop of a chain answers, and one that
 * is not proved in the same test feeds the loop alone. */
static bool
is_decided(const struct looptest *t)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->n_suspects; i++) {
		const struct looptest_suspect *s = &t->suspects[i];

		if (looptest_is_loop(t, s))
			n++;
		else if (s->evidence >= EVIDENCE_SOME && !t->is_again)
			return false;
	}
	return n > 0;
}

static void
sum_up(struct looptest *t)
{
	double most = 0;

	for (uint32_t i = 0; i < t->n_suspects; i++) {
		struct looptest_suspect *s = &t->suspects[i];

		s->evidence = sum_of(s);
		most = s->evidence > most ? s->evidence : most;
	}
	if (is_decided(t))
		t->state = LOOPTEST_FOUND;
	if (t->is_again)
		return;
	t->has_some = is_most(t, EVIDENCE_SOME);
	t->is_sure = t->is_hard || is_most(t, EVIDENCE_SURE) || (t->is_sure && most >= 1);
	t->is_doubtful = most < EVIDENCE_DOUBT;
}

/* All rounds whose packets have been seen, by every hypothesis. */
static void
judge_rounds(struct looptest *t)
{
	bool is_news = false;

	for (uint32_t i = 0; i < LOOPTEST_DELAYS; i++) {
		struct hypothesis h = hypothesis_of(i);

		while (t->judged[i] + 1 < t->n_rounds) {
			const struct looptest_round *r = &t->rounds[t->judged[i]];
			uint32_t end_ms = r->plan_ms + h.from + h.width;

			if (end_ms >= LOOPTEST_MS || ms_of(t, t->seen_ns) < end_ms)
				break;
			for (uint32_t k = 0; k < t->n_suspects && !r->is_void; k++)
				judge(&t->suspects[k], r, i);
			t->judged[i]++;
			is_news = true;
		}
	}
	if (is_news)
		sum_up(t);
}

void
looptest_seen(struct looptest *t, uint64_t real_ns)
{
	if (real_ns > t->seen_ns)
		t->seen_ns = real_ns;
}

void
looptest_sent(struct looptest *t, size_t bytes)
{
	t->sent += bytes;
	t->has_written = t->has_written || bytes > 0;
	t->allowance = bytes < t->allowance ? t->allowance - bytes : 0;
}

/*
 * Large pulses fill the buffers of a narrow way, and nothing pauses any more. An honest
 * flow has little use for more than usual, and after one pulse that was too small it gets
 * all.
 */
static size_t
pulse_of(const struct looptest *t)
{
	if (t->is_again)
		return PULSE_LARGE;
	if (t->is_sure || (t->is_busy && !t->is_doubtful))
		return PULSE_SMALL;
	if (t->has_some)
		return PULSE_MEDIUM;
	return t->n_cut < CUT_MAX && !t->is_doubtful ? t->usual : PULSE_LARGE;
}

static void
hold(struct looptest *t, const struct looptest_now *now)
{
	struct looptest_round *r = &t->rounds[t->n_rounds - 1];

	if (ms_of(t, now->real_ns) < r->plan_ms && (t->is_hard || !now->is_pressed))
		return;
	r->is_void = ms_of(t, now->real_ns) < r->plan_ms;
	if (r->is_void && ++t->n_pressed == PRESSED_MAX) {
		t->state = LOOPTEST_OVER;
		return;
	}
	t->state = LOOPTEST_PULSE;
	t->has_written = t->is_complete = false;
	t->allowance = pulse_of(t);
}

/* What is newer than the pulse waits for the next one: a loop would never end. */
static void
send_pulse(struct looptest *t, const struct looptest_now *now)
{
	struct looptest_round *r = &t->rounds[t->n_rounds - 1];
	bool is_late = ms_of(t, now->real_ns) >= r->plan_ms + PULSE_MS;

	if (!t->is_complete && ms_of(t, t->newest_ns) > r->plan_ms) {
		t->is_complete = true;
		if (now->queued < t->allowance)
			t->allowance = now->queued;
	}
	if (t->allowance > 0 && !is_late && (now->queued > 0 || !now->is_empty))
		return;
	r->is_void = r->is_void || is_late || !t->has_written;
	t->n_cut += now->queued > 0;
	begin_round(t, now);
}

static bool
are_all_honest(const struct looptest *t)
{
	for (uint32_t i = 0; i < t->n_suspects; i++)
		if (!looptest_is_honest(&t->suspects[i]))
			return false;
	return true;
}

static void
plan_wake(struct looptest *t, const struct looptest_now *now)
{
	uint64_t plan_ns = t->base_ns + t->rounds[t->n_rounds - 1].plan_ms * MS_NS;

	t->wake_ns = now->now_ns + (t->state == LOOPTEST_PULSE ? PULSE_POLL_NS : POLL_NS);
	if (t->state == LOOPTEST_HOLDING && plan_ns < now->real_ns + POLL_NS)
		t->wake_ns = plan_ns - t->clock_ns;
}

enum looptest_state
looptest_step(struct looptest *t, const struct looptest_now *now)
{
	uint64_t clock_ns = now->real_ns - now->now_ns;

	if (clock_ns - t->clock_ns + JUMP_NS > 2 * JUMP_NS)
		t->state = LOOPTEST_OVER;
	if (t->state == LOOPTEST_HOLDING)
		hold(t, now);
	else if (t->state == LOOPTEST_PULSE)
		send_pulse(t, now);
	if (t->state == LOOPTEST_OVER || t->state == LOOPTEST_FOUND)
		return t->state;
	judge_rounds(t);
	if (t->state != LOOPTEST_FOUND && are_all_honest(t))
		t->state = LOOPTEST_OVER;
	plan_wake(t, now);
	return t->state;
}
