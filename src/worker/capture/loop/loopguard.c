/*
 * Who makes up what is captured? Windows of time are counted by flow, from samples; what is
 * heavy is tested, and then left alone for long. It must not know sockets, rings, or how
 * packets become bytes.
 */
#include "worker/capture/loop/loopguard.h"

#include <string.h>

#define MS_NS ((uint64_t)1000000)
#define S_NS  ((uint64_t)1000000000)

/* Captured in a second: after a window of more there is no test for BUSY_NS, lest what waits
 * takes long to catch up. A loop is found when it is young. */
#define RATE_MAX    (32u * 1024 * 1024)
#define QUEUED_MAX  (512u * 1024) /* the same: the client is slow */
#define YOUNG_NS    (1u * S_NS)	  /* not before: a loop begins beside any load */
#define BUSY_NS	    (2u * S_NS)
#define BUSY_MAX_NS (4u * S_NS) /* a load that lasts is tested: it may be a loop */

/*
 * A loop that grows is most of what is captured, but it may be seen as several flows:
 * before and behind a NAT, and on each hop of a chain of proxies.
 */
#define SHARE	      6		     /* a suspect has 1/SHARE of the bytes */
#define SHARE_CHAIN   24u	     /* and 1/24 when it has a third of what was sent */
#define WINDOW_MIN    2048u	     /* captured; below this nothing is suspicious */
#define WINDOW_NS     (10u * MS_NS)  /* a window with so much is over */
#define WINDOW_END_NS (250u * MS_NS) /* one with less is: 8 KiB a second do no harm */
#define WINDOW_MAX_NS (4u * S_NS)    /* any is */
#define LOOKS	      512u	     /* packets looked at one by one every LOOKS_NS */
#define LOOKS_NS      (100u * MS_NS)
#define SAMPLE	      63u  /* then one in 1 to 63 is */
#define SAMPLES_MIN   256u /* in a window: fewer say little about a share of 1/6 */
#define TESTS_MAX     4u   /* at once; one more in TESTS_NS, doubled TESTS_RARE times */
#define TESTS_NS      (5u * S_NS)
#define TESTS_RARE    4u
#define USUAL_MS      30u	    /* of packets that a test lets go at once */
#define REORDER_NS    (25u * MS_NS) /* packets may be given this much out of order */

/*
 * What a loop has on the wire was sent before: with copies, small packets and their
 * acknowledgements CAUSE times as much. A flow that has more is honest.
 */
#define CAUSE	    16u
#define CAUSE_BYTES (8u * 1024)
#define SENT_NS	    (4u * S_NS) /* sent earlier: no longer under way */

#define CAUSELESS 2u /* begins with this one: 128 s */

#define AGAIN_NS (30u * S_NS) /* a flow that is left out is tested again */

void
loopguard_init(struct loopguard *g, uint32_t linktype, uint64_t seed)
{
	memset(g, 0, sizeof(*g));
	g->linktype = linktype;
	g->rng = g->seed = seed | 1;
	g->looks_left = LOOKS;
	g->tests_left = TESTS_MAX;
}

/* The flow's counter, or the smallest one, emptied: who is heavy keeps its own. */
static struct loopguard_count *
counter_of(struct loopguard *g, const struct flow *flow, uint64_t hash)
{
	struct loopguard_count *least = &g->counts[0];

	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++) {
		struct loopguard_count *c = &g->counts[i];

		if (c->hash == hash && flow_eq(&c->flow, flow))
			return c;
		if (c->bytes < least->bytes)
			least = c;
	}
	*least = (struct loopguard_count){.flow = *flow, .hash = hash, .has_cause = true};
	return least;
}

static uint64_t
most_caused(const struct loopguard *g)
{
	return (g->sent[0] + g->sent[1]) * CAUSE + CAUSE_BYTES;
}

/* What has been read was captured before now: only what is sent by now can be its cause.
 * Samples are too coarse to be held against a flow one by one. */
static void
count(struct loopguard *g, struct loopguard_count *c, uint64_t bytes)
{
	c->bytes += bytes;
	if (!g->is_sampled && c->bytes > most_caused(g))
		c->has_cause = false;
}

/* Decides when to look again. */
static void
sample(struct loopguard *g)
{
	g->samples += g->is_sampled;
	g->skipped = 0;
	if (g->looks_left > 0)
		g->looks_left--;
	else
		g->skipped = (uint32_t)looptest_draw(&g->rng, SAMPLE);
	g->skip = g->skipped;
	g->is_sampled = g->is_sampled || g->skip > 0;
}

static void
begin_window(struct loopguard *g, uint64_t now_ns)
{
	g->window_ns = now_ns;
	g->window_bytes = g->window_sent = 0;
	g->samples = 0;
	g->is_sampled = g->skip > 0;
	memset(g->counts, 0, sizeof(g->counts));
}

/* A loop begins with the capture, as a rule: the older, the fewer tests. */
static uint64_t
tests_ns(const struct loopguard *g)
{
	uint32_t n = g->tests < TESTS_MAX ? 0 : g->tests - TESTS_MAX;

	return TESTS_NS << (n < TESTS_RARE ? n : TESTS_RARE);
}

static void
refill(struct loopguard *g, uint64_t now_ns)
{
	if (now_ns >= g->sent_ns) {
		g->sent_ns = now_ns + SENT_NS;
		g->sent[1] = g->sent[0];
		g->sent[0] = 0;
	}
	if (now_ns >= g->looks_ns) {
		g->looks_ns = now_ns + LOOKS_NS;
		g->looks_left = LOOKS;
	}
	if (g->tests_left == TESTS_MAX)
		g->tests_ns = now_ns + tests_ns(g);
	if (now_ns < g->tests_ns)
		return;
	g->tests_ns = now_ns + tests_ns(g);
	g->tests_left++;
}

/* Much of what is captured; or a part of it that is about as much as what was sent, as each
 * hop of a long chain has. */
static bool
is_heavy(const struct loopguard *g, const struct loopguard_count *c)
{
	if (c->bytes == 0)
		return false;
	return c->bytes * SHARE >= g->window_bytes ||
	       (c->bytes * SHARE_CHAIN >= g->window_bytes &&
		g->window_sent >= WINDOW_MIN && c->bytes * 3 >= g->window_sent);
}

/* Whether the flow is to be tested; one without cause is cleared. */
static bool
is_suspect(struct loopguard *g, const struct loopguard_count *c, uint64_t now_ns)
{
	if (!is_heavy(g, c) ||
	    (!g->test.is_hard && loopcleared_has(&g->cleared, c->hash, now_ns)))
		return false;
	if (c->has_cause && c->bytes <= most_caused(g))
		return true;
	loopcleared_add(&g->cleared, c->hash, now_ns, CAUSELESS);
	return false;
}

/* The heaviest first: a test has room for LOOPTEST_SUSPECTS. */
static void
add_suspects(struct loopguard *g, uint64_t now_ns)
{
	uint64_t done = 0;

	for (size_t n = 0; n < LOOPGUARD_FLOWS; n++) {
		size_t best = LOOPGUARD_FLOWS;

		for (size_t i = 0; i < LOOPGUARD_FLOWS; i++)
			if ((done >> i & 1) == 0 &&
			    (best == LOOPGUARD_FLOWS ||
			     g->counts[i].bytes > g->counts[best].bytes))
				best = i;
		done |= (uint64_t)1 << best;
		if (is_suspect(g, &g->counts[best], now_ns))
			looptest_add(&g->test, &g->counts[best].flow,
				     g->counts[best].hash);
	}
}

/* Whether one flow has half of what is captured. */
static bool
has_most(const struct loopguard *g)
{
	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++)
		if (g->counts[i].bytes * 2 >= g->window_bytes)
			return true;
	return false;
}

static void
begin_test(struct loopguard *g, const struct looptest_now *now)
{
	uint64_t seed = looptest_draw(&g->rng, UINT64_MAX);
	uint64_t age_ms = (now->now_ns - g->window_ns) / MS_NS;
	bool is_hard = loophard_is_due(&g->hard, now->now_ns);

	if (is_hard)
		looptest_begin_hard(&g->test, now, seed);
	else if (now->now_ns < g->busy_ns && has_most(g))
		looptest_begin_busy(&g->test, now, seed);
	else
		looptest_begin(&g->test, now, seed, g->window_bytes * USUAL_MS / age_ms);
	add_suspects(g, now->now_ns);
	if (g->test.n_suspects == 0)
		return;
	if (is_hard)
		loophard_begun(&g->hard, now->now_ns);
	g->tests_left -= g->tests_left > 0;
	g->tests++;
	g->busy_since_ns = now->now_ns;
	g->verdict = LOOPGUARD_TEST;
	g->skip = g->skipped = 0;
}

/* Its packets stay out meanwhile: it has to follow what is sent of all others. */
static void
begin_again(struct loopguard *g, struct loopleft_flow *l, const struct looptest_now *now)
{
	looptest_begin_again(&g->test, now, looptest_draw(&g->rng, UINT64_MAX));
	looptest_add(&g->test, &l->flow, l->hash);
	g->retried = l;
	g->verdict = LOOPGUARD_TEST;
	g->skip = g->skipped = 0;
}

/* Whether what the window tells is enough to go by. */
static bool
is_telling(const struct loopguard *g)
{
	return g->window_bytes >= WINDOW_MIN &&
	       (!g->is_sampled || g->samples >= SAMPLES_MIN);
}

static uint64_t
window_ns(const struct loopguard *g)
{
	if (is_telling(g))
		return WINDOW_NS;
	return g->window_bytes < WINDOW_MIN ? WINDOW_END_NS : WINDOW_MAX_NS;
}

static void
become_busy(struct loopguard *g, uint64_t now_ns)
{
	if (now_ns >= g->busy_ns)
		g->busy_since_ns = now_ns;
	g->busy_ns = now_ns + BUSY_NS;
}

static bool
may_test(const struct loopguard *g, uint64_t now_ns)
{
	return now_ns >= g->busy_ns || now_ns - g->busy_since_ns >= BUSY_MAX_NS;
}

static void
watch(struct loopguard *g, const struct looptest_now *now)
{
	struct loopleft_flow *due;
	uint64_t age_ns;

	if (g->window_ns == 0) { /* what was read before is counted in the first one */
		g->young_ns = now->now_ns + YOUNG_NS;
		g->window_ns = now->now_ns;
	}
	refill(g, now->now_ns);
	age_ns = now->now_ns - g->window_ns;
	if (age_ns < window_ns(g))
		return;
	if (now->now_ns >= g->young_ns &&
	    (g->window_bytes * S_NS / RATE_MAX > age_ns || now->queued > QUEUED_MAX))
		become_busy(g, now->now_ns);
	if (is_telling(g) && (loophard_is_due(&g->hard, now->now_ns) ||
			      (g->tests_left > 0 && may_test(g, now->now_ns))))
		begin_test(g, now);
	due = loopleft_due(&g->left, now->now_ns);
	if (due && g->verdict == LOOPGUARD_PASS && may_test(g, now->now_ns))
		begin_again(g, due, now);
	begin_window(g, now->now_ns);
}

static bool
has_loops(const struct loopguard *g)
{
	for (uint32_t i = 0; i < g->test.n_suspects; i++)
		if (looptest_is_loop(&g->test, &g->test.suspects[i]))
			return true;
	return false;
}

static void
end_test(struct loopguard *g, uint64_t now_ns)
{
	for (uint32_t i = 0; i < g->test.n_suspects; i++)
		loopcleared_add(&g->cleared, g->test.suspects[i].hash, now_ns, 0);
	g->verdict = LOOPGUARD_PASS;
	begin_window(g, now_ns);
}

/*
 * What was not proved in the same test may feed the loop alone now: it is young, and tested
 * as soon as can be.
 */
static void
leave_out_loops(struct loopguard *g, uint64_t now_ns)
{
	for (uint32_t i = 0; i < g->test.n_suspects; i++) {
		const struct looptest_suspect *s = &g->test.suspects[i];

		if (looptest_is_honest(s))
			loopcleared_add(&g->cleared, s->hash, now_ns, 0);
		if (!looptest_is_loop(&g->test, s))
			continue;
		loopleft_prove(&g->left, &s->flow, s->hash, now_ns + AGAIN_NS);
	}
	g->tests_left += g->tests_left < TESTS_MAX;
	g->tests--;
	loophard_found(&g->hard, now_ns);
	g->young_ns = now_ns + YOUNG_NS;
	g->busy_ns = 0;
	g->verdict = LOOPGUARD_PASS;
	begin_window(g, now_ns);
}

/* Where little was sent nothing was learned: it stays out. */
static void
end_again(struct loopguard *g, uint64_t now_ns)
{
	loopleft_retest(&g->left, g->retried, !looptest_is_honest(&g->test.suspects[0]),
			now_ns + AGAIN_NS);
	g->retried = NULL;
	g->verdict = LOOPGUARD_PASS;
	begin_window(g, now_ns);
}

static void
watch_packet(struct loopguard *g, const struct savefile_record *record,
	     const struct flow *flow, uint64_t hash, uint32_t ip_at)
{
	uint64_t n = (uint64_t)g->skipped + 1; /* it stands for those that were skipped */

	if (g->skip > 0) {
		g->skip--;
		return;
	}
	g->window_bytes += record->origlen * n;
	if (ip_at != FLOW_NONE)
		count(g, counter_of(g, flow, hash), (record->origlen - ip_at) * n);
	sample(g);
}

static void
test_packet(struct loopguard *g, const struct savefile_record *record,
	    const struct flow *flow, uint64_t hash, uint32_t ip_at)
{
	if (record->time_ns > REORDER_NS)
		looptest_seen(&g->test, record->time_ns - REORDER_NS);
	if (ip_at != FLOW_NONE)
		looptest_packet(&g->test, flow, hash, record->time_ns,
				record->origlen - ip_at);
}

bool
loopguard_look(struct loopguard *g, const struct savefile_record *record,
	       const uint8_t *data)
{
	struct flow flow;
	uint32_t ip_at = flow_of(g->linktype, data, record->caplen, &flow);
	uint64_t hash = flow_hash(&flow, g->seed);
	bool is_out;

	if (record->origlen <= ip_at)
		ip_at = FLOW_NONE;
	is_out =
	    ip_at != FLOW_NONE && loopleft_packet(&g->left, &flow, hash, record->caplen);
	if (g->verdict == LOOPGUARD_TEST)
		test_packet(g, record, &flow, hash, ip_at);
	else if (g->verdict == LOOPGUARD_PASS && !is_out)
		watch_packet(g, record, &flow, hash, ip_at);
	return !is_out;
}

void
loopguard_seen(struct loopguard *g, uint64_t real_ns)
{
	if (g->verdict == LOOPGUARD_TEST)
		looptest_seen(&g->test, real_ns);
}

void
loopguard_share(struct loopguard *g, const struct flow *flow, uint64_t now_ns)
{
	uint32_t n_out = g->left.n_out;

	loopleft_share(&g->left, flow, flow_hash(flow, g->seed), now_ns);
	if (g->left.n_out > n_out) /* what feeds that loop may be ours */
		loophard_found(&g->hard, now_ns);
}

bool
loopguard_is_hard(const struct loopguard *g)
{
	return g->verdict == LOOPGUARD_TEST && g->test.is_hard;
}

void
loopguard_join(struct loopguard *g, uint64_t now_ns)
{
	g->hard.join_ns = now_ns;
}

void
loopguard_sent(struct loopguard *g, size_t bytes)
{
	g->sent[0] += bytes;
	g->window_sent += bytes;
	if (g->verdict == LOOPGUARD_TEST)
		looptest_sent(&g->test, bytes);
}

enum loopguard_verdict
loopguard_step(struct loopguard *g, const struct looptest_now *now)
{
	enum looptest_state state;

	loopleft_age(&g->left, now->now_ns);
	loophard_note(&g->hard, now->dropped, now->now_ns);
	if (g->verdict == LOOPGUARD_TEST && !g->test.is_hard && !g->test.is_again &&
	    loophard_is_due(&g->hard,
			    now->now_ns)) { /* it would take seconds, and find nothing */
		g->verdict = LOOPGUARD_PASS;
		begin_window(g, now->now_ns);
	}
	if (g->verdict == LOOPGUARD_PASS)
		watch(g, now);
	if (g->left.is_full)
		g->verdict = LOOPGUARD_LOOP;
	if (g->verdict != LOOPGUARD_TEST)
		return g->verdict;
	state = looptest_step(&g->test, now);
	if (g->retried != NULL && (state == LOOPTEST_FOUND || state == LOOPTEST_OVER))
		end_again(g, now->now_ns);
	else if (state == LOOPTEST_FOUND || (state == LOOPTEST_OVER && has_loops(g)))
		leave_out_loops(g, now->now_ns);
	else if (state == LOOPTEST_OVER)
		end_test(g, now->now_ns);
	if (g->left.is_full)
		g->verdict = LOOPGUARD_LOOP;
	return g->verdict;
}

size_t
loopguard_allowance(const struct loopguard *g)
{
	return g->verdict == LOOPGUARD_TEST ? g->test.allowance : SIZE_MAX;
}

bool
loopguard_may_drop(const struct loopguard *g)
{
	return g->verdict == LOOPGUARD_TEST && g->test.is_sure;
}

uint64_t
loopguard_deadline_ns(const struct loopguard *g)
{
	return g->verdict == LOOPGUARD_TEST ? g->test.wake_ns : UINT64_MAX;
}
