/*
 * Which suspect captures itself? The output is held, goes on for one pulse, is held again:
 *
 *   output  ####______________#______________________#___________#____
 *   loop    ####:.____________:#_____________________:#__________:#___   : late by its delay
 *           settling  silent   settling     silent    ...
 *
 * Why an honest flow is not found: the length of a silence is random, uniform over
 * RANDOM_NS, and a flow that knows nothing of it sends its first packet behind the start
 * of the silence at some time of its own. That the pulse comes before this packet by a
 * delay within w ns has a chance of at most w / RANDOM_NS, whatever the flow does. A score
 * sums ln(chance under "loop" / chance under "honest") over the rounds; by Ville's
 * inequality an honest flow reaches SCORE_LOOP with a chance of e^-18.4 = 1e-8 a test.
 * It must not know how suspects are found, nor sockets and rings.
 */
#include "worker/looptest.h"

#include <string.h>

#define MS_NS ((uint64_t)1000000)

#define DATA_MIN       100u /* bytes of an IP packet: smaller ones are acknowledgements */
#define SETTLE_NS      (100u * MS_NS)  /* for bytes under way at the first hold */
#define RESETTLE_NS    (60u * MS_NS)   /* behind a pulse */
#define QUIET_NS       (60u * MS_NS)   /* without data: settled */
#define QUIET_MAX_NS   (400u * MS_NS)  /* the same behind a slow link */
#define LAG_NS	       (15u * MS_NS)   /* until the kernel shows a packet */
#define DRAIN_NS       (300u * MS_NS)  /* a flow that does not settle is honest */
#define DRAIN_LONG_NS  (2000u * MS_NS) /* the same in a young stream, see drain_ns */
#define BLIND_NS       (120u * MS_NS) /* the queue is full: taken as settled after this */
#define MARGIN_NS      (20u * MS_NS)
#define RANDOM_NS      (200u * MS_NS)
#define ANSWER_NS      (100u * MS_NS) /* a loop answers a pulse within this */
#define ECHO_MAX_NS    (3000u * MS_NS) /* then the round is void: the client does not read */
#define NO_WRITE_NS    (1000u * MS_NS) /* the same before the first byte */
#define POLL_NS	       (10u * MS_NS)
#define JUMP_NS	       (20u * MS_NS) /* a clock that was set */
#define PULSE_MIN      1024u
#define PULSE_MAX      (12u * 1024)  /* one flight of TCP's first window */
#define PULSE_SHARE_NS (50u * MS_NS) /* a pulse is sent by a slow flow within this */
#define CATCH_UP       (64u * 1024)  /* allowed at a time while the queue is full */
#define ROUNDS_MAX     24u

/* Scores in 1/100; see answer_score. */
#define SCORE_LOOP   1840
#define SCORE_HONEST (-300)
#define SCORE_FAIL   (-350)

/* xorshift64*: honest flows do not look. Uniform over 0 to n - 1. */
static uint64_t
draw(struct looptest *t, uint64_t n)
{
	uint64_t x = t->rng;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	t->rng = x;
	return (x * 0x2545f4914f6cdd1du >> 24) % n;
}

static void
begin_round(struct looptest *t)
{
	t->state = LOOPTEST_SETTLING;
	t->allowance = 0;
	t->release_ns = 0;
	for (uint32_t i = 0; i < t->n_suspects; i++) {
		t->suspects[i].quiet_ns = 0;
		t->suspects[i].bytes = 0;
		t->suspects[i].is_judged = looptest_is_honest(&t->suspects[i]);
	}
}

void
looptest_begin(struct looptest *t, const struct looptest_now *now, uint64_t seed,
	       bool is_young)
{
	memset(t, 0, sizeof(*t));
	t->rng = seed | 1;
	t->is_young = is_young;
	t->clock_ns = now->real_ns - now->now_ns;
	t->hold_ns = now->real_ns;
	t->pulse = PULSE_MAX;
	t->quiet_ns = QUIET_NS;
	begin_round(t);
}

void
looptest_add(struct looptest *t, const struct flow *flow, uint64_t hash)
{
	if (t->n_suspects < LOOPTEST_SUSPECTS)
		t->suspects[t->n_suspects++] = (struct looptest_suspect){
		    .flow = *flow, .hash = hash, .last_ns = t->hold_ns};
}

bool
looptest_is_honest(const struct looptest_suspect *s)
{
	return s->score < SCORE_HONEST;
}

/*
 * 100 ln(density of the delay for a loop / for an honest flow), where the latter is at
 * most 1 / RANDOM_NS. A loop's delay lies within 1 ms of the usual one with a chance of
 * 0.35, within 4 ms with 0.30 more, 15 ms 0.20, elsewhere 0.12; it fails with 0.03.
 * The first round tells no more than the usual delay: its silence is waited for.
 */
static int
answer_score(const struct looptest *t, uint64_t delay_ns, uint64_t usual_ns)
{
	uint64_t off_ns = delay_ns > usual_ns ? delay_ns - usual_ns : usual_ns - delay_ns;

	if (delay_ns > ANSWER_NS)
		return SCORE_FAIL;
	if (t->rounds == 0)
		return 0;
	if (off_ns <= 1 * MS_NS)
		return 355; /* 200 ms * 0.35 / 2 ms */
	if (off_ns <= 4 * MS_NS)
		return 230;
	return off_ns <= 15 * MS_NS ? 59 : -160;
}

static void
judge(struct looptest_suspect *s, int score)
{
	s->score += score;
	if (s->score > s->best)
		s->best = s->score;
	s->is_judged = true;
}

/* What was under way comes with gaps: a slow link, packet by packet. */
static void
resettle(struct looptest *t, struct looptest_suspect *s, uint64_t time_ns)
{
	uint64_t gap_ns = time_ns > s->last_ns ? time_ns - s->last_ns : 0;

	gap_ns = gap_ns < QUIET_MAX_NS / 3 * 2 ? gap_ns * 3 / 2 : QUIET_MAX_NS;
	if (gap_ns > t->quiet_ns)
		t->quiet_ns = gap_ns;
	s->quiet_ns = 0;
	t->state = LOOPTEST_SETTLING;
}

static void
judge_packet(struct looptest *t, struct looptest_suspect *s, uint64_t time_ns)
{
	uint64_t delay_ns = time_ns - t->release_ns;

	if (s->is_judged || s->quiet_ns == 0 || time_ns < s->quiet_ns)
		return;
	if (t->release_ns == 0 && t->rounds == 0) {
		resettle(t, s, time_ns);
		return;
	}
	if (t->release_ns == 0 || time_ns < t->release_ns) {
		judge(s, SCORE_FAIL);
		return;
	}
	judge(s, answer_score(t, delay_ns, s->delay_ns));
	s->delay_ns = s->delay_ns == 0 ? delay_ns : (s->delay_ns + delay_ns) / 2;
}

void
looptest_packet(struct looptest *t, const struct flow *flow, uint64_t hash,
		uint64_t time_ns, uint32_t ip_bytes)
{
	for (uint32_t i = 0; i < t->n_suspects; i++) {
		struct looptest_suspect *s = &t->suspects[i];

		if (s->hash != hash || !flow_eq(&s->flow, flow))
			continue;
		if (ip_bytes < DATA_MIN || time_ns < t->hold_ns)
			return;
		judge_packet(t, s, time_ns);
		if (time_ns > s->last_ns)
			s->last_ns = time_ns;
		s->bytes += ip_bytes;
		return;
	}
}

/* A flow that does not settle in time is honest. Only a stream that is young may take
 * long: then little can be under way in front of a slow link, and holding costs little. */
static uint64_t
drain_ns(const struct looptest *t)
{
	return t->is_young ? DRAIN_LONG_NS : DRAIN_NS;
}

/* What the flow sends in PULSE_SHARE_NS, if it took long to send what was under way. */
static void
fit_pulse(struct looptest *t, const struct looptest_suspect *s)
{
	uint64_t took_ns = s->last_ns > t->hold_ns ? s->last_ns - t->hold_ns : 0;
	uint64_t fit;

	if (took_ns < PULSE_SHARE_NS)
		return;
	fit = s->bytes * (PULSE_SHARE_NS / MS_NS) / (took_ns / MS_NS);
	if (fit < t->pulse)
		t->pulse = fit < PULSE_MIN ? PULSE_MIN : (size_t)fit;
}

/* Whether s is to be silent from now on, or is out. */
static bool
settle_suspect(struct looptest *t, struct looptest_suspect *s,
	       const struct looptest_now *now)
{
	uint64_t from_ns = t->hold_ns + (t->rounds == 0 ? SETTLE_NS : RESETTLE_NS);

	if (s->quiet_ns != 0 || s->is_judged)
		return true;
	if (s->last_ns + t->quiet_ns > from_ns)
		from_ns = s->last_ns + t->quiet_ns;
	if (!now->has_room && now->real_ns >= t->hold_ns + BLIND_NS)
		s->quiet_ns = t->hold_ns + BLIND_NS;
	else if (now->real_ns >= from_ns + LAG_NS)
		s->quiet_ns = from_ns;
	else if (now->real_ns >= t->hold_ns + drain_ns(t))
		judge(s, SCORE_HONEST + SCORE_FAIL - s->score);
	if (s->quiet_ns != 0)
		fit_pulse(t, s);
	return s->quiet_ns != 0 || s->is_judged;
}

static void
settle(struct looptest *t, const struct looptest_now *now)
{
	bool is_settled = true;

	for (uint32_t i = 0; i < t->n_suspects; i++)
		if (!settle_suspect(t, &t->suspects[i], now))
			is_settled = false;
	if (!is_settled)
		return;
	t->state = LOOPTEST_SILENT;
	t->dropped = now->dropped;
	t->plan_ns = now->real_ns + MARGIN_NS + draw(t, RANDOM_NS);
}

static void
be_silent(struct looptest *t, const struct looptest_now *now)
{
	if (now->dropped != t->dropped) {
		t->state = LOOPTEST_OVER;
	} else if (now->real_ns >= t->plan_ns) {
		t->state = LOOPTEST_ECHO;
		t->allowance = t->pulse;
	}
}

static void
end_round(struct looptest *t)
{
	t->rounds++;
	for (uint32_t i = 0; i < t->n_suspects; i++) {
		if (!t->suspects[i].is_judged)
			judge(&t->suspects[i], SCORE_FAIL);
		if (t->suspects[i].score >= SCORE_LOOP) {
			t->loop = t->suspects[i].flow;
			t->state = LOOPTEST_FOUND;
			return;
		}
	}
	t->hold_ns = t->wrote_ns;
	begin_round(t);
	for (uint32_t i = 0; t->rounds == ROUNDS_MAX && i < t->n_suspects; i++)
		judge(&t->suspects[i], SCORE_HONEST + SCORE_FAIL - t->suspects[i].score);
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
listen(struct looptest *t, const struct looptest_now *now)
{
	bool is_over = true;

	for (uint32_t i = 0; i < t->n_suspects; i++)
		is_over = is_over && t->suspects[i].is_judged;
	if (t->release_ns == 0) {
		if (now->real_ns >= t->plan_ns + NO_WRITE_NS)
			t->state = LOOPTEST_OVER;
	} else if (is_over || t->seen_ns >= t->release_ns + ANSWER_NS) {
		end_round(t);
	} else if (now->real_ns >= t->release_ns + ECHO_MAX_NS) {
		t->state = LOOPTEST_OVER;
	} else if (!now->has_room && t->allowance == 0) {
		t->allowance = CATCH_UP;
	}
}

void
looptest_seen(struct looptest *t, uint64_t real_ns)
{
	if (real_ns > t->seen_ns)
		t->seen_ns = real_ns;
}

void
looptest_sent(struct looptest *t, size_t bytes, uint64_t real_ns)
{
	if (t->state != LOOPTEST_ECHO || bytes == 0)
		return;
	if (t->release_ns == 0)
		t->release_ns = real_ns;
	t->wrote_ns = real_ns;
	t->allowance = bytes < t->allowance ? t->allowance - bytes : 0;
}

enum looptest_state
looptest_step(struct looptest *t, const struct looptest_now *now)
{
	uint64_t clock_ns = now->real_ns - now->now_ns;

	if (clock_ns - t->clock_ns + JUMP_NS > 2 * JUMP_NS)
		t->state = LOOPTEST_OVER;
	if (t->state == LOOPTEST_SETTLING)
		settle(t, now);
	else if (t->state == LOOPTEST_SILENT)
		be_silent(t, now);
	else if (t->state == LOOPTEST_ECHO)
		listen(t, now);
	if (t->state != LOOPTEST_FOUND && are_all_honest(t))
		t->state = LOOPTEST_OVER;
	t->wake_ns = now->now_ns + POLL_NS;
	if (t->state == LOOPTEST_SILENT && t->plan_ns < now->real_ns + POLL_NS)
		t->wake_ns = t->plan_ns - t->clock_ns;
	return t->state;
}
