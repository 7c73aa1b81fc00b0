/* The other side of the network: what a worker does with requests, packets and time. */
#include "sim/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/stream.h"

#define TICK_NS	    (10 * SIM_MS)
#define BEAT_NS	    (50 * SIM_MS)
#define MARK_AGE_NS (25 * SIM_MS)
#define DISORDER_NS 390000
#define PACKETS_MAX 40000
#define PORT	    8475

struct sim_host sim_hosts[SIM_HOSTS_MAX];
unsigned sim_n_hosts;

/* 192.0.2.N is host N - 1. */
static struct sim_link *
find(const void *address, void **host, int *error)
{
	const struct sockaddr_in *a = address;
	unsigned n = (ntohl(a->sin_addr.s_addr) & 0xff) - 1;

	if (n >= sim_n_hosts || ntohs(a->sin_port) != PORT)
		return NULL;
	*host = &sim_hosts[n];
	*error = sim_now() < sim_hosts[n].refused_ns ? ECONNREFUSED : 0;
	return &sim_hosts[n].link;
}

static bool
has_room(const struct sim_host *h, const struct sim_capture *k)
{
	return k->conn->written - k->conn->sent < h->queue_bytes;
}

static void
put_packet(struct sim_host *h, struct sim_capture *k, struct stream *s, uint64_t number)
{
	uint8_t data[2048];
	size_t n = sim_stream_packet(s, data, h->size, h->number, number);

	k->captured++;
	sim_stream_put_packet(s, !k->is_interface_known, h->stamps[number], data, n);
	k->is_interface_known = true;
}

/* What waits in the ring, as far as there is room. */
static void
drain(struct sim_host *h, struct sim_capture *k, bool is_all)
{
	struct stream s;

	if (!is_all && (k->n_ring == 0 || !has_room(h, k)))
		return;
	sim_stream_begin(&s, h->way);
	for (; k->n_ring > 0 && (is_all || sim_stream_size(&s) < h->queue_bytes);
	     k->n_ring--) {
		put_packet(h, k, &s, k->ring[k->ring_at]);
		k->ring_at = (k->ring_at + 1) % h->ring_max;
	}
	sim_stream_send(&s, k->conn);
}

static void
put_beat(struct sim_host *h, struct sim_capture *k, const char *comment)
{
	uint64_t wall_ns = SIM_WALL_NS + sim_now();
	struct stream s;

	if (k->n_ring == 0)
		k->mark_ns = wall_ns - MARK_AGE_NS;
	if (h->way != SIM_WAY_NG || (k->mark_ns == 0 && !comment))
		return;
	sim_stream_begin(&s, h->way);
	if (comment && k->is_interface_known)
		sim_stream_put_own(&s, k->captured, wall_ns);
	sim_stream_put_statistics(&s, k, comment ? wall_ns : k->mark_ns, comment);
	sim_stream_send(&s, k->conn);
}

static void
end_capture(struct sim_host *h, struct sim_capture *k, const char *comment)
{
	if (!k->is_running)
		return;
	drain(h, k, true);
	k->is_running = false;
	if (!comment)
		return;
	put_beat(h, k, comment);
	sim_send(k->conn, "0\r\n\r\n", 5);
	sim_finish(k->conn);
}

static void
offer(struct sim_host *h, struct sim_capture *k, uint64_t number)
{
	k->offered++;
	if (k->n_ring == h->ring_max)
		k->dropped++;
	else
		k->ring[(k->ring_at + k->n_ring++) % h->ring_max] = number;
}

/* Up to now: the stamps lie in the time since the last look, nearly in order. */
static void
make_packets(struct sim_host *h)
{
	uint64_t since_ns = sim_now() - h->ticked_ns;
	size_t n;

	h->owed += (double)h->rate * (double)since_ns / 1e9;
	if (sim_chance(10))
		h->owed += (double)sim_below(h->rate / 50 + 1);
	n = (size_t)h->owed;
	h->owed -= (double)n;
	for (size_t i = 0; i < n && h->n_packets < PACKETS_MAX; i++) {
		uint64_t at_ns = h->ticked_ns + since_ns * (i + 1) / (n + 1);

		if (sim_chance(3))
			at_ns -= sim_below(DISORDER_NS);
		if (at_ns < h->ticked_ns)
			at_ns = h->ticked_ns;
		h->stamps[h->n_packets] = SIM_WALL_NS + at_ns;
		for (unsigned c = 0; c < h->n_captures; c++)
			if (h->captures[c].is_running)
				offer(h, &h->captures[c], h->n_packets);
		h->n_packets++;
	}
	h->ticked_ns = sim_now();
}

static void
on_tick(void *arg)
{
	struct sim_host *h = arg;
	bool is_beat = sim_now() % BEAT_NS < TICK_NS;

	make_packets(h);
	for (unsigned c = 0; c < h->n_captures; c++) {
		struct sim_capture *k = &h->captures[c];

		if (!k->is_running)
			continue;
		drain(h, k, false);
		if (is_beat && has_room(h, k))
			put_beat(h, k, NULL);
	}
	sim_at(sim_now() - sim_now() % TICK_NS + TICK_NS, on_tick, h);
}

void
sim_worker_start(struct sim_host *h)
{
	h->stamps = malloc(PACKETS_MAX * sizeof(*h->stamps));
	h->ticked_ns = sim_now();
	sim_at(sim_now() + TICK_NS, on_tick, h);
}

static void
answer(struct sim_conn *c, const char *status, const char *type, const char *body)
{
	char mem[1024];
	int n =
	    snprintf(mem, sizeof(mem),
		     "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
		     status, type, strlen(body), body);

	sim_send(c, mem, (size_t)n);
}

static void
answer_problem(struct sim_conn *c, const char *status, const char *type)
{
	char mem[256];

	snprintf(
	    mem, sizeof(mem),
	    "{\"type\":\"%s\",\"title\":\"no\",\"status\":%.3s,\"detail\":\"not now\"}",
	    type, status);
	answer(c, status, "application/problem+json", mem);
}

static void
start_capture(struct sim_host *h, struct sim_conn *c)
{
	struct sim_capture *k = &h->captures[h->n_captures++];
	char head[512];
	struct stream s;
	int n;

	if (h->n_captures == SIM_CAPTURES_MAX)
		sim_fail("too many captures of host %u", h->number + 1);
	make_packets(h); /* those of before are none of it */
	*k = (struct sim_capture){.conn = c, .is_running = true, .first = h->n_packets};
	k->ring = malloc(h->ring_max * sizeof(*k->ring));
	snprintf(k->id, sizeof(k->id), "%016llx%016llx", (unsigned long long)h->number,
		 (unsigned long long)sim_below(UINT64_MAX));
	n = snprintf(head, sizeof(head),
		     "HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%s%s%sConnection: close\r\n"
		     "Transfer-Encoding: chunked\r\n\r\n",
		     h->way == SIM_WAY_NG ? "application/x-pcapng"
					  : "application/vnd.tcpdump.pcap",
		     h->way == SIM_WAY_OLD ? "" : "Ddump-Capture: ",
		     h->way == SIM_WAY_OLD ? "" : k->id,
		     h->way == SIM_WAY_OLD ? "" : "\r\n");
	sim_send(c, head, (size_t)n);
	k->head_at = c->written;
	sim_stream_begin(&s, h->way);
	sim_stream_put_head(&s);
	sim_stream_send(&s, c);
	sim_note("host %u: capture %.33s begins at packet %llu", h->number + 1, k->id,
		 (unsigned long long)k->first);
}

static void
answer_capture(struct sim_host *h, struct sim_conn *c)
{
	if (sim_now() < h->busy_ns)
		answer_problem(c, "503 Service Unavailable", "about:blank");
	else if (sim_now() < h->absent_ns) {
		h->is_refused |= h->n_captures == 0;
		answer_problem(c, "400 Bad Request", "urn:ddump:no-interface");
	} else {
		start_capture(h, c);
		return;
	}
	sim_finish(c);
}

struct count_answer {
	struct sim_conn *conn;
	struct sim_capture *capture;
};

static void
on_counted(void *arg)
{
	struct count_answer *a = arg;
	struct sim_host *h = a->conn->host;
	struct sim_capture *k = a->capture;
	char mem[512];

	/* meanwhile it may have been restarted, or nobody waits any more */
	if (a->conn->end == SIM_END_NONE && a->conn->fd >= 0) {
		make_packets(h);
		end_capture(h, k, "stopped: by request");
		snprintf(mem, sizeof(mem),
			 "{\"state\":\"ended\",\"counts\":\"exact\",\"offered\":%llu,"
			 "\"captured\":%llu,\"dropped_by_kernel\":%llu,\"own_traffic\":0,"
			 "\"own_bytes\":0,\"end\":\"stopped\"}",
			 (unsigned long long)k->offered, (unsigned long long)k->captured,
			 (unsigned long long)k->dropped);
		sim_note("host %u: capture %s is counted: offered %llu captured %llu",
			 h->number + 1, k->id, (unsigned long long)k->offered,
			 (unsigned long long)k->captured);
		answer(a->conn, "200 OK", "application/json", mem);
	} else {
		h->was_tried = true;
	}
	free(a);
}

static void
answer_counts(struct sim_host *h, struct sim_conn *c, const char *id)
{
	struct count_answer *a;

	for (unsigned i = 0; i < h->n_captures && !h->has_no_counts; i++) {
		struct sim_capture *k = &h->captures[i];

		if (k->id[0] == '\0' || strncmp(k->id, id, 32) != 0)
			continue;
		a = malloc(sizeof(*a));
		*a = (struct count_answer){c, k};
		sim_at(sim_now() + sim_below(h->answer_ns + 1), on_counted, a);
		return;
	}
	sim_note("host %u: no counts of %.32s", h->number + 1, id);
	h->was_tried = true;
	answer_problem(c, "404 Not Found", "about:blank");
}

static void
answer_request(struct sim_host *h, struct sim_conn *c, const char *request)
{
	char mem[64];

	if (strncmp(request, "GET /captures/", 14) == 0 && h->way != SIM_WAY_OLD) {
		answer_counts(h, c, request + 14);
	} else if (strncmp(request, "GET /capture", 12) == 0) {
		answer_capture(h, c);
	} else if (strncmp(request, "GET /clock ", 11) == 0 && h->way != SIM_WAY_OLD) {
		snprintf(mem, sizeof(mem), "{\"time_ns\":%llu}",
			 (unsigned long long)(SIM_WALL_NS + sim_now()));
		answer(c, "200 OK", "application/json", mem);
	} else {
		answer_problem(c, "404 Not Found", "about:blank");
	}
}

static void
adopt(struct sim_host *h, struct sim_conn *c)
{
	for (struct sim_conn *one = h->conns; one; one = one->next)
		if (one == c)
			return;
	c->next = h->conns;
	h->conns = c;
}

static void
on_request(struct sim_conn *c)
{
	struct sim_host *h = c->host;
	char *end;

	adopt(h, c);
	for (;;) {
		size_t n;

		end = memmem(c->request, c->n_request, "\r\n\r\n", 4);
		if (!end || sim_now() < h->refused_ns)
			return;
		n = (size_t)((uint8_t *)end + 4 - c->request);
		answer_request(h, c, (const char *)c->request);
		c->n_request -= n;
		memmove(c->request, c->request + n, c->n_request);
	}
}

static void
on_closed(struct sim_conn *c)
{
	struct sim_host *h = c->host;

	if (c->end == SIM_END_NONE)
		c->end = SIM_END_RST;
	for (unsigned i = 0; h && i < h->n_captures; i++)
		if (h->captures[i].conn == c) {
			make_packets(h);
			end_capture(h, &h->captures[i], NULL);
		}
}

static void
on_room(struct sim_conn *c)
{
	struct sim_host *h = c->host;

	for (unsigned i = 0; i < h->n_captures; i++)
		if (h->captures[i].conn == c && h->captures[i].is_running)
			drain(h, &h->captures[i], false);
}

static void
on_unheard(struct sim_conn *c)
{
	((struct sim_host *)c->host)->was_tried = true;
}

const struct sim_hooks sim_worker_hooks = {find, on_request, on_closed, on_room,
					   on_unheard};

struct sim_capture *
sim_worker_running(struct sim_host *h)
{
	for (unsigned i = h->n_captures; i > 0; i--)
		if (h->captures[i - 1].is_running)
			return &h->captures[i - 1];
	return NULL;
}

void
sim_worker_reset(struct sim_host *h, bool is_reset)
{
	for (struct sim_conn *c = h->conns; c; c = c->next)
		sim_cut(c, is_reset);
	make_packets(h);
	for (unsigned i = 0; i < h->n_captures; i++)
		end_capture(h, &h->captures[i], NULL);
}

void
sim_worker_end(struct sim_host *h, const char *comment)
{
	make_packets(h);
	for (unsigned i = 0; i < h->n_captures; i++)
		end_capture(h, &h->captures[i], comment);
}

/* The counts of all captures go with it. */
static void
forget(struct sim_host *h, uint64_t down_ns)
{
	for (struct sim_conn *c = h->conns; c; c = c->next)
		if (c->end == SIM_END_NONE)
			sim_cut(c, sim_chance(50));
	for (unsigned i = 0; i < h->n_captures; i++)
		h->captures[i].id[0] = '\0';
	h->refused_ns = sim_now() + down_ns;
}

void
sim_worker_kill(struct sim_host *h, uint64_t down_ns)
{
	h->was_tried = true;
	make_packets(h);
	for (unsigned i = 0; i < h->n_captures; i++)
		end_capture(h, &h->captures[i], NULL);
	forget(h, down_ns);
}

void
sim_worker_shut_down(struct sim_host *h, uint64_t down_ns)
{
	if (h->way != SIM_WAY_NG)
		h->was_tried = true;
	sim_worker_end(h, "shutdown: the worker is stopped");
	forget(h, down_ns);
}
