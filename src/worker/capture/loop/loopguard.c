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
#define RATE_MAX   (32u * 1024 * 1024)
#define QUEUED_MAX (512u * 1024) /* the same: the client is slow */
#define YOUNG_NS   (1u * S_NS)	 /* not before: a loop begins beside any load */
#define BUSY_NS	   (2u * S_NS)

/*
 * A loop that grows is most of what is captured, but it may be seen as several flows:
 * before and behind a NAT, and on each hop of a chain of proxies.
 */
#define SHARE	      6		     /* a suspect has 1/SHARE of the bytes */
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

/* How long a flow is left alone: CLEAR_NS, and 8 times as long each time. A loop may look
 * honest by bad luck: the second test comes soon. */
#define CLEAR_NS  (2u * S_NS)
#define CLEAR_MAX 4u /* doublings by 3: up to 2.3 hours */
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

/* In place of the flow that is cleared for the shortest time, if need be. */
static void
clear_flow(struct loopguard *g, uint64_t hash, uint64_t now_ns, uint32_t least)
{
	size_t found = find_cleared(g, hash);
	struct loopguard_cleared *c = &g->cleared[0];

	for (size_t i = 1; i < LOOPGUARD_CLEARED; i++)
		if (g->cleared[i].until_ns < c->until_ns)
			c = &g->cleared[i];
	if (found < LOOPGUARD_CLEARED)
		c = &g->cleared[found];
	else
		*c = (struct loopguard_cleared){.hash = hash};
	if (c->times < least)
		c->times = least;
	c->until_ns = now_ns + (CLEAR_NS << 3 * c->times);
	if (c->times < CLEAR_MAX)
		c->times++;
}

static void
begin_window(struct loopguard *g, uint64_t now_ns)
{
	g->window_ns = now_ns;
	g->window_bytes = 0;
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

/* Whether the flow is to be tested; one without cause is cleared. */
static bool
is_suspect(struct loopguard *g, const struct loopguard_count *c, uint64_t now_ns)
{
	if (c->bytes == 0 || c->bytes * SHARE < g->window_bytes ||
	    is_cleared(g, c->hash, now_ns))
		return false;
	if (c->has_cause && c->bytes <= most_caused(g))
		return true;
	clear_flow(g, c->hash, now_ns, CAUSELESS);
	return false;
}

static void
begin_test(struct loopguard *g, const struct looptest_now *now)
{
	uint64_t age_ms = (now->now_ns - g->window_ns) / MS_NS;

	looptest_begin(&g->test, now, looptest_draw(&g->rng, UINT64_MAX),
		       g->window_bytes * USUAL_MS / age_ms);
	for (size_t i = 0; i < LOOPGUARD_FLOWS; i++)
		if (is_suspect(g, &g->counts[i], now->now_ns))
			looptest_add(&g->test, &g->counts[i].flow, g->counts[i].hash);
	if (g->test.n_suspects == 0)
		return;
	g->tests_left--;
	g->tests++;
	g->verdict = LOOPGUARD_TEST;
	g->skip = g->skipped = 0;
}

/* The flow that is to be tested again now, or NULL. */
static struct loopguard_left *
find_due(struct loopguard *g, uint64_t now_ns)
{
	struct loopguard_left *due = NULL;

	for (uint32_t i = 0; i < g->n_left; i++) {
		struct loopguard_left *l = &g->left[i];

		if (l->is_out && now_ns >= l->again_ns &&
		    (due == NULL || l->again_ns < due->again_ns))
			due = l;
	}
	return due;
}

/* Its packets stay out meanwhile: it has to follow what is sent of all others. */
static void
begin_again(struct loopguard *g, struct loopguard_left *l, const struct looptest_now *now)
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
watch(struct loopguard *g, const struct looptest_now *now)
{
	struct loopguard_left *due;
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
		g->busy_ns = now->now_ns + BUSY_NS;
	if (is_telling(g) && g->tests_left > 0 && now->now_ns >= g->busy_ns)
		begin_test(g, now);
	due = find_due(g, now->now_ns);
	if (due && g->verdict == LOOPGUARD_PASS && now->now_ns >= g->busy_ns)
		begin_again(g, due, now);
	begin_window(g, now->now_ns);
}

static void
end_test(struct loopguard *g, uint64_t now_ns)
{
	for (uint32_t i = 0; i < g->test.n_suspects; i++)
		clear_flow(g, g->test.suspects[i].hash, now_ns, 0);
	g->verdict = LOOPGUARD_PASS;
	begin_window(g, now_ns);
}

/* Its place, made if need be; NULL: there is none. */
static struct loopguard_left *
left_of(struct loopguard *g, const struct looptest_suspect *s)
{
	for (uint32_t i = 0; i < g->n_left; i++)
		if (flow_eq(&g->left[i].flow, &s->flow))
			return &g->left[i];
	if (g->n_left == LOOPGUARD_LEFT)
		return NULL;
	g->left[g->n_left] = (struct loopguard_left){.flow = s->flow, .hash = s->hash};
	return &g->left[g->n_left++];
}

static void
turn_left(struct loopguard *g, struct loopguard_left *l, bool is_out)
{
	l->is_out = is_out;
	l->is_told = false;
	g->n_out = is_out ? g->n_out + 1 : g->n_out - 1;
	g->is_changed = true;
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
		struct loopguard_left *l;

		if (looptest_is_honest(s))
			clear_flow(g, s->hash, now_ns, 0);
		if (!looptest_is_loop(&g->test, s))
			continue;
		l = left_of(g, s);
		if (l == NULL) {
			g->verdict = LOOPGUARD_LOOP;
			return;
		}
		l->again_ns = now_ns + AGAIN_NS;
		turn_left(g, l, true);
	}
	g->tests_left++;
	g->tests--;
	g->young_ns = now_ns + YOUNG_NS;
	g->busy_ns = 0;
	g->verdict = LOOPGUARD_PASS;
	begin_window(g, now_ns);
}

/* Where little was sent nothing was learned: it stays out. */
static void
end_again(struct loopguard *g, uint64_t now_ns)
{
	g->retried->again_ns = now_ns + AGAIN_NS;
	if (looptest_is_honest(&g->test.suspects[0]))
		turn_left(g, g->retried, false);
	g->retried = NULL;
	g->verdict = LOOPGUARD_PASS;
	begin_window(g, now_ns);
}

static bool
is_left_out(struct loopguard *g, const struct flow *flow, uint64_t hash, uint32_t caplen)
{
	for (uint32_t i = 0; i < g->n_left; i++) {
		struct loopguard_left *l = &g->left[i];

		if (!l->is_out || l->hash != hash || !flow_eq(&l->flow, flow))
			continue;
		l->packets++;
		l->bytes += caplen;
		return true;
	}
	return false;
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
	is_out = ip_at != FLOW_NONE && is_left_out(g, &flow, hash, record->caplen);
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
loopguard_sent(struct loopguard *g, size_t bytes)
{
	g->sent[0] += bytes;
	if (g->verdict == LOOPGUARD_TEST)
		looptest_sent(&g->test, bytes);
}

enum loopguard_verdict
loopguard_step(struct loopguard *g, const struct looptest_now *now)
{
	enum looptest_state state;

	g->is_changed = false;
	if (g->verdict == LOOPGUARD_PASS)
		watch(g, now);
	if (g->verdict != LOOPGUARD_TEST)
		return g->verdict;
	state = looptest_step(&g->test, now);
	if (g->retried != NULL && (state == LOOPTEST_FOUND || state == LOOPTEST_OVER))
		end_again(g, now->now_ns);
	else if (state == LOOPTEST_FOUND)
		leave_out_loops(g, now->now_ns);
	else if (state == LOOPTEST_OVER)
		end_test(g, now->now_ns);
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
