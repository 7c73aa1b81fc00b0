/*
 * The loop detector against simulated captures: loops end within their bounds, honest loads
 * never do, and wait for moments only. The model is the rest of the worker (ring, queue,
 * event loop) and the network, in simulated time; LOOPGUARD_RUNS multiplies the number of
 * runs, LOOPGUARD_VERBOSE shows each.
 */
#include "worker/capture/loop/loopguard.h"
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
#define QUEUE_MAX  (512u * 1024)
#define PACKETS	   131072u    /* in ring and queue; a power of two */
#define BLOCK_NS   (10u * MS) /* until the kernel shows a packet */
#define MARGIN_NS  (12u * MS)
#define RECORD	   28	/* bytes in the stream beside a packet's own */
#define SLOT	   128	/* bytes in the ring beside a packet's own */
#define LINK	   20	/* the link header, SLL2 */
#define SEGMENT	   1448 /* of TCP in Ethernet frames */
#define GSO	   65000u
#define FLOWS_MAX  40
#define LOOP_FLOW  0
#define LINE	   65536u
#define CWND_FIRST 14480.0
#define LATE_NS	   (150ull * MS) /* the merge waits for 200 ms by default */

enum kind {
	STEADY,
	RANDOM_ON_OFF, /* 1 ms to 2 s */
	STALLING,      /* regular */
	LIMITED,       /* all bytes of a period at its start */
	DISTURBED,     /* bursts at random times, later while the worker writes */
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
	uint32_t bytes;
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
	uint64_t queue_bytes, ring_bytes, ring_max, dropped, let_go;
	double part;   /* sent of the packet at head */
	double client; /* bytes a second that it takes; 0: all */
	double client_owed;
	bool is_mtu; /* no packet is larger: captured behind a network card */
	uint64_t disturbance_ns, disturbed_ns;

	/* The way of a loop: write -> buffer -> window, bandwidth -> delay -> packets. */
	bool is_loop;
	int copies;
	double bandwidth, buffered, buffer_max, budget;
	uint64_t delay_ns, jitter_ns, rtt_ns, window_ns;
	double cwnd, flight;
	struct {
		uint64_t at_ns;
		double bytes;
	} line[LINE];
	uint32_t line_head, line_tail;

	uint32_t n_loads;
	struct load loads[FLOWS_MAX];

	uint64_t held_ns, latency_ns; /* longest time of a packet before it was sent */
	double best;		      /* evidence */
	enum loopguard_verdict verdict;
};

static double
uniform(struct world *w, double from, double to)
{
	return from + (to - from) * (double)rng_below(&w->rng, 1u << 30) / (1u << 30);
}

/* from, times 10 to some power, up to decades. */
static double
scaled(struct world *w, double from, double decades)
{
	double exponent = uniform(w, 0, decades);

	for (; exponent >= 1; exponent--)
		from *= 10;
	return from * (1 + 9 * exponent); /* linear between is random enough */
}

static void
capture(struct world *w, uint16_t flow, uint16_t port, double bytes, uint64_t time_ns)
{
	uint32_t n = (uint32_t)bytes;

	if (w->ring_bytes + n + SLOT > w->ring_max || w->tail - w->head == PACKETS) {
		w->dropped++;
		return;
	}
	w->packets[w->tail % PACKETS] = (struct packet){time_ns, n, flow, port};
	w->ring_bytes += n + SLOT;
	w->tail++;
}

/* What TCP sends at once: a millisecond's worth, two segments at least. */
static double
segment(const struct world *w, double bytes)
{
	double ms = bytes * (double)MS / (double)w->step_ns;

	if (w->is_mtu)
		return SEGMENT;
	return ms < 2 * SEGMENT ? 2 * SEGMENT : ms < GSO ? ms : GSO;
}

/* Bytes of one flow in packets, and one acknowledgement for two of them. */
static void
emit(struct world *w, uint16_t flow, uint16_t port, double bytes, uint64_t at_ns)
{
	double mss = segment(w, bytes);
	int copies = flow == LOOP_FLOW && w->is_loop ? w->copies : 1;

	for (int k = 0; bytes > 0; k++) {
		double n = bytes < mss ? bytes : mss;

		bytes -= n;
		for (int i = 0; i < copies; i++)
			capture(w, flow, port, n + 52 + LINK,
				at_ns + (uint64_t)i * 10 * US);
		for (int i = 0; i < copies && (k % 2 == 1 || bytes <= 0); i++)
			capture(w, flow, port, 52 + LINK, at_ns + 200 * US);
	}
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
change_load(struct world *w, uint16_t i, uint64_t at_ns)
{
	struct load *l = &w->loads[i];
	bool is_burst = l->kind == LIMITED || l->kind == DISTURBED;
	uint64_t n;

	if (is_burst && REAL_0 + w->disturbed_ns > at_ns)
		at_ns = REAL_0 + w->disturbed_ns;
	l->is_on = !l->is_on || is_burst || l->kind == STEADY || l->kind == CHURN;
	n = l->is_on ? l->on_ns : l->off_ns;
	if (l->kind == RANDOM_ON_OFF || l->kind == CHURN || l->kind == DISTURBED)
		n = (uint64_t)((double)n * uniform(w, 0.02, 2));
	if (l->kind == CHURN)
		l->port++;
	if (is_burst)
		emit(w, i, l->port, l->rate * (double)l->on_ns / S, at_ns);
	l->next_ns = (w->t_ns > l->next_ns + S ? w->t_ns : l->next_ns) + n + 1;
}

static void
run_load(struct world *w, uint16_t i)
{
	struct load *l = &w->loads[i];
	uint64_t at_ns = REAL_0 + w->t_ns;

	while (w->t_ns + w->step_ns > l->next_ns)
		change_load(w, i, l->next_ns > w->t_ns ? REAL_0 + l->next_ns : at_ns);
	if (!l->is_on || l->kind == LIMITED || l->kind == DISTURBED)
		return;
	l->owed += l->rate * (double)w->step_ns / S;
	if (l->kind == STEADY && w->t_ns < w->disturbed_ns)
		return;
	if (l->packet > 0) {
		emit_plain(w, i, l, at_ns);
		return;
	}
	if (l->owed < 200)
		return;
	emit(w, i, l->port, l->owed, at_ns + rng_below(&w->rng, w->step_ns / 2));
	l->owed = 0;
}

/* A window opens and closes once in a round trip. */
static double
window_left(struct world *w)
{
	if (w->t_ns >= w->window_ns) {
		w->window_ns = w->t_ns + w->rtt_ns;
		if (w->flight >= w->cwnd && w->cwnd < 4e6)
			w->cwnd *= 2;
		w->flight = 0;
	}
	return w->cwnd > w->flight ? w->cwnd - w->flight : 0;
}

/* What was written earlier becomes packets. */
static void
run_line(struct world *w)
{
	double most = w->bandwidth * (double)w->step_ns / S;

	w->budget += most;
	if (w->budget > most + SEGMENT)
		w->budget = most + SEGMENT;
	while (w->line_head != w->line_tail) {
		uint32_t i = w->line_head % LINE;
		double n = w->line[i].bytes;
		double left = window_left(w);

		if (w->line[i].at_ns > w->t_ns || left < 1 ||
		    (w->budget < n && w->budget < SEGMENT))
			return;
		n = n < w->budget ? n : w->budget;
		n = n < left ? n : left;
		emit(w, LOOP_FLOW, 1, n * 1.003 + 29,
		     REAL_0 + w->t_ns + rng_below(&w->rng, w->jitter_ns + 1));
		w->budget -= n;
		w->flight += n;
		w->buffered -= n;
		w->line[i].bytes -= n;
		if (w->line[i].bytes < 1)
			w->line_head++;
	}
}

static bool
give_packet(struct world *w, const struct packet *p)
{
	struct savefile_record r = {
	    .time_ns = p->time_ns, .caplen = p->bytes, .origlen = p->bytes};
	uint8_t data[LINK + 24] = {8, [LINK] = 0x45, [LINK + 9] = 6};
	uint8_t *ip = data + LINK;

	memcpy(ip + 12, (uint8_t[8]){10, 0, 0, 1, 10, 0, 0, 2}, 8);
	ip[20] = (uint8_t)(p->flow + 1);
	ip[22] = (uint8_t)(p->port >> 8);
	ip[23] = (uint8_t)p->port;
	return loopguard_packet(&w->g, &r, data);
}

/* Ring to queue. Returns whether the ring is empty. */
static bool
read_ring(struct world *w)
{
	uint64_t now_ns = REAL_0 + w->t_ns;

	while (w->unseen != w->tail) {
		struct packet *p = &w->packets[w->unseen % PACKETS];
		bool has_room = w->queue_bytes < QUEUE_MAX;
		bool is_in;

		if (!has_room && !loopguard_may_drop(&w->g))
			return false;
		if (p->time_ns + BLOCK_NS > now_ns && w->ring_bytes < 512 * 1024)
			break;
		is_in = give_packet(w, p);
		w->ring_bytes -= p->bytes + SLOT;
		w->unseen++;
		if (!is_in) {
			p->bytes = 0;
		} else if (has_room) {
			w->queue_bytes += p->bytes + RECORD;
		} else {
			w->let_go++;
			p->bytes = 0; /* and leaves with the ones before it */
		}
	}
	loopguard_seen(&w->g, now_ns - MARGIN_NS);
	return true;
}

static double
least(double a, double b)
{
	return a < b ? a : b;
}

static void
write_queue(struct world *w)
{
	double n = least((double)w->queue_bytes, (double)loopguard_allowance(&w->g));

	if (w->is_loop)
		n = least(n,
			  w->buffer_max > w->buffered ? w->buffer_max - w->buffered : 0);
	if (w->client > 0)
		n = least(n, w->client_owed);
	if (n < 1 || (w->is_loop && w->line_tail - w->line_head == LINE))
		return;
	n = (double)(uint64_t)n;
	w->client_owed -= w->client > 0 ? n : 0;
	w->disturbed_ns = w->t_ns + w->disturbance_ns;
	loopguard_sent(&w->g, (size_t)n);
	w->queue_bytes -= (uint64_t)n;
	w->sent += (uint64_t)n;
	for (w->part += n; w->head != w->unseen; w->head++) {
		const struct packet *p = &w->packets[w->head % PACKETS];
		uint64_t now_ns = REAL_0 + w->t_ns;
		uint64_t age_ns = now_ns > p->time_ns ? now_ns - p->time_ns : 0;

		if (p->bytes > 0 && w->part < p->bytes + RECORD)
			break;
		w->part -= p->bytes > 0 ? p->bytes + RECORD : 0;
		if (w->g.verdict == LOOPGUARD_TEST && p->bytes > 0 &&
		    age_ns > w->latency_ns)
			w->latency_ns = age_ns;
	}
	if (!w->is_loop)
		return;
	w->line[w->line_tail % LINE].at_ns = w->t_ns + w->delay_ns;
	w->line[w->line_tail++ % LINE].bytes = n;
	w->buffered += n;
}

static void
note(struct world *w)
{
	bool is_tested = w->verdict == LOOPGUARD_TEST;

	for (uint32_t i = 0; is_tested && i < w->g.test.n_suspects; i++)
		if (w->g.test.suspects[i].evidence > w->best)
			w->best = w->g.test.suspects[i].evidence;
	w->held_ns += is_tested ? w->step_ns : 0;
}

/* One turn of the event loop. Returns whether there is more to do at once. */
static bool
turn_once(struct world *w)
{
	uint64_t queued;
	struct looptest_now now = {.now_ns = MONO_0 + w->t_ns,
				   .real_ns = REAL_0 + w->t_ns,
				   .is_empty = read_ring(w)};

	now.dropped = w->dropped;

	queued = w->queue_bytes;
	now.queued = queued;
	now.is_pressed = !now.is_empty && w->ring_bytes > w->ring_max / 4;
	w->verdict = loopguard_step(&w->g, &now);
	write_queue(w);
	return w->queue_bytes < queued;
}

/* What the network does in one step of time, and the worker. */
static void
turn(struct world *w)
{
	for (uint16_t i = w->is_loop ? 1 : 0; i < w->n_loads; i++)
		run_load(w, i);
	run_line(w);
	w->client_owed += w->client * (double)w->step_ns / S;
	w->client_owed =
	    least(w->client_owed, 262144 + w->client * (double)w->step_ns / S);
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
	w->ring_max = 16u * 1024 * 1024;
	w->step_ns = MS;
	w->bandwidth = 1e9;
	w->buffer_max = 1e9;
	w->cwnd = CWND_FIRST;
	loopguard_init(&w->g, SAVEFILE_LINKTYPE_SLL2, rng_next(&w->rng));
	return w;
}

static void
draw_load(struct world *w, struct load *l, enum kind kind, double rate)
{
	static const uint64_t periods_ms[] = {10, 20, 33, 40, 50, 100, 200};

	*l = (struct load){.kind = kind, .rate = rate, .port = 7};
	l->on_ns = (uint64_t)scaled(w, MS, 3.3);
	l->off_ns = (uint64_t)scaled(w, MS, 3.3);
	if (kind == LIMITED)
		l->on_ns = rng_below(&w->rng, 2) ? MS * periods_ms[rng_below(&w->rng, 7)]
						 : (uint64_t)uniform(w, 5e6, 600e6);
	if (kind == DISTURBED)
		l->on_ns = (uint64_t)uniform(w, 5e6, 150e6);
	if (kind == CHURN)
		l->on_ns = (uint64_t)scaled(w, 50e6, 2);
	l->next_ns = rng_below(&w->rng, S);
}

static void
show(const struct world *w, const char *what)
{
	const struct load *l = &w->loads[w->is_loop];

	if (getenv("LOOPGUARD_VERBOSE") == NULL)
		return;
	fprintf(stderr,
		"%s: t=%.3f sent=%.0fK verdict=%d tests=%u held=%.0fms latency=%.0fms "
		"dropped=%llu let_go=%llu best=%.3g mtu=%d kind=%d rate=%.0f on=%.1f "
		"off=%.1f copies=%d bw=%.0f delay=%.2f jitter=%.2f rtt=%.1f buffer=%.0fK "
		"client=%.0f loads=%u\n",
		what, (double)w->t_ns / S, (double)w->sent / 1024, w->verdict, w->g.tests,
		(double)w->held_ns / MS, (double)w->latency_ns / MS,
		(unsigned long long)w->dropped, (unsigned long long)w->let_go, w->best,
		w->is_mtu, w->n_loads ? (int)l->kind : -1, w->n_loads ? l->rate : 0,
		(double)l->on_ns / MS, (double)l->off_ns / MS, w->copies, w->bandwidth,
		(double)w->delay_ns / MS, (double)w->jitter_ns / MS,
		(double)w->rtt_ns / MS, w->buffer_max / 1024, w->client, w->n_loads);
}

static int
runs(int n)
{
	const char *times = getenv("LOOPGUARD_RUNS");

	return times != NULL ? n * atoi(times) : n;
}

/* ---- loops ---- */

/* Near or far, narrow or wide, seen once or on several interfaces, alone or not. */
static void
draw_loop(struct world *w)
{
	w->is_loop = true;
	w->step_ns = 250 * US;
	w->copies = 1 + (int)rng_below(&w->rng, 6) * (int)rng_below(&w->rng, 2);
	w->is_mtu = rng_below(&w->rng, 2);
	w->bandwidth = scaled(w, 1.25e6, 2.9);
	w->delay_ns = (uint64_t)scaled(w, 1e5, 2.6);
	w->jitter_ns = (uint64_t)least((double)w->delay_ns * uniform(w, 0, 0.2), 3e6);
	w->rtt_ns = (uint64_t)scaled(w, 1e5, 2.6);
	w->buffer_max = scaled(w, 65536, 2);
	if (rng_below(&w->rng, 3) == 0)
		w->n_loads = 2 + (uint32_t)rng_below(&w->rng, 3);
	for (uint32_t k = 1; k < w->n_loads; k++)
		draw_load(w, &w->loads[k], (enum kind)rng_below(&w->rng, KINDS),
			  scaled(w, 1e4, least(2.5, 2 + (w->bandwidth > 1e7))));
}

static void
run_loop(struct world *w)
{
	capture(w, 3, 1, 100, REAL_0); /* the one packet that starts it */
	while (w->g.left.n == 0 && w->t_ns < 20ull * S)
		turn(w);
}

static bool
is_in_bounds(struct world *w)
{
	char words[FLOW_TEXT_MAX];
	struct text t;

	show(w, "loop");
	if (w->g.left.n == 0)
		return false;
	text_init(&t, words, sizeof(words));
	flow_text(&t, &w->g.left.flow[0].flow);
	assert_string_equal(text_cstr(&t), "10.0.0.1:256 <-> 10.0.0.2:1");
	return w->t_ns <= 5ull * S && w->sent <= 64u * 1024 * 1024;
}

static void
loops_end_within_their_bounds(void **state)
{
	uint64_t rng = rng_seed("loopguard loops");
	int n = runs(60);
	int n_found = 0;

	(void)state;
	for (int i = 0; i < n; i++) {
		struct world *w = world_new(rng_next(&rng));

		draw_loop(w);
		run_loop(w);
		n_found += is_in_bounds(w);
		free(w);
	}
	printf("loops in bounds: %d of %d\n", n_found, n);
	assert_true(n_found * 100 >= n * 90);
}

/* ---- honest loads ---- */

struct sums {
	int ended, late, tested, n;
	uint64_t let_go;
};

static void
run_honest(struct world *w, uint64_t until_ns, struct sums *sums)
{
	while (w->g.left.n == 0 && w->t_ns < until_ns) {
		w->step_ns = w->verdict == LOOPGUARD_TEST ? MS : 10 * MS;
		turn(w);
	}
	show(w, "honest");
	sums->n++;
	sums->ended += w->g.left.n > 0;
	sums->late += w->latency_ns > LATE_NS;
	sums->tested += w->g.tests > 0;
	sums->let_go += w->let_go;
	free(w);
}

/* Nobody was left out, and not for want of tests. */
static void
check_none_ended(const struct sums *sums)
{
	printf("honest: %d of %d ended, %d tested, %d late, %llu packets let go\n",
	       sums->ended, sums->n, sums->tested, sums->late,
	       (unsigned long long)sums->let_go);
	assert_int_equal(sums->ended, 0);
	assert_true(sums->tested * 2 > sums->n);
}

static void
check_sums(const struct sums *sums)
{
	check_none_ended(sums);
	assert_true(sums->late * 20 <= sums->n);
}

/* So much was sent before that it may have caused all that comes: only a test can tell that
 * it did not. */
static void
give_cause(struct world *w)
{
	loopguard_sent(&w->g, 1u << 30);
}

static void
honest_loads_are_never_left_out(void **state)
{
	uint64_t rng = rng_seed("loopguard honest");
	struct sums sums = {0};

	(void)state;
	for (int i = 0; i < runs(60); i++) {
		struct world *w = world_new(rng_next(&rng));

		w->n_loads =
		    1 + (uint32_t)(rng_below(&w->rng, 2) * rng_below(&w->rng, 30));
		w->is_mtu = rng_below(&w->rng, 2);
		w->disturbance_ns = (uint64_t)uniform(w, 0, 8e6);
		for (uint32_t k = 0; k < w->n_loads; k++)
			draw_load(w, &w->loads[k], (enum kind)rng_below(&w->rng, KINDS),
				  scaled(w, 1e4, 3.3 - (w->n_loads > 1)));
		run_honest(w, 20ull * S, &sums);
	}
	check_sums(&sums);
}

/* Bursts at the pace of the rounds: only the random length of a hold tells them apart. */
static void
bursts_at_the_pace_of_a_test_are_honest(void **state)
{
	uint64_t rng = rng_seed("loopguard regular");
	struct sums sums = {0};

	(void)state;
	for (uint64_t ms = 10; ms < 300; ms += 2) {
		struct world *w = world_new(rng_next(&rng));

		w->n_loads = 1;
		draw_load(w, &w->loads[0], ms % 4 ? LIMITED : DISTURBED,
			  scaled(w, 5e4, 2));
		w->disturbance_ns = (uint64_t)uniform(w, 0, 8e6);
		w->loads[0].on_ns = ms * MS;
		give_cause(w);
		run_honest(w, 10ull * S, &sums);
	}
	check_sums(&sums);
}

/* Nothing sent, nothing held; and a steady load of many flows is not held either. */
static void
nothing_is_held_where_nothing_is_sent(void **state)
{
	struct world *w = world_new(1);

	(void)state;
	for (int i = 0; i < 6000; i++)
		turn(w);
	assert_int_equal(w->g.tests, 0);
	w->n_loads = FLOWS_MAX;
	for (uint32_t k = 0; k < w->n_loads; k++) {
		draw_load(w, &w->loads[k], STEADY, 1e6);
		w->loads[k].next_ns = 0;
	}
	for (int i = 0; i < 6000; i++)
		turn(w);
	assert_int_equal(w->g.tests, 0);
	assert_true(loopguard_deadline_ns(&w->g) == UINT64_MAX);
	assert_true(w->sent > 1e8);
	free(w);
}

/* What was there before anything was sent is no loop: no hold at the start of a capture. */
static void
what_was_there_before_is_no_loop(void **state)
{
	static const double rates[] = {3e6, 25e6, 100e6};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct world *w = world_new(i + 1);

		w->n_loads = 1;
		draw_load(w, &w->loads[0], STEADY, rates[i]);
		w->loads[0].next_ns = 0;
		w->step_ns = 10 * MS;
		while (w->t_ns < 5ull * S)
			turn(w);
		assert_int_equal(w->g.tests, 0);
		assert_true(w->sent > 10e6);
		free(w);
	}
}

/* A client too slow for the traffic: packets are lost, but the capture goes on. */
static void
a_slow_client_loses_packets_and_no_capture(void **state)
{
	uint64_t rng = rng_seed("loopguard slow client");

	(void)state;
	for (int i = 0; i < runs(8); i++) {
		struct world *w = world_new(rng_next(&rng));

		w->n_loads = 1;
		w->is_mtu = i % 2;
		draw_load(w, &w->loads[0], (enum kind)(i % KINDS), scaled(w, 2e6, 1));
		w->client = w->loads[0].rate * uniform(w, 0.2, 0.95);
		while (w->g.left.n == 0 && w->t_ns < 20ull * S)
			turn(w);
		show(w, "slow");
		assert_int_equal(w->g.left.n, 0);
		free(w);
	}
}

/* ---- after the proof ---- */

/* Runs to a time, in steps as the worker's own. */
static void
run_to(struct world *w, uint64_t until_ns)
{
	while (w->t_ns < until_ns)
		turn(w);
}

/* A near loop that is left out, beside a flow that keeps something to send. */
static struct world *
world_of_a_left_loop(uint64_t seed)
{
	struct world *w = world_new(seed);

	w->is_loop = true;
	w->copies = 1;
	w->delay_ns = w->rtt_ns = MS;
	w->n_loads = 2;
	w->loads[1] = (struct load){
	    .kind = STEADY, .rate = 2e5, .on_ns = S, .port = 7, .next_ns = 2ull * S};
	run_loop(w);
	assert_int_equal(w->g.left.n_out, 1);
	return w;
}

/* Sends that go on bring packets that are left out, and nothing grows. */
static void
what_is_left_out_does_not_grow(void **state)
{
	struct world *w = world_of_a_left_loop(5);
	uint64_t sent, packets;

	(void)state;
	run_to(w, w->t_ns + 3ull * S);
	sent = w->sent;
	packets = w->g.left.flow[0].packets;
	run_to(w, w->t_ns + 10ull * S);
	assert_true(w->sent - sent > 1e6);
	assert_true(w->sent - sent < 6e6);
	assert_true(w->g.left.flow[0].packets > packets + 100);
	assert_true(w->g.left.flow[0].bytes > 1e6);
	free(w);
}

/* Three tests later it is out still; when it follows no more, one is enough. */
static void
a_loop_is_out_until_a_test_says_otherwise(void **state)
{
	struct world *w = world_of_a_left_loop(6);
	uint64_t let_go;

	(void)state;
	let_go = w->let_go;
	for (int i = 0; i < 3; i++) {
		uint64_t again_ns = w->g.left.flow[0].again_ns;

		run_to(w, w->t_ns + 40ull * S);
		assert_true(w->g.left.flow[0].again_ns > again_ns);
		assert_int_equal(w->g.left.n_out, 1);
	}
	assert_int_equal(w->let_go, let_go); /* nothing is lost for it */
	w->copies = 0;			     /* the tunnel is closed */
	run_to(w, w->t_ns + 70ull * S);
	assert_int_equal(w->g.left.n, 1);
	assert_int_equal(w->g.left.n_out, 0);
	assert_false(w->g.left.flow[0].is_out);
	free(w);
}

/* Where nothing is sent nothing is learned. */
static void
silence_proves_nothing(void **state)
{
	struct world *w = world_of_a_left_loop(7);

	(void)state;
	w->loads[1].rate = 0;
	w->copies = 0;
	run_to(w, w->t_ns + 40ull * S);
	assert_int_equal(w->g.left.n_out, 1);
	free(w);
}

/* ---- those that look most like a loop, and are none ---- */

/* One bulk flow as the only traffic, steady or in a burst each round trip of 5 or 50 ms;
 * our writes take the processor from it for some milliseconds. */
static void
a_bulk_flow_is_honest_whatever_its_pauses(void **state)
{
	static const uint64_t trips_ns[] = {0, 5 * MS, 50 * MS};
	uint64_t rng = rng_seed("loopguard bulk");
	struct sums sums = {0};

	(void)state;
	for (int i = 0; i < 10 * 3 * runs(1); i++) {
		struct world *w = world_new(rng_next(&rng));
		uint64_t trip_ns = trips_ns[i % 3];

		w->n_loads = 1;
		w->is_mtu = rng_below(&w->rng, 2);
		w->disturbance_ns = (uint64_t)uniform(w, 0, 8e6);
		draw_load(w, &w->loads[0], trip_ns > 0 ? LIMITED : STEADY,
			  1e4 * (double)(1u << (i / 3 % 10)));
		w->loads[0].on_ns = trip_ns > 0 ? trip_ns : S;
		if (i / 30 % 2 == 0)
			give_cause(w);
		run_honest(w, 10ull * S, &sums);
	}
	check_sums(&sums);
}

/*
 * A sender that knows how we hold, but not what is drawn: its bursts come as a hold takes in
 * the mean, or as far apart as it draws itself. A trickle gives each pulse something to
 * carry. (One that sees the pulses and follows them is a loop.)
 */
static void
run_guesser(struct world *w, double mean_ns)
{
	uint64_t next_ns = 0, trickle_ns = 0;

	w->step_ns = MS;
	while (w->g.left.n == 0 && w->t_ns < 10ull * S) {
		uint64_t at_ns = REAL_0 + w->t_ns;
		uint64_t drawn_ms =
		    LOOPTEST_HOLD_MIN_MS + 1 +
		    rng_below(&w->rng, LOOPTEST_HOLD_MAX_MS - LOOPTEST_HOLD_MIN_MS);

		if (w->t_ns >= next_ns) {
			emit(w, 1, 7, 20000, at_ns);
			next_ns += mean_ns > 0 ? (uint64_t)mean_ns : drawn_ms * MS;
		}
		if (w->t_ns >= trickle_ns) {
			emit(w, 2, 7, 40, at_ns);
			trickle_ns = w->t_ns + 4 * MS;
		}
		turn(w);
	}
}

static void
who_guesses_the_draws_ends_no_capture(void **state)
{
	uint64_t rng = rng_seed("loopguard guesser");
	struct sums sums = {0};

	(void)state;
	for (int i = 0; i < runs(40); i++) {
		struct world *w = world_new(rng_next(&rng));

		give_cause(w);
		run_guesser(w, i % 2 ? uniform(w, 36e6, 40e6) : 0);
		run_honest(w, 0, &sums);
	}
	check_none_ended(&sums);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(loops_end_within_their_bounds),
	    cmocka_unit_test(honest_loads_are_never_left_out),
	    cmocka_unit_test(bursts_at_the_pace_of_a_test_are_honest),
	    cmocka_unit_test(nothing_is_held_where_nothing_is_sent),
	    cmocka_unit_test(what_was_there_before_is_no_loop),
	    cmocka_unit_test(a_slow_client_loses_packets_and_no_capture),
	    cmocka_unit_test(what_is_left_out_does_not_grow),
	    cmocka_unit_test(a_loop_is_out_until_a_test_says_otherwise),
	    cmocka_unit_test(silence_proves_nothing),
	    cmocka_unit_test(a_bulk_flow_is_honest_whatever_its_pauses),
	    cmocka_unit_test(who_guesses_the_draws_ends_no_capture),
	};

	return cmocka_run_group_tests_name("worker/loopguard", tests, NULL, NULL);
}
