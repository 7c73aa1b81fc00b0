/*
 * Does the capture capture its own stream? Two steps:
 *
 *   WATCHING  who makes up what is sent?    a flow with a fifth of it becomes a suspect
 *   testing   SETTLING -> SILENT -> ECHO -> SETTLING -> ... until found or cleared
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
 * It must not know sockets, rings, or how packets become bytes.
 */
#include "worker/loopguard.h"

#include <string.h>

#define MS_NS 1000000u
#define S_NS  1000000000u

/* Watching. A loop that grows has at least 1/1.5 of what is sent, but it may be seen as
 * several flows: before and behind a NAT, and on each hop of a chain of proxies. */
#define SHARE	      5	    /* a suspect has 1/SHARE of the bytes sent */
#define RECORD_BYTES  16    /* what a packet needs in the stream beside its own bytes */
#define WINDOW_MIN    4096u /* sent; below this nothing is suspicious */
#define WINDOW_MAX    (1024u * 1024)  /* sent; a window is over */
#define WINDOW_NS     (100u * MS_NS)  /* or, with WINDOW_MIN sent, after this */
#define WINDOW_END_NS (1000u * MS_NS) /* or, in any case */
#define PERSIST_NS    (1000u * MS_NS) /* heavy for so long, when tests run short */
#define LOOKS	      256u	      /* packets looked at one by one every LOOKS_NS */
#define LOOKS_NS      (100u * MS_NS)
#define SAMPLE	      31u /* then one in 1 to 31 is */
#define SAMPLES_MIN   16u /* in a window: fewer say nothing */
#define TESTS_MAX     8u  /* at once, then one every TESTS_NS */
#define TESTS_EASY    4u  /* with fewer left a suspect has to persist */
#define TESTS_NS      (5000u * MS_NS)

/* Testing. */
#define DATA_MIN       100u /* bytes of an IP packet: smaller ones are acknowledgements */
#define SETTLE_NS      (100u * MS_NS)  /* for bytes under way at the first hold */
#define RESETTLE_NS    (60u * MS_NS)   /* behind a pulse */
#define QUIET_NS       (60u * MS_NS)   /* without data: settled */
#define LAG_NS	       (15u * MS_NS)   /* until the kernel shows a packet */
#define DRAIN_NS       (300u * MS_NS)  /* a flow that does not settle is honest */
#define DRAIN_LONG_NS  (2000u * MS_NS) /* the same in a young stream, see drain_ns */
#define YOUNG_BYTES    (256u * 1024)
#define BLIND_NS       (120u * MS_NS) /* the queue is full: taken as settled after this */
#define MARGIN_NS      (20u * MS_NS)
#define RANDOM_NS      (200u * MS_NS)
#define ANSWER_NS      (100u * MS_NS) /* a loop answers a pulse within this */
#define ECHO_MAX_NS    (3000u * MS_NS) /* then the round is void: the client does not read */
#define NO_WRITE_NS    (1000u * MS_NS) /* the same before the first byte */
#define POLL_NS	       (10u * MS_NS)
#define JUMP_NS	       (20u * MS_NS) /* a clock that was set */
#define REORDER_NS     (25u * MS_NS) /* packets may be given this much out of order */
#define PULSE_MIN      1024u
#define PULSE_MAX      (12u * 1024)  /* one flight of TCP's first window */
#define PULSE_SHARE_NS (50u * MS_NS) /* a pulse is sent by a slow flow within this */
#define CATCH_UP       (64u * 1024)  /* allowed at a time while the queue is full */
#define ROUNDS_MAX     24u

/* Scores in 1/100; see answer_score. */
#define SCORE_LOOP   1840
#define SCORE_HONEST (-300)
#define SCORE_FAIL   (-350)

/* How long a flow is left alone. */
#define FIRST_CLEAR_NS (8u * (uint64_t)S_NS)
#define CLEAR_NS       (3600u * (uint64_t)S_NS)
#define VOID_CLEAR_NS  (4u * (uint64_t)S_NS)
#define VOID_CLEAR_MAX 4u /* times 4 each, up to 4^4 */

void
loopguard_init(struct loopguard *g, uint32_t linktype, uint64_t seed)
{
	memset(g, 0, sizeof(*g));
	g->linktype = linktype;
	g->rng = g->seed = seed | 1;
	g->window_limit = WINDOW_MIN;
	g->looks_left = LOOKS;
	g->tests_left = TESTS_MAX;
}

/* xorshift64*, as an honest flow cannot see it anyway. Uniform over 0 to n - 1. */
static uint64_t
draw(struct loopguard *g, uint64_t n)
{
	uint64_t x = g->rng;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	g->rng = x;
	return (x * 0x2545f4914f6cdd1du >> 24) % n;
}

/* ---- watching ---- */

/* The flow's counter, or the smallest one, which it inherits (Metwally's space-saving). */
static struct loopguard_count *
counter_of(struct loopguard *g, const struct flow *flow, uint64_t hash)
{
	struct loopguard_count *least = NULL;

	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++) {
		struct loopguard_count *c = &g->counts[i];

		if (c->hash == hash && flow_eq(&c->flow, flow))
			return c;
		if (least == NULL || c->bytes < least->bytes ||
		    (c->bytes == least->bytes && c->since_ns < least->since_ns))
			least = c;
	}
	least->flow = *flow;
	least->hash = hash;
	least->error = least->bytes;
	least->since_ns = 0;
	return least;
}

/* Decides when to look again. */
static void
sample(struct loopguard *g)
{
	g->looks++;
	g->skipped = 0;
	if (g->looks_left > 0)
		g->looks_left--;
	else
		g->skipped = (uint32_t)draw(g, SAMPLE);
	g->skip = g->skipped;
}

static struct loopguard_cleared *
find_cleared(struct loopguard *g, uint64_t hash)
{
	for (size_t i = 0; i < LOOPGUARD_CLEARED; i++)
		if (g->cleared[i].times > 0 && g->cleared[i].hash == hash)
			return &g->cleared[i];
	return NULL;
}

static bool
is_cleared(struct loopguard *g, uint64_t hash, uint64_t now_ns)
{
	const struct loopguard_cleared *c = find_cleared(g, hash);

	return c != NULL && now_ns < c->until_ns;
}

/* The flow's entry, made anew in place of the one that ends first if there is none. */
static struct loopguard_cleared *
take_cleared(struct loopguard *g, uint64_t hash)
{
	struct loopguard_cleared *c = find_cleared(g, hash);

	if (c != NULL)
		return c;
	c = &g->cleared[0];
	for (size_t i = 1; i < LOOPGUARD_CLEARED; i++)
		if (g->cleared[i].until_ns < c->until_ns)
			c = &g->cleared[i];
	c->hash = hash;
	c->times = 0;
	return c;
}

/* A loop may look honest once by bad luck: the second test decides. */
static void
clear_flow(struct loopguard *g, uint64_t hash, uint64_t now_ns)
{
	struct loopguard_cleared *c = take_cleared(g, hash);

	c->until_ns = now_ns + (c->times == 0 ? FIRST_CLEAR_NS : CLEAR_NS);
	c->times++;
}

/* The test said nothing: again after a while, and a longer one. */
static void
postpone_flow(struct loopguard *g, uint64_t hash, uint64_t now_ns)
{
	struct loopguard_cleared *c = take_cleared(g, hash);
	uint32_t n = c->times < VOID_CLEAR_MAX ? c->times : VOID_CLEAR_MAX;

	c->until_ns = now_ns + (VOID_CLEAR_NS << 2 * n);
	c->times++;
}

static void
begin_window(struct loopguard *g, uint64_t now_ns)
{
	g->window_ns = now_ns;
	g->window_sent = 0;
	g->looks = 0;
	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++)
		g->counts[i].bytes = g->counts[i].error = 0;
}

static bool
is_window_over(const struct loopguard *g, uint64_t now_ns)
{
	uint64_t age_ns = now_ns - g->window_ns;

	if (age_ns >= WINDOW_END_NS)
		return true;
	if (g->looks_left == 0 && g->looks < SAMPLES_MIN)
		return false;
	return g->window_sent >= g->window_limit ||
	       (age_ns >= WINDOW_NS && g->window_sent >= WINDOW_MIN);
}

/* Notes who is heavy; returns how many have been heavy in two windows, or for long. */
static uint32_t
judge_window(struct loopguard *g, uint64_t now_ns)
{
	uint64_t patience_ns = g->tests_left >= TESTS_EASY ? 0 : PERSIST_NS;
	uint32_t n = 0;

	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++) {
		struct loopguard_count *c = &g->counts[i];

		if ((c->bytes - c->error) * SHARE < g->window_sent || c->bytes == 0 ||
		    is_cleared(g, c->hash, now_ns))
			c->since_ns = 0;
		else if (c->since_ns == 0)
			c->since_ns = now_ns;
		else if (now_ns - c->since_ns >= patience_ns)
			n++;
	}
	return n;
}

static void
begin_round(struct loopguard *g)
{
	g->state = LOOPGUARD_SETTLING;
	g->allowance = 0;
	g->release_ns = 0;
	for (uint32_t i = 0; i < g->n_suspects; i++) {
		g->suspects[i].quiet_ns = 0;
		g->suspects[i].bytes = 0;
		g->suspects[i].is_judged = false;
	}
}

static void
begin_test(struct loopguard *g, const struct loopguard_now *now)
{
	g->n_suspects = 0;
	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++) {
		const struct loopguard_count *c = &g->counts[i];

		if (c->since_ns == 0 || g->n_suspects == LOOPGUARD_SUSPECTS)
			continue;
		g->suspects[g->n_suspects++] = (struct loopguard_suspect){
		    .flow = c->flow, .hash = c->hash, .last_ns = now->real_ns};
	}
	g->tests_left--;
	g->rounds = 0;
	g->clock_ns = now->real_ns - now->now_ns;
	g->hold_ns = now->real_ns;
	g->seen_ns = 0;
	g->pulse = PULSE_MAX;
	g->skip = 0;
	begin_round(g);
}

static void
end_test(struct loopguard *g, uint64_t now_ns)
{
	g->state = LOOPGUARD_WATCHING;
	g->n_suspects = 0;
	g->skip = g->skipped = 0;
	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++)
		g->counts[i].since_ns = 0;
	begin_window(g, now_ns);
}

static void
refill(struct loopguard *g, uint64_t now_ns)
{
	if (now_ns >= g->looks_ns) {
		g->looks_ns = now_ns + LOOKS_NS;
		g->looks_left = LOOKS;
	}
	if (g->tests_left == TESTS_MAX) {
		g->tests_ns = now_ns + TESTS_NS;
	} else if (now_ns >= g->tests_ns) {
		g->tests_ns = now_ns + TESTS_NS;
		g->tests_left++;
	}
}

static void
watch(struct loopguard *g, const struct loopguard_now *now)
{
	bool is_idle;

	if (g->window_ns == 0)
		g->window_ns = now->now_ns;
	refill(g, now->now_ns);
	if (!is_window_over(g, now->now_ns))
		return;
	is_idle = g->window_sent < WINDOW_MIN;
	g->busy_sent = is_idle ? 0 : g->busy_sent + g->window_sent;
	if (is_idle)
		g->window_limit = WINDOW_MIN;
	else if (judge_window(g, now->now_ns) > 0 && g->tests_left > 0)
		begin_test(g, now);
	else if (g->window_limit < WINDOW_MAX)
		g->window_limit *= 2;
	begin_window(g, now->now_ns);
}

/* ---- testing ---- */

/*
 * 100 ln(density of the delay for a loop / for an honest flow), where the latter is at
 * most 1 / RANDOM_NS. A loop's delay lies within 1 ms of the usual one with a chance of
 * 0.35, within 4 ms with 0.30 more, 15 ms 0.20, elsewhere 0.12; it fails with 0.03.
 */
static int
answer_score(uint64_t delay_ns, uint64_t usual_ns)
{
	uint64_t off_ns = delay_ns > usual_ns ? delay_ns - usual_ns : usual_ns - delay_ns;

	if (delay_ns > ANSWER_NS)
		return SCORE_FAIL;
	if (off_ns <= 1 * MS_NS)
		return 355; /* 200 ms * 0.35 / 2 ms */
	if (off_ns <= 4 * MS_NS)
		return 230;
	return off_ns <= 15 * MS_NS ? 59 : -160;
}

static void
judge(struct loopguard_suspect *s, int score)
{
	s->score += score;
	s->is_judged = true;
}

static void
judge_packet(struct loopguard *g, struct loopguard_suspect *s, uint64_t time_ns)
{
	uint64_t delay_ns = time_ns - g->release_ns;

	if (s->is_judged || s->quiet_ns == 0 || time_ns < s->quiet_ns)
		return;
	if (g->release_ns == 0 || time_ns < g->release_ns) {
		judge(s, SCORE_FAIL);
		return;
	}
	judge(s, answer_score(delay_ns, s->delay_ns));
	s->delay_ns = s->delay_ns == 0 ? delay_ns : (s->delay_ns + delay_ns) / 2;
}

static void
test_packet(struct loopguard *g, const struct flow *flow, uint64_t hash, uint64_t time_ns,
	    uint32_t ip_bytes)
{
	for (uint32_t i = 0; i < g->n_suspects; i++) {
		struct loopguard_suspect *s = &g->suspects[i];

		if (s->hash != hash || !flow_eq(&s->flow, flow))
			continue;
		if (ip_bytes < DATA_MIN || time_ns < g->hold_ns)
			return;
		judge_packet(g, s, time_ns);
		if (time_ns > s->last_ns)
			s->last_ns = time_ns;
		s->bytes += ip_bytes;
		return;
	}
}

void
loopguard_look(struct loopguard *g, const struct savefile_record *record,
	       const uint8_t *data)
{
	struct flow flow;
	uint32_t ip_at = flow_of(g->linktype, data, record->caplen, &flow);
	uint64_t hash = flow_hash(&flow, g->seed);

	if (g->state == LOOPGUARD_WATCHING) {
		if (ip_at != FLOW_NONE)
			counter_of(g, &flow, hash)->bytes +=
			    (uint64_t)(record->caplen + RECORD_BYTES) * (g->skipped + 1);
		sample(g);
		return;
	}
	if (record->time_ns > REORDER_NS)
		loopguard_seen(g, record->time_ns - REORDER_NS);
	if (ip_at != FLOW_NONE && record->origlen > ip_at)
		test_packet(g, &flow, hash, record->time_ns, record->origlen - ip_at);
}

/* A flow that does not settle in time is honest. Only a stream that is young may take
 * long: then little can be under way in front of a slow link, and holding costs little. */
static uint64_t
drain_ns(const struct loopguard *g)
{
	return g->busy_sent <= YOUNG_BYTES ? DRAIN_LONG_NS : DRAIN_NS;
}

/* What the flow sends in PULSE_SHARE_NS, if it took long to send what was under way. */
static void
fit_pulse(struct loopguard *g, const struct loopguard_suspect *s)
{
	uint64_t took_ns = s->last_ns > g->hold_ns ? s->last_ns - g->hold_ns : 0;
	uint64_t fit;

	if (took_ns < PULSE_SHARE_NS)
		return;
	fit = s->bytes * (PULSE_SHARE_NS / MS_NS) / (took_ns / MS_NS);
	if (fit < g->pulse)
		g->pulse = fit < PULSE_MIN ? PULSE_MIN : (size_t)fit;
}

/* Whether s is to be silent from now on, or is out. */
static bool
settle_suspect(struct loopguard *g, struct loopguard_suspect *s,
	       const struct loopguard_now *now)
{
	uint64_t from_ns = g->hold_ns + (g->rounds == 0 ? SETTLE_NS : RESETTLE_NS);

	if (s->quiet_ns != 0 || s->is_judged)
		return true;
	if (s->last_ns + QUIET_NS > from_ns)
		from_ns = s->last_ns + QUIET_NS;
	if (!now->has_room && now->real_ns >= g->hold_ns + BLIND_NS)
		s->quiet_ns = g->hold_ns + BLIND_NS;
	else if (now->real_ns >= from_ns + LAG_NS)
		s->quiet_ns = from_ns;
	else if (now->real_ns >= g->hold_ns + drain_ns(g))
		judge(s, SCORE_HONEST + SCORE_FAIL - s->score);
	if (s->quiet_ns != 0)
		fit_pulse(g, s);
	return s->quiet_ns != 0 || s->is_judged;
}

static void
settle(struct loopguard *g, const struct loopguard_now *now)
{
	bool is_settled = true;

	for (uint32_t i = 0; i < g->n_suspects; i++)
		if (!settle_suspect(g, &g->suspects[i], now))
			is_settled = false;
	if (!is_settled)
		return;
	g->state = LOOPGUARD_SILENT;
	g->dropped = now->dropped;
	g->plan_ns = now->real_ns + MARGIN_NS + draw(g, RANDOM_NS);
}

/* The test says nothing of anybody: packets were lost, or could not be provoked. */
static void
give_up(struct loopguard *g, uint64_t now_ns)
{
	for (uint32_t i = 0; i < g->n_suspects; i++)
		postpone_flow(g, g->suspects[i].hash, now_ns);
	end_test(g, now_ns);
}

static void
be_silent(struct loopguard *g, const struct loopguard_now *now)
{
	if (now->dropped != g->dropped) {
		give_up(g, now->now_ns);
	} else if (now->real_ns >= g->plan_ns) {
		g->state = LOOPGUARD_ECHO;
		g->allowance = g->pulse;
	}
}

static void
end_round(struct loopguard *g)
{
	g->rounds++;
	for (uint32_t i = 0; i < g->n_suspects; i++) {
		if (!g->suspects[i].is_judged)
			judge(&g->suspects[i], SCORE_FAIL);
		if (g->suspects[i].score >= SCORE_LOOP) {
			g->suspects[0] = g->suspects[i];
			g->state = LOOPGUARD_FOUND;
			return;
		}
	}
	g->hold_ns = g->wrote_ns;
	begin_round(g);
	for (uint32_t i = 0; g->rounds == ROUNDS_MAX && i < g->n_suspects; i++)
		judge(&g->suspects[i], SCORE_HONEST + SCORE_FAIL - g->suspects[i].score);
}

static void
listen(struct loopguard *g, const struct loopguard_now *now)
{
	bool is_over = true;

	for (uint32_t i = 0; i < g->n_suspects; i++)
		is_over = is_over && g->suspects[i].is_judged;
	if (g->release_ns == 0) {
		if (now->real_ns >= g->plan_ns + NO_WRITE_NS)
			give_up(g, now->now_ns);
	} else if (is_over || g->seen_ns >= g->release_ns + ANSWER_NS) {
		end_round(g);
	} else if (now->real_ns >= g->release_ns + ECHO_MAX_NS) {
		give_up(g, now->now_ns);
	} else if (!now->has_room && g->allowance == 0) {
		g->allowance = CATCH_UP;
	}
}

/* Lets the honest go; ends the test with the last of them. */
static void
drop_suspects(struct loopguard *g, uint64_t now_ns)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->n_suspects; i++) {
		if (g->suspects[i].score < SCORE_HONEST)
			clear_flow(g, g->suspects[i].hash, now_ns);
		else
			g->suspects[n++] = g->suspects[i];
	}
	g->n_suspects = n;
	if (n == 0)
		end_test(g, now_ns);
}

static void
test(struct loopguard *g, const struct loopguard_now *now)
{
	uint64_t clock_ns = now->real_ns - now->now_ns;

	if (clock_ns - g->clock_ns + JUMP_NS > 2 * JUMP_NS) {
		end_test(g, now->now_ns);
		return;
	}
	if (g->state == LOOPGUARD_SETTLING)
		settle(g, now);
	else if (g->state == LOOPGUARD_SILENT)
		be_silent(g, now);
	else if (g->state == LOOPGUARD_ECHO)
		listen(g, now);
	if (g->state != LOOPGUARD_WATCHING && g->state != LOOPGUARD_FOUND)
		drop_suspects(g, now->now_ns);
	g->wake_ns = now->now_ns + POLL_NS;
	if (g->state == LOOPGUARD_SILENT && g->plan_ns < now->real_ns + POLL_NS)
		g->wake_ns = g->plan_ns - g->clock_ns;
}

void
loopguard_seen(struct loopguard *g, uint64_t real_ns)
{
	if (g->state != LOOPGUARD_WATCHING && real_ns > g->seen_ns)
		g->seen_ns = real_ns;
}

void
loopguard_sent(struct loopguard *g, size_t bytes, uint64_t real_ns)
{
	if (g->state == LOOPGUARD_WATCHING)
		g->window_sent += bytes;
	if (g->state != LOOPGUARD_ECHO || bytes == 0)
		return;
	if (g->release_ns == 0)
		g->release_ns = real_ns;
	g->wrote_ns = real_ns;
	g->allowance = bytes < g->allowance ? g->allowance - bytes : 0;
}

enum loopguard_verdict
loopguard_step(struct loopguard *g, const struct loopguard_now *now)
{
	if (g->state == LOOPGUARD_WATCHING)
		watch(g, now);
	if (g->state != LOOPGUARD_WATCHING && g->state != LOOPGUARD_FOUND)
		test(g, now);
	if (g->state == LOOPGUARD_FOUND)
		return LOOPGUARD_LOOP;
	return g->state == LOOPGUARD_WATCHING ? LOOPGUARD_PASS : LOOPGUARD_HOLD;
}

size_t
loopguard_allowance(const struct loopguard *g)
{
	if (g->state == LOOPGUARD_WATCHING)
		return SIZE_MAX;
	return g->state == LOOPGUARD_ECHO ? g->allowance : 0;
}

uint64_t
loopguard_deadline_ns(const struct loopguard *g)
{
	if (g->state == LOOPGUARD_WATCHING || g->state == LOOPGUARD_FOUND)
		return UINT64_MAX;
	return g->wake_ns;
}

void
loopguard_flow(const struct loopguard *g, struct text *t)
{
	flow_text(t, &g->suspects[0].flow);
}
