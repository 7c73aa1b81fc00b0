/*
 * The loop detector against simulated captures: loops of large packets end within their
 * bounds, honest loads never do, and ordinary ones are not even held. The model is the rest of the
 * worker (ring, queue, event loop) and the network, in simulated time; LOOPGUARD_RUNS
 * multiplies the number of runs, LOOPGUARD_VERBOSE shows each.
 */
#include "worker/loopguard.h"
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/rng.h"

#define US	   1000u
#define MS	   1000000u
#define S	   1000000000u
#define REAL_0	   1700000000000000000u /* the two clocks have nothing in common */
#define MONO_0	   5000000000u
#define QUEUE_MAX  (1024u * 1024)
#define PACKETS	   32768u     /* in ring and queue; a power of two */
#define BLOCK_NS   (10u * MS) /* until the kernel shows a packet */
#define RECORD	   28	      /* bytes in the stream beside a packet's own */
#define LINK	   20	      /* the link header, SLL2 */
#define GSO	   65000u
#define FLOWS_MAX  40
#define LOOP_FLOW  0
#define DELAY_LINE 65536u

enum kind {
	STEADY,
	RANDOM_ON_OFF, /* 1 ms to 2 s */
	STALLING,      /* regular */
	LIMITED,       /* all bytes of a period at its start, near 200 ms */
	CHURN,	       /* a new flow every 50 ms to 5 s */
	KINDS
};

struct load {
	enum kind kind;
	double rate;		/* bytes a second while it sends */
	uint64_t on_ns, off_ns; /* mean or exact */
	uint64_t next_ns;	/* of the change */
	bool is_on;
	double owed;
	double packet; /* bytes of each; 0: as TCP makes them */
	uint16_t port;
};

struct packet {
	uint64_t time_ns;
	uint32_t caplen, origlen;
	uint16_t flow, port;
};

struct world {
	struct loopguard g;
	uint64_t rng;
	uint64_t t_ns; /* since the start */
	uint64_t step_ns;
	uint64_t sent;

	struct packet packets[PACKETS];
	uint32_t head, unseen, tail; /* queue: head to unseen, ring: unseen to tail */
	uint64_t queue_bytes, ring_bytes, ring_max, dropped, received;
	double part;   /* sent of the packet at head */
	double client; /* bytes a second that it takes; 0: all */
	double client_owed;
	bool is_mtu; /* no packet is larger: captured behind a network card */

	/* The way of a loop: write -> buffer -> bandwidth -> delay -> packets. */
	bool is_loop;
	int copies;
	uint32_t snaplen;
	double bandwidth, buffered, buffer_max, budget;
	uint64_t delay_ns, jitter_ns;
	struct {
		uint64_t at_ns;
		double bytes;
	} line[DELAY_LINE];
	uint32_t line_head, line_tail;

	uint32_t n_loads;
	struct load loads[FLOWS_MAX];

	uint32_t tests;
	uint64_t held_ns, longest_ns, holding_ns;
	int best; /* score */
	enum loopguard_verdict verdict;
};

static double
uniform(struct world *w, double from, double to)
{
	return from + (to - from) * (double)rng_below(&w->rng, 1u << 30) / (1u << 30);
}

static double
power(double base, double exponent)
{
	double result = 1;

	for (; exponent >= 1; exponent--)
		result *= base;
	return result * (1 + (base - 1) * exponent); /* linear between is random enough */
}

/* from, times 10 to some power, up to to. */
static double
scaled(struct world *w, double from, double decades)
{
	return from * power(10, uniform(w, 0, decades));
}

static void
capture(struct world *w, uint16_t flow, uint16_t port, double bytes, uint64_t time_ns)
{
	struct packet *p = &w->packets[w->tail % PACKETS];
	uint32_t n = (uint32_t)bytes;
	uint32_t cap = n < w->snaplen ? n : w->snaplen;

	w->received++;
	if (w->ring_bytes + cap > w->ring_max || w->tail - w->head == PACKETS) {
		w->dropped++;
		return;
	}
	*p = (struct packet){time_ns, cap, n, flow, port};
	w->ring_bytes += cap;
	w->tail++;
}

/* What TCP sends at once: a millisecond's worth, two segments at least. */
static double
segment(const struct world *w, double bytes)
{
	double ms = bytes * (double)MS / (double)w->step_ns;

	if (w->is_mtu)
		return 1448;
	return ms < 2896 ? 2896 : ms < GSO ? ms : GSO;
}

/* Bytes of one flow in packets; answers by bare acknowledgements. */
static void
emit(struct world *w, uint16_t flow, uint16_t port, double bytes, uint64_t at_ns)
{
	double mss = segment(w, bytes);
	int copies = flow == LOOP_FLOW && w->is_loop ? w->copies : 1;

	while (bytes > 0) {
		double n = bytes < mss ? bytes : mss;

		for (int i = 0; i < copies; i++)
			capture(w, flow, port, n + 52 + LINK,
				at_ns + (uint64_t)i * 10 * US);
		bytes -= n;
	}
	for (int i = 0; i < copies; i++)
		capture(w, flow, port, 52 + LINK, at_ns + 200 * US);
}

/* Packets of one size, without answers. */
static void
emit_plain(struct world *w, uint16_t flow, struct load *l, uint64_t at_ns)
{
	uint64_t n = (uint64_t)(l->owed / l->packet);

	for (uint64_t i = 0; i < n; i++)
		capture(w, flow, l->port, l->packet + LINK, at_ns + i * w->step_ns / n);
	l->owed -= (double)n * l->packet;
}

static void
run_load(struct world *w, uint16_t i)
{
	struct load *l = &w->loads[i];
	double dt = (double)w->step_ns / S;
	uint64_t at_ns = REAL_0 + w->t_ns;

	if (w->t_ns >= l->next_ns) {
		uint64_t n;

		l->is_on = !l->is_on || l->kind == STEADY || l->kind == CHURN;
		n = l->is_on ? l->on_ns : l->off_ns;
		if (l->kind == RANDOM_ON_OFF || l->kind == CHURN)
			n = (uint64_t)((double)n * uniform(w, 0.02, 2));
		if (l->kind == CHURN)
			l->port++;
		if (l->kind == LIMITED && l->is_on)
			emit(w, i, l->port, l->rate * (double)(l->on_ns + l->off_ns) / S,
			     at_ns);
		l->next_ns = w->t_ns + n + 1;
	}
	if (!l->is_on || l->kind == LIMITED)
		return;
	l->owed += l->rate * dt;
	if (l->packet > 0) {
		emit_plain(w, i, l, at_ns);
		return;
	}
	if (l->owed < 200)
		return;
	emit(w, i, l->port, l->owed,
	     at_ns + rng_below(&w->rng, w->step_ns > 1000 ? w->step_ns / 2 : 1));
	l->owed = 0;
}

/* What was written earlier becomes packets. */
static void
run_line(struct world *w)
{
	double most = w->bandwidth * (double)w->step_ns / S;

	w->budget = w->budget + most < most + 1448 ? w->budget + most : most + 1448;
	while (w->line_head != w->line_tail) {
		uint32_t i = w->line_head % DELAY_LINE;
		double n = w->line[i].bytes;

		if (w->line[i].at_ns > w->t_ns || (w->budget < n && w->budget < 1448))
			return;
		n = n < w->budget ? n : w->budget;
		emit(w, LOOP_FLOW, 1, n * 1.003 + 29,
		     REAL_0 + w->t_ns + rng_below(&w->rng, w->jitter_ns + 1));
		w->budget -= n;
		w->buffered -= n;
		w->line[i].bytes -= n;
		if (w->line[i].bytes < 1)
			w->line_head++;
	}
}

static void
give_packet(struct world *w, const struct packet *p)
{
	struct savefile_record r = {
	    .time_ns = p->time_ns, .caplen = p->caplen, .origlen = p->origlen};
	uint8_t data[LINK + 24] = {8, [LINK] = 0x45, [LINK + 9] = 6};
	uint8_t *ip = data + LINK;

	memcpy(ip + 12, (uint8_t[8]){10, 0, 0, 1, 10, 0, 0, 2}, 8);
	ip[20] = (uint8_t)(p->flow + 1);
	ip[22] = (uint8_t)(p->port >> 8);
	ip[23] = (uint8_t)p->port;
	loopguard_packet(&w->g, &r, data);
}

/* Ring to queue. Returns whether there is room left. */
static bool
read_ring(struct world *w)
{
	uint64_t now_ns = REAL_0 + w->t_ns;

	while (w->unseen != w->tail) {
		struct packet *p = &w->packets[w->unseen % PACKETS];

		if (w->queue_bytes >= QUEUE_MAX)
			return false;
		if (p->time_ns + BLOCK_NS > now_ns && w->ring_bytes < 512 * 1024)
			break;
		give_packet(w, p);
		w->ring_bytes -= p->caplen;
		w->queue_bytes += p->caplen + RECORD;
		w->unseen++;
	}
	if (w->queue_bytes >= QUEUE_MAX)
		return false;
	loopguard_seen(&w->g, now_ns - 25 * MS);
	return true;
}

static void
write_queue(struct world *w)
{
	uint64_t n = w->queue_bytes;

	if (n > loopguard_allowance(&w->g))
		n = loopguard_allowance(&w->g);
	if (w->is_loop && (double)n > w->buffer_max - w->buffered)
		n = w->buffer_max > w->buffered ? (uint64_t)(w->buffer_max - w->buffered)
						: 0;
	if (w->client > 0 && (double)n > w->client_owed)
		n = (uint64_t)w->client_owed;
	if (n == 0)
		return;
	w->client_owed -= w->client > 0 ? (double)n : 0;
	loopguard_sent(&w->g, n, REAL_0 + w->t_ns);
	w->queue_bytes -= n;
	w->sent += n;
	for (w->part += (double)n; w->head != w->unseen; w->head++) {
		double size = w->packets[w->head % PACKETS].caplen + RECORD;

		if (w->part < size)
			break;
		w->part -= size;
	}
	if (w->is_loop && w->line_tail - w->line_head < DELAY_LINE) {
		uint32_t i = w->line_tail++ % DELAY_LINE;

		w->line[i].at_ns = w->t_ns + w->delay_ns;
		w->line[i].bytes = (double)n;
		w->buffered += (double)n;
	}
}

static void
note(struct world *w)
{
	bool is_held = w->verdict == LOOPGUARD_HOLD;

	for (uint32_t i = 0; is_held && i < w->g.test.n_suspects; i++)
		if (w->g.test.suspects[i].score > w->best)
			w->best = w->g.test.suspects[i].score;
	if (is_held && w->holding_ns == 0)
		w->tests++;
	w->holding_ns = is_held ? w->holding_ns + w->step_ns : 0;
	w->held_ns += is_held ? w->step_ns : 0;
	if (w->holding_ns > w->longest_ns)
		w->longest_ns = w->holding_ns;
}

/* One turn of the event loop. Returns whether there is more to do at once. */
static bool
turn_once(struct world *w)
{
	uint64_t queued;
	bool has_room = read_ring(w);
	struct looptest_now now = {.now_ns = MONO_0 + w->t_ns,
				   .real_ns = REAL_0 + w->t_ns,
				   .received = w->received,
				   .dropped = w->dropped,
				   .has_room = has_room};

	queued = w->queue_bytes;
	w->verdict = loopguard_step(&w->g, &now);
	write_queue(w);
	return !has_room && w->queue_bytes < queued;
}

/* What the network does in one step of time, and the worker. */
static void
turn(struct world *w)
{
	for (uint16_t i = w->is_loop ? 1 : 0; i < w->n_loads; i++)
		run_load(w, i);
	run_line(w);
	w->client_owed += w->client * (double)w->step_ns / S;
	if (w->client_owed > 262144 + w->client * (double)w->step_ns / S)
		w->client_owed = 262144;
	while (turn_once(w))
		;
	note(w);
	w->t_ns += w->step_ns;
}

static struct world *
world_new(uint64_t seed)
{
	struct world *w = calloc(1, sizeof(*w));

	w->rng = seed | 1;
	w->snaplen = 262144;
	w->ring_max = 16u * 1024 * 1024;
	w->step_ns = MS;
	w->bandwidth = 1e9;
	w->buffer_max = 1e9;
	loopguard_init(&w->g, SAVEFILE_LINKTYPE_SLL2, rng_next(&w->rng));
	return w;
}

static void
draw_load(struct world *w, struct load *l, enum kind kind, double rate)
{
	*l = (struct load){.kind = kind, .rate = rate, .port = 7};
	l->on_ns = (uint64_t)scaled(w, MS, 3.3);
	l->off_ns = (uint64_t)scaled(w, MS, 3.3);
	if (kind == LIMITED) {
		l->off_ns =
		    (uint64_t)(rng_below(&w->rng, 2) ? 200e6 : uniform(w, 50e6, 600e6));
		l->on_ns = 1;
	}
	if (kind == CHURN)
		l->on_ns = (uint64_t)scaled(w, 50e6, 2);
	l->next_ns = rng_below(&w->rng, S);
}

static void
show(const struct world *w, const char *what)
{
	if (getenv("LOOPGUARD_VERBOSE") == NULL)
		return;
	fprintf(
	    stderr,
	    "%s: t=%.3f sent=%.0fK verdict=%d tests=%u held=%.0fms longest=%.0fms "
	    "dropped=%llu best=%d mtu=%d kind=%d rate=%.0f on=%.1f off=%.1f copies=%d bw=%.0f "
	    "delay=%.2f jitter=%.2f buffer=%.0fK loads=%u\n",
	    what, (double)w->t_ns / S, (double)w->sent / 1024, w->verdict, w->tests,
	    (double)w->held_ns / MS, (double)w->longest_ns / MS,
	    (unsigned long long)w->dropped, w->best, w->is_mtu,
	    w->n_loads ? (int)w->loads[w->is_loop].kind : -1,
	    w->n_loads ? w->loads[w->is_loop].rate : 0,
	    (double)w->loads[w->is_loop].on_ns / MS,
	    (double)w->loads[w->is_loop].off_ns / MS, w->copies, w->bandwidth,
	    (double)w->delay_ns / MS, (double)w->jitter_ns / MS, w->buffer_max / 1024,
	    w->n_loads);
}

static int
runs(int n)
{
	const char *times = getenv("LOOPGUARD_RUNS");

	return times != NULL ? n * atoi(times) : n;
}

/* ---- loops ---- */

/*
 * What is found: one copy, sent in large packets, fast and near. Not covered, because the
 * gate lets them pass or opens when buffers and ring are full already and the test cannot
 * tell any more: slow loops, those of small packets, several copies, long ways.
 */
static void
draw_loop(struct world *w)
{
	w->is_loop = true;
	w->step_ns = 250 * US;
	w->copies = 1;
	w->bandwidth = scaled(w, 3e7, 1.82);
	w->delay_ns = (uint64_t)scaled(w, 1e5, 2);
	w->jitter_ns = (uint64_t)((double)w->delay_ns * uniform(w, 0, 0.2));
	w->buffer_max = scaled(w, 65536, 2);
}

static void
run_loop(struct world *w)
{
	uint64_t since_ns = 0;

	capture(w, 3, 1, 100, REAL_0); /* the one packet that starts it */
	while (w->verdict != LOOPGUARD_LOOP && w->t_ns < 20ull * S) {
		turn(w);
		if (since_ns == 0 && w->sent > 0)
			since_ns = w->t_ns;
	}
}

static void
check_loop(struct world *w, uint64_t seed, double s_max)
{
	char words[FLOW_TEXT_MAX];
	struct text t;

	show(w, "loop");
	if (w->verdict != LOOPGUARD_LOOP || w->t_ns > (uint64_t)(s_max * S) ||
	    w->sent > 64u * 1024 * 1024)
		fail_msg("seed %llu: loop: verdict %d after %.3f s, %llu bytes",
			 (unsigned long long)seed, w->verdict, (double)w->t_ns / S,
			 (unsigned long long)w->sent);
	text_init(&t, words, sizeof(words));
	loopguard_flow(&w->g, &t);
	assert_string_equal(text_cstr(&t), "10.0.0.1:256 <-> 10.0.0.2:1");
}

static void
test_loops(void **state)
{
	uint64_t rng = rng_seed("loopguard loops");

	(void)state;
	for (int i = 0; i < runs(25); i++) {
		uint64_t seed = rng_next(&rng);
		struct world *w = world_new(seed);

		draw_loop(w);
		run_loop(w);
		check_loop(w, seed, 5);
		free(w);
	}
}

/* ---- honest loads ---- */

static void
run_honest(struct world *w, uint64_t until_ns)
{
	while (w->verdict != LOOPGUARD_LOOP && w->t_ns < until_ns) {
		w->step_ns = w->verdict == LOOPGUARD_HOLD ? MS : 20 * MS;
		turn(w);
	}
}

static void
test_honest(void **state)
{
	uint64_t rng = rng_seed("loopguard honest");

	(void)state;
	for (int i = 0; i < runs(12); i++) {
		uint64_t seed = rng_next(&rng);
		struct world *w = world_new(seed);

		w->n_loads =
		    1 + (uint32_t)(rng_below(&w->rng, 2) * rng_below(&w->rng, 30));
		for (uint32_t k = 0; k < w->n_loads; k++)
			draw_load(w, &w->loads[k], (enum kind)rng_below(&w->rng, KINDS),
				  scaled(w, 1e4, 5.3 - (w->n_loads > 1)));
		run_honest(w, 1200ull * S);
		show(w, "honest");
		if (w->verdict == LOOPGUARD_LOOP)
			fail_msg("seed %llu: honest load ended after %.3f s",
				 (unsigned long long)seed, (double)w->t_ns / S);
		free(w);
	}
}

/* Bursts at the pace of the rounds: only the random length of a hold tells them apart. */
static void
test_regular(void **state)
{
	uint64_t rng = rng_seed("loopguard regular");

	(void)state;
	for (uint64_t ms = 100; ms < 500; ms += 2) {
		struct world *w = world_new(rng_next(&rng));

		w->n_loads = 1;
		draw_load(w, &w->loads[0], LIMITED, 100000);
		w->loads[0].off_ns = ms * MS;
		while (w->verdict != LOOPGUARD_LOOP && w->t_ns < 30ull * S) {
			w->step_ns = MS;
			turn(w);
		}
		if (w->verdict == LOOPGUARD_LOOP)
			fail_msg("period %d ms: honest load ended", (int)ms);
		free(w);
	}
}

/* Nothing sent, nothing held; and a steady load of many flows is not held either. */
static void
test_no_hold(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	run_honest(w, 60ull * S);
	assert_int_equal(w->tests, 0);
	assert_true(loopguard_deadline_ns(&w->g) == UINT64_MAX);
	w->n_loads = FLOWS_MAX;
	for (uint32_t k = 0; k < w->n_loads; k++)
		draw_load(w, &w->loads[k], STEADY, 1e6);
	run_honest(w, 120ull * S);
	assert_int_equal(w->tests, 0);
	assert_true(w->sent > 1e9);
	free(w);
}

/* One flow of packets of one size, answered or not, never holds anything. */
static void
check_never_held(struct world *w, double packet, double rate, double seconds)
{
	w->n_loads = 1;
	draw_load(w, &w->loads[0], STEADY, rate);
	w->loads[0].packet = packet;
	w->loads[0].next_ns = w->t_ns + rng_below(&w->rng, 200 * MS);
	w->is_mtu = true;
	while (w->t_ns < (uint64_t)(seconds * S) && w->g.holds == 0)
		turn(w);
	show(w, "single");
	if (w->g.holds > 0)
		fail_msg("%.0f bytes, %.0f bytes/s: held after %.3f s", packet, rate,
			 (double)w->t_ns / S);
	free(w);
}

static void
test_single_flow(void **state)
{
	static const double sizes[] = {0, 60, 100, 200, 576, 1000, 1400, 1500};
	uint64_t rng = rng_seed("loopguard single");

	(void)state;
	for (int k = 0; k < runs(1); k++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			for (double rate = 1e3; rate < 6e8; rate *= 3.7) {
				/* the number of packets bounds the time */
				double n = rate / (sizes[i] > 0 ? sizes[i] : 1500);

				check_never_held(world_new(rng_next(&rng)), sizes[i],
						 rate, n > 3000 ? 30000 / n : 10);
			}
}

/* Large packets look like a loop's: few holds, and no end. */
static void
test_large_packets(void **state)
{
	uint64_t rng = rng_seed("loopguard large");
	uint32_t most = 0;

	(void)state;
	for (int i = 0; i < runs(5); i++) {
		struct world *w = world_new(rng_next(&rng));
		enum kind kind = (enum kind)(i % KINDS);

		w->n_loads = 1;
		draw_load(w, &w->loads[0], kind, scaled(w, 1e6, 2));
		run_honest(w, 1200ull * S);
		show(w, "large");
		assert_int_not_equal(w->verdict, LOOPGUARD_LOOP);
		most = w->g.holds > most ? w->g.holds : most;
		free(w);
	}
	if (most > 6)
		fail_msg("%u holds in 20 minutes", most);
}

/* A client too slow for the traffic: packets are lost, but the capture goes on. */
static void
test_slow_client(void **state)
{
	uint64_t rng = rng_seed("loopguard slow client");

	(void)state;
	for (int i = 0; i < runs(5); i++) {
		struct world *w = world_new(rng_next(&rng));

		w->n_loads = 1;
		w->is_mtu = i % 2;
		draw_load(w, &w->loads[0], (enum kind)(i % KINDS), scaled(w, 2e6, 1));
		w->client = w->loads[0].rate * uniform(w, 0.2, 0.95);
		while (w->verdict != LOOPGUARD_LOOP && w->t_ns < 60ull * S)
			turn(w);
		show(w, "slow");
		assert_int_not_equal(w->verdict, LOOPGUARD_LOOP);
		assert_true(w->g.holds <= 6);
		free(w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_loops),	cmocka_unit_test(test_honest),
	    cmocka_unit_test(test_regular),	cmocka_unit_test(test_no_hold),
	    cmocka_unit_test(test_single_flow), cmocka_unit_test(test_large_packets),
	    cmocka_unit_test(test_slow_client),
	};

	return cmocka_run_group_tests_name("worker/loopguard", tests, NULL, NULL);
}
