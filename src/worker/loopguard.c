/*
 * Who makes up what is sent? Windows of bytes or time are counted by flow; a flow heavy in
 * two of them is a suspect, and looptest.h decides. The honest are left alone for long. It
 * must not know sockets, rings, or how packets become bytes.
 */
#include "worker/loopguard.h"

#include <string.h>

#define MS_NS ((uint64_t)1000000)
#define S_NS  ((uint64_t)1000000000)

/*
 * A loop that grows is most of what is sent, now and since the start, but it may be seen
 * as several flows: before and behind a NAT, and on each hop of a chain of proxies.
 */
#define SHARE	      6	    /* a suspect has 1/SHARE of the bytes */
#define LARGE	      980   /* of 1000: ip bytes of what is sent, see loopgate.c */
#define WINDOW_MIN    2048u /* sent; below this nothing is suspicious */
#define WINDOW_MAX    (1024u * 1024)  /* sent; a window is over */
#define WINDOW_NS     (100u * MS_NS)  /* or, with WINDOW_MIN sent, after this */
#define WINDOW_END_NS (1000u * MS_NS) /* or, in any case */
#define RATE_MIN      (64u * 1024)    /* sent in a second: less does no harm */
#define SENT_MIN      (32u * 1024)    /* since the start, the same */
#define LOOKS	      256u	      /* packets looked at one by one every LOOKS_NS */
#define LOOKS_NS      (100u * MS_NS)
#define SAMPLE	      63u	     /* then one in 1 to 63 is */
#define SAMPLES_MIN   16u	     /* in a window: fewer say nothing */
#define GATE_NS	      (300u * MS_NS) /* from a closed gate to the next */
#define TESTS_MAX     4u	     /* at once, then one every TESTS_NS */
#define TESTS_NS      (60u * S_NS)
#define YOUNG_BYTES   (256u * 1024) /* sent: a hold costs little, see looptest_begin */
#define REORDER_NS    (25u * MS_NS) /* packets may be given this much out of order */

/*
 * What a loop has on the wire was sent before: with copies, small packets and their
 * acknowledgements CAUSE times as much. A flow that has more is honest.
 */
#define CAUSE	    10u
#define CAUSE_BYTES 4096u
#define RECENT_NS   (4u * S_NS) /* sent earlier: no longer under way */

/* An honest flow seldom comes so far: look again soon. */
#define SCORE_DOUBT 600

/* How long a flow is left alone. */
#define FIRST_CLEAR_NS (8u * S_NS)
#define CLEAR_NS       (3600u * S_NS)
#define VOID_CLEAR_NS  (4u * S_NS)
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

/* xorshift64*: honest flows do not look. Uniform over 0 to n - 1. */
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

/* The flow's counter, or the smallest one, emptied: who is heavy keeps its own. */
static struct loopguard_count *
counter_of(struct loopguard *g, const struct flow *flow, uint64_t hash)
{
	struct loopguard_count *least = NULL;

	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++) {
		struct loopguard_count *c = &g->counts[i];

		if (c->hash == hash && flow_eq(&c->flow, flow))
			return c;
		if (least == NULL || c->bytes < least->bytes ||
		    (c->bytes == least->bytes && c->total < least->total))
			least = c;
	}
	*least = (struct loopguard_count){.flow = *flow, .hash = hash};
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
	if (g->skipped > 0)
		g->is_sampled = true;
	g->skip = g->skipped;
}

/* LOOPGUARD_CLEARED: it has no entry. */
static size_t
find_cleared(const struct loopguard *g, uint64_t hash)
{
	size_t i = 0;

	while (i < LOOPGUARD_CLEARED &&
	       (g->cleared[i].times == 0 || g->cleared[i].hash != hash))
		i++;
	return i;
}

static bool
is_cleared(const struct loopguard *g, uint64_t hash, uint64_t now_ns)
{
	size_t i = find_cleared(g, hash);

	return i < LOOPGUARD_CLEARED && now_ns < g->cleared[i].until_ns;
}

/* The flow's entry, made anew in place of the one that ends first if there is none. */
static struct loopguard_cleared *
take_cleared(struct loopguard *g, uint64_t hash)
{
	size_t found = find_cleared(g, hash);
	struct loopguard_cleared *c = &g->cleared[0];

	if (found < LOOPGUARD_CLEARED)
		return &g->cleared[found];
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
	g->window_sent = g->window_bytes = 0;
	g->looks = 0;
	g->is_sampled = g->skip > 0;
	g->was_empty = false;
	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++)
		g->counts[i].bytes = g->counts[i].ip_bytes = 0;
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
	       (age_ns >= (g->sent < YOUNG_BYTES * 4 ? WINDOW_NS / 5 : WINDOW_NS) &&
		g->window_sent >= WINDOW_MIN);
}

/* Large packets, or a surplus in the ring: loopgate.h looks closely. */
static bool
is_suspicious(const struct loopguard *g, const struct loopguard_count *c, uint64_t now_ns)
{
	uint64_t most =
	    g->window_sent < g->window_bytes ? g->window_sent : g->window_bytes;

	return c->bytes * SHARE >= most && c->total * SHARE >= g->total &&
	       (c->ip_bytes * 1000 >= c->bytes * LARGE || !g->was_empty) &&
	       !is_cleared(g, c->hash, now_ns);
}

/* Notes who is heavy; returns how many have been so in two windows. */
static uint32_t
judge_window(struct loopguard *g, uint64_t now_ns)
{
	uint64_t age_ns = now_ns - g->window_ns;
	uint32_t n = 0;

	/* what was captured in one window is sent in the next: nothing is known */
	if (g->window_sent == 0 || g->window_bytes == 0)
		return 0;
	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++) {
		struct loopguard_count *c = &g->counts[i];

		if (g->window_sent * S_NS < RATE_MIN * age_ns || c->bytes == 0 ||
		    !is_suspicious(g, c, now_ns))
			c->since_ns = 0;
		else if (c->since_ns == 0)
			c->since_ns = now_ns;
		else
			n++;
	}
	return n;
}

/* Clears flows that have more on the wire than sending can have brought there. */
static void
clear_causeless(struct loopguard *g, uint64_t now_ns)
{
	uint64_t most = (g->recent[0] + g->recent[1]) * CAUSE + CAUSE_BYTES;

	if (g->is_sampled || g->window_bytes <= most)
		return;
	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++) {
		struct loopguard_cleared *c;

		if (g->counts[i].ip_bytes <= most ||
		    is_cleared(g, g->counts[i].hash, now_ns))
			continue;
		c = take_cleared(g, g->counts[i].hash);
		c->until_ns = now_ns + CLEAR_NS;
		c->times++;
	}
}

static void
begin_gate(struct loopguard *g, const struct looptest_now *now)
{
	loopgate_begin(&g->gate, now->now_ns, now->received);
	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++)
		if (g->counts[i].since_ns != 0)
			loopgate_add(&g->gate, &g->counts[i].flow, g->counts[i].hash);
	g->skip = g->skipped = 0;
}

static void
end_gate(struct loopguard *g, uint64_t now_ns)
{
	memset(&g->gate, 0, sizeof(g->gate));
	g->gate_ns = now_ns + GATE_NS;
	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++)
		g->counts[i].since_ns = 0;
	begin_window(g, now_ns);
}

static void
begin_test(struct loopguard *g, const struct looptest_now *now)
{
	looptest_begin(&g->test, now, draw(g, UINT64_MAX), g->sent <= YOUNG_BYTES);
	for (uint32_t i = 0; i < g->gate.n_flows; i++)
		if (!g->gate.flows[i].is_out)
			looptest_add(&g->test, &g->gate.flows[i].flow,
				     g->gate.flows[i].hash);
	g->tests_left--;
	g->holds++;
	g->verdict = LOOPGUARD_HOLD;
	g->skip = 0;
}

static void
end_test(struct loopguard *g, uint64_t now_ns)
{
	for (uint32_t i = 0; i < g->test.n_suspects; i++) {
		const struct looptest_suspect *s = &g->test.suspects[i];

		if (looptest_is_honest(s) && s->best < SCORE_DOUBT)
			clear_flow(g, s->hash, now_ns);
		else
			postpone_flow(g, s->hash, now_ns);
	}
	g->verdict = LOOPGUARD_PASS;
	g->skip = g->skipped = 0;
	end_gate(g, now_ns);
}

static void
refill(struct loopguard *g, uint64_t now_ns)
{
	if (now_ns >= g->recent_ns) {
		g->recent_ns = now_ns + RECENT_NS;
		g->recent[1] = g->recent[0];
		g->recent[0] = 0;
	}
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

/* Looks at some packets. */
static void
find(struct loopguard *g, const struct looptest_now *now)
{
	bool is_idle;

	if (!is_window_over(g, now->now_ns))
		return;
	is_idle = g->window_sent < WINDOW_MIN;
	if (is_idle)
		g->window_limit = WINDOW_MIN;
	else if (judge_window(g, now->now_ns) > 0 && g->tests_left > 0 &&
		 now->now_ns >= g->gate_ns && g->sent >= SENT_MIN)
		g->gate.state = LOOPGATE_WATCH;
	else if (g->window_limit < WINDOW_MAX)
		g->window_limit *= 2;
	begin_window(g, now->now_ns);
}

static void
watch(struct loopguard *g, const struct looptest_now *now)
{
	if (g->window_ns == 0)
		g->window_ns = now->now_ns;
	refill(g, now->now_ns);
	clear_causeless(g, now->now_ns);
	if (g->gate.state == LOOPGATE_IDLE) {
		find(g, now);
		return;
	}
	if (g->gate.window_ns == 0)
		begin_gate(g,
			   now); /* the step behind the one that asked: with counters */
	switch (loopgate_step(&g->gate, now->now_ns, now->received)) {
	case LOOPGATE_IDLE:
	case LOOPGATE_WATCH:
		break;
	case LOOPGATE_OPEN:
		begin_test(g, now);
		break;
	case LOOPGATE_CLOSED:
		end_gate(g, now->now_ns);
		break;
	}
}

bool
loopguard_wants_counters(const struct loopguard *g)
{
	return g->verdict == LOOPGUARD_HOLD || g->gate.state != LOOPGATE_IDLE;
}

/* One packet stands for those that were skipped before it. */
static void
count(struct loopguard *g, const struct flow *flow, uint64_t hash, uint32_t caplen,
      uint32_t ip_bytes)
{
	uint64_t n = (uint64_t)g->skipped + 1;
	uint64_t bytes = (caplen + LOOPGATE_RECORD_BYTES) * n;
	struct loopguard_count *c;

	g->window_bytes += bytes;
	g->total += bytes;
	if (flow == NULL)
		return;
	c = counter_of(g, flow, hash);
	c->bytes += bytes;
	c->total += bytes;
	c->ip_bytes += ip_bytes * n;
}

void
loopguard_look(struct loopguard *g, const struct savefile_record *record,
	       const uint8_t *data)
{
	struct flow flow;
	uint32_t ip_at = flow_of(g->linktype, data, record->caplen, &flow);
	uint64_t hash = flow_hash(&flow, g->seed);
	const struct flow *is = ip_at == FLOW_NONE ? NULL : &flow;
	uint32_t ip_bytes = is == NULL ? 0 : record->caplen - ip_at;

	if (g->verdict == LOOPGUARD_PASS) {
		count(g, is, hash, record->caplen, ip_bytes);
		if (g->gate.state == LOOPGATE_IDLE)
			sample(g);
		else
			loopgate_packet(&g->gate, is, hash, record->caplen, ip_bytes);
		return;
	}
	if (record->time_ns > REORDER_NS)
		looptest_seen(&g->test, record->time_ns - REORDER_NS);
	if (is != NULL && record->origlen > ip_at)
		looptest_packet(&g->test, is, hash, record->time_ns,
				record->origlen - ip_at);
}

void
loopguard_seen(struct loopguard *g, uint64_t real_ns)
{
	g->was_empty = true;
	loopgate_empty(&g->gate);
	if (g->verdict == LOOPGUARD_HOLD)
		looptest_seen(&g->test, real_ns);
}

void
loopguard_sent(struct loopguard *g, size_t bytes, uint64_t real_ns)
{
	g->sent += bytes;
	g->recent[0] += bytes;
	if (g->verdict == LOOPGUARD_PASS)
		g->window_sent += bytes;
	else
		looptest_sent(&g->test, bytes, real_ns);
}

enum loopguard_verdict
loopguard_step(struct loopguard *g, const struct looptest_now *now)
{
	enum looptest_state state;

	if (g->verdict == LOOPGUARD_PASS)
		watch(g, now);
	if (g->verdict != LOOPGUARD_HOLD)
		return g->verdict;
	state = looptest_step(&g->test, now);
	if (state == LOOPTEST_FOUND)
		g->verdict = LOOPGUARD_LOOP;
	else if (state == LOOPTEST_OVER)
		end_test(g, now->now_ns);
	return g->verdict;
}

size_t
loopguard_allowance(const struct loopguard *g)
{
	if (g->verdict == LOOPGUARD_PASS)
		return SIZE_MAX;
	return g->test.state == LOOPTEST_ECHO ? g->test.allowance : 0;
}

uint64_t
loopguard_deadline_ns(const struct loopguard *g)
{
	return g->verdict == LOOPGUARD_HOLD ? g->test.wake_ns : UINT64_MAX;
}

void
loopguard_flow(const struct loopguard *g, struct text *t)
{
	flow_text(t, &g->test.loop);
}
