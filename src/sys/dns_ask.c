/* A stub resolver's questions (RFC 1035). Must not know search lists. */
#include "sys/dns_ask.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <poll.h>
#include <resolv.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "sys/clock.h"

#define HEAD_SIZE  12
#define UDP_MAX	   4096 /* nobody may send more than 512 without being asked to (EDNS) */
#define NS_PER_MS  1000000u
#define RCODE_NAME 3 /* NXDOMAIN */

struct ask {
	const struct dns_ask_servers *servers;
	struct pollfd
	    fds[DNS_ASK_SERVERS_MAX]; /* connected: only the server's datagrams */
	struct dns_question *list;
	size_t n;
};

static void send_all(struct ask *a, struct dns_question *q);

static void
finish(struct dns_question *q, enum dns_ask_verdict verdict)
{
	q->verdict = verdict;
	q->is_done = true;
}

/* Server i will not answer q; when none will, all are asked again, as often as they may. */
static void
fail(struct ask *a, unsigned i, struct dns_question *q)
{
	q->failed |= 1u << i;
	if (q->is_done || q->failed + 1 < 1u << a->servers->n)
		return;
	if (++q->rounds < a->servers->attempts)
		send_all(a, q);
	else
		finish(q, q->is_refused ? DNS_ASK_REFUSED : DNS_ASK_SILENT);
}

static void
send_all(struct ask *a, struct dns_question *q)
{
	unsigned round = q->rounds;

	q->failed = 0;
	for (unsigned i = 0; i < a->servers->n && q->rounds == round && !q->is_done; i++)
		if (send(a->fds[i].fd, q->query, q->query_n, MSG_NOSIGNAL) < 0)
			fail(a, i, q);
}

static void
take_answer(struct ask *a, unsigned i, struct dns_question *q, struct span m)
{
	unsigned rcode = m.p[3] & 15;

	if (rcode == RCODE_NAME) {
		finish(q, DNS_ASK_NO_NAME);
	} else if (rcode != 0) {
		q->is_refused = true;
		fail(a, i, q);
	} else if (m.p[2] & 2) {
		q->is_cut = true;
		finish(q, DNS_ASK_ANSWERED);
	} else {
		memcpy(q->answer, m.p, m.n);
		q->n = m.n;
		finish(q, DNS_ASK_ANSWERED);
	}
}

static void
fail_everything(struct ask *a, unsigned i)
{
	for (size_t k = 0; k < a->n; k++)
		if (!a->list[k].is_done)
			fail(a, i, &a->list[k]);
}

static void
receive(struct ask *a, unsigned i)
{
	uint8_t mem[UDP_MAX];
	ssize_t n = recv(a->fds[i].fd, mem, sizeof(mem), MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN && errno != EINTR)
		fail_everything(a, i);
	if (n < HEAD_SIZE || (mem[2] & 0x80) == 0)
		return;
	for (size_t k = 0; k < a->n; k++)
		if (!a->list[k].is_done && memcmp(a->list[k].query, mem, 2) == 0)
			take_answer(a, i, &a->list[k], span_of(mem, (size_t)n));
}

static bool
is_done(const struct ask *a)
{
	for (size_t k = 0; k < a->n; k++)
		if (!a->list[k].is_done)
			return false;
	return true;
}

static bool
has_addresses(const struct ask *a)
{
	for (size_t k = 0; k < a->n; k++) {
		struct dns_question *q = &a->list[k];
		struct dns_answer answer;
		struct span address;

		if (q->is_cut ||
		    (dns_answer_init(&answer, span_of(q->answer, q->n), q->type) &&
		     dns_answer_next(&answer, &address)))
			return true;
	}
	return false;
}

static void
run(struct ask *a, bool is_all)
{
	uint64_t now_ns = clock_monotonic_ns();
	uint64_t deadline_ns = now_ns + a->servers->timeout_ns;
	uint64_t part_ns = a->servers->timeout_ns / a->servers->attempts;
	uint64_t again_ns = now_ns;
	bool has_some = is_all;

	for (; !is_done(a) && now_ns < deadline_ns; now_ns = clock_monotonic_ns()) {
		uint64_t until_ns;

		for (size_t k = 0; k < a->n && now_ns >= again_ns; k++)
			if (!a->list[k].is_done)
				send_all(a, &a->list[k]);
		again_ns += now_ns >= again_ns ? part_ns : 0;
		until_ns = again_ns < deadline_ns ? again_ns : deadline_ns;
		if (!is_done(a))
			poll(a->fds, a->servers->n,
			     (int)((until_ns - now_ns) / NS_PER_MS) + 1);
		for (unsigned i = 0; i < a->servers->n; i++)
			receive(a, i);
		if (!has_some && has_addresses(a)) {
			has_some = true;
			if (deadline_ns - now_ns > DNS_ASK_REST_NS)
				deadline_ns = now_ns + DNS_ASK_REST_NS;
		}
	}
}

/* A name that no query can hold does not exist. */
static void
make_query(struct dns_question *q, const char *name, uint16_t id)
{
	int n = res_mkquery(0, name, C_IN, q->type, NULL, 0, NULL, q->query,
			    sizeof(q->query));

	q->n = q->failed = q->rounds = 0;
	q->verdict = DNS_ASK_SILENT;
	q->is_done = q->is_refused = q->is_cut = false;
	if (n < 0)
		finish(q, DNS_ASK_NO_NAME);
	q->query_n = n < 0 ? 0 : (size_t)n;
	memcpy(q->query, &id, sizeof(id));
	q->query[3] = 0; /* no AD flag: some servers answer it with an error */
}

/* What UDP cut, or left unanswered. The C library asks again, and then over TCP. */
static void
complete(struct dns_question *q)
{
	int n;

	if (!q->is_done && q->is_refused)
		q->verdict = DNS_ASK_REFUSED;
	if (!q->is_cut)
		return;
	n = res_send(q->query, (int)q->query_n, q->answer, DNS_ANSWER_MAX);
	q->n = n < 0 ? 0 : n < DNS_ANSWER_MAX ? (size_t)n : DNS_ANSWER_MAX;
	if (q->n < HEAD_SIZE || (q->answer[3] & 15) != 0)
		q->verdict = DNS_ASK_SILENT;
}

/* A server without a socket fails when it is sent to. */
static int
open_socket(const struct net_address *server)
{
	int fd = socket(server->sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)&server->sa, server->size) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void
dns_ask(const struct dns_ask_servers *servers, const char *name,
	struct dns_question *list, size_t n, bool is_all)
{
	struct ask a = {.servers = servers, .list = list, .n = n};
	uint16_t id = 0;

	if (getrandom(&id, sizeof(id), GRND_NONBLOCK) < 0)
		id = (uint16_t)clock_monotonic_ns();
	for (size_t k = 0; k < n; k++)
		make_query(&list[k], name, (uint16_t)(id + k));
	for (unsigned i = 0; i < servers->n; i++)
		a.fds[i] = (struct pollfd){.fd = open_socket(&servers->list[i]),
					   .events = POLLIN};
	run(&a, is_all);
	for (size_t k = 0; k < n; k++)
		complete(&list[k]);
	for (unsigned i = 0; i < servers->n; i++)
		if (a.fds[i].fd >= 0)
			close(a.fds[i].fd);
}
