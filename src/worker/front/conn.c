/* One connection: bytes to requests, answers to bytes. What is answered is the business of
 * routes; who runs captures, and when, is the broker's business. */
#include "worker/front/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/log.h"
#include "worker/front/routes.h"

/* A detail is at most SLOTS_WHY_SIZE long, each byte "\u0001" at worst; and what is around. */
#define PROBLEM_MAX (SLOTS_WHY_SIZE * 6u + 256)

static void
on_ready(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	conn_step((struct conn *)w, ready, now_ns);
}

static void
ask_uid(struct conn *c)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	c->has_uid =
	    c->peer.sa.ss_family == AF_UNIX &&
	    getsockopt(c->watch.fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0;
	c->uid = c->has_uid ? credentials.uid : 0;
}

struct conn *
conn_new(struct broker *broker, uint32_t number, int fd, const struct net_address *peer,
	 uint64_t now_ns)
{
	struct conn *c = malloc(sizeof(*c));

	static_assert(offsetof(struct conn, watch) == 0, "on_ready casts the watch");
	static_assert(PROBLEM_MAX <= ANSWER_MAX - ANSWER_HEAD_MAX, "it fits in out_mem");
	static_assert(sizeof(*c) <= CONN_BYTES_MAX, "as README says");
	if (!c) {
		close(fd);
		return NULL;
	}
	c->watch = (struct loop_watch){.fd = fd, .on_ready = on_ready};
	c->broker = broker;
	c->number = number;
	c->state = CONN_READING;
	c->since_ns = now_ns;
	c->turn_ns = now_ns;
	c->has_answered = false;
	c->is_reserve = false;
	c->is_head = false;
	c->is_validation = false;
	c->is_last = false;
	c->has_more = false;
	c->next_dead = NULL;
	c->large = NULL;
	c->peer = *peer;
	ask_uid(c);
	c->sent = 0;
	text_init(&c->out, c->out_mem, sizeof(c->out_mem));
	http_server_init(&c->http);
	net_set_stream_options(fd);
	return c;
}

void
conn_free(struct conn *c)
{
	free(c->large);
	free(c);
}

void
conn_enter(struct conn *c, enum conn_state state, uint64_t now_ns)
{
	c->state = state;
	c->since_ns = now_ns;
}

/* Answers that do not fit into the connection itself get memory until they are sent. */
static bool
make_room(struct conn *c, size_t body_size)
{
	char *mem = c->out_mem;
	size_t cap = sizeof(c->out_mem);

	if (body_size > ANSWER_MAX - ANSWER_HEAD_MAX) {
		cap = body_size + ANSWER_HEAD_MAX;
		mem = c->large = malloc(cap);
	}
	if (mem)
		text_init(&c->out, mem, cap);
	return mem != NULL;
}

void
conn_answer(struct conn *c, struct answer *a, uint64_t now_ns)
{
	a->is_head = c->is_head;
	a->must_close = c->is_last || http_server_must_close(&c->http);
	metrics_add_answer(&c->broker->metrics, a->status);
	c->sent = 0;
	if (!make_room(c, a->body.n)) {
		conn_close(c);
		return;
	}
	answer_emit(&c->out, a);
	conn_enter(c, CONN_WRITING, now_ns);
}

void
conn_answer_text(struct conn *c, const char *type, struct span body, uint64_t now_ns)
{
	struct answer a = {.status = 200, .type = type, .body = body};

	conn_answer(c, &a, now_ns);
}

/* For an operator who wants to know why somebody gets no answer. */
static void
say_refused(const struct conn *c, unsigned status, struct span detail)
{
	char line[LOG_LINE_MAX];
	struct text t;

	if (!log_is_on(LOG_DEBUG))
		return;
	text_init(&t, line, sizeof(line));
	net_format(&t, &c->peer);
	text_str(&t, " was answered ");
	text_u64(&t, status);
	text_str(&t, ": ");
	text_escape(&t, detail);
	log_text(LOG_DEBUG, &t);
}

static void
answer_problem(struct conn *c, const char *type, unsigned status, struct span detail,
	       uint64_t now_ns)
{
	char mem[PROBLEM_MAX];
	struct text body;
	struct answer a = {.status = status, .type = "application/problem+json"};

	say_refused(c, status, detail);
	text_init(&body, mem, sizeof(mem));
	answer_problem_body(&body, type, status, detail);
	assert(!body.is_cut);
	a.body = text_span(&body);
	a.allow = status == 405 ? "GET, HEAD" : NULL;
	a.retry_after = status == 503 ? 5 : 0;
	conn_answer(c, &a, now_ns);
}

void
conn_answer_problem(struct conn *c, unsigned status, struct span detail, uint64_t now_ns)
{
	answer_problem(c, ANSWER_PROBLEM_BLANK, status, detail, now_ns);
}

void
conn_refuse(struct conn *c, unsigned status, struct span why, uint64_t now_ns)
{
	c->is_last = true;
	conn_answer_problem(c, status, why, now_ns);
}

void
conn_answer_failed(struct conn *c, unsigned status, struct span why, uint64_t now_ns)
{
	conn_refuse(c, status, why, now_ns);
	conn_step(c, 0, now_ns);
}

void
conn_answer_no_interface(struct conn *c, struct span why, uint64_t now_ns)
{
	c->is_last = true;
	answer_problem(c, ANSWER_PROBLEM_NO_INTERFACE, 400, why, now_ns);
	conn_step(c, 0, now_ns);
}

void
conn_answer_valid(struct conn *c, uint64_t now_ns)
{
	c->is_last = true;
	conn_answer_text(c, "text/plain; charset=utf-8", span_str("ok\n"), now_ns);
	conn_step(c, 0, now_ns);
}

void
conn_close(struct conn *c)
{
	c->state = CONN_CLOSED;
}

void
conn_stop(struct conn *c)
{
	c->is_last = true;
	if (c->state == CONN_READING)
		conn_close(c);
}

void
conn_hand_over(struct conn *c)
{
	conn_close(c);
}

void
conn_take_turn(struct conn *c, uint64_t now_ns)
{
	if (c->state == CONN_COUNTING)
		routes_count(c, now_ns);
	else
		routes_start(c, now_ns);
	conn_step(c, 0, now_ns);
}

/* False when reading has to wait. */
static bool
read_more(struct conn *c, uint64_t now_ns)
{
	bool was_idle = conn_is_idle(c);
	size_t room;
	uint8_t *p = http_server_space(&c->http, &room);
	ssize_t n = room > 0 ? read(c->watch.fd, p, room) : -1;

	if (room == 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return false;
	if (n <= 0) {
		conn_close(c);
		return false;
	}
	http_server_received(&c->http, (size_t)n);
	if (was_idle)
		c->since_ns = now_ns; /* the deadline of the head starts */
	if (was_idle && c->has_answered)
		c->turn_ns = now_ns;
	return true;
}

/* Takes what has arrived; true when there is something to go on with. */
static bool
step_reading(struct conn *c, uint64_t now_ns)
{
	switch (http_server_next(&c->http)) {
	case HTTP_SERVER_MORE:
		return read_more(c, now_ns);
	case HTTP_SERVER_CONTINUE:
		text_init(&c->out, c->out_mem, sizeof(c->out_mem));
		text_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
		if (write(c->watch.fd, c->out.p, c->out.n) != (ssize_t)c->out.n)
			conn_close(c);
		return c->state != CONN_CLOSED;
	case HTTP_SERVER_REQUEST:
		c->is_head = c->http.head.method == HTTP_METHOD_HEAD;
		c->is_last |= c->is_reserve;
		routes_handle(c, now_ns);
		return true;
	case HTTP_SERVER_ERROR:
		c->is_head = false;
		conn_answer_problem(c, c->http.status, span_str(c->http.reason), now_ns);
		return true;
	}
	return false;
}

static bool
step_writing(struct conn *c, uint64_t now_ns)
{
	while (c->sent < c->out.n) {
		ssize_t n = write(c->watch.fd, c->out.p + c->sent, c->out.n - c->sent);

		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0 && errno != EINTR)
			conn_close(c);
		if (n < 0)
			return false;
		c->sent += (size_t)n;
	}
	free(c->large);
	c->large = NULL;
	if (!c->is_last && http_server_answered(&c->http)) {
		conn_enter(c, CONN_READING, now_ns);
		c->turn_ns = now_ns;
		c->has_answered = true;
		return true;
	}
	shutdown(c->watch.fd, SHUT_WR);
	conn_enter(c, CONN_LINGERING, now_ns);
	return true;
}

static bool
step_lingering(struct conn *c)
{
	char away[4096];
	ssize_t n = read(c->watch.fd, away, sizeof(away));

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		conn_close(c);
	return n > 0;
}

void
conn_step(struct conn *c, unsigned ready, uint64_t now_ns)
{
	bool goes_on = true;
	int steps = 0;

	if ((ready & LOOP_GONE) &&
	    (c->state == CONN_QUEUED || c->state == CONN_STARTING ||
	     c->state == CONN_COUNTING))
		conn_close(c);
	while (goes_on && steps++ < CONN_STEPS_MAX) {
		switch (c->state) {
		case CONN_READING:
			goes_on = step_reading(c, now_ns);
			break;
		case CONN_WRITING:
			goes_on = step_writing(c, now_ns);
			break;
		case CONN_LINGERING:
			goes_on = step_lingering(c);
			break;
		case CONN_QUEUED:
		case CONN_STARTING:
		case CONN_COUNTING:
		case CONN_CLOSED:
			goes_on = false;
		}
	}
	c->has_more = goes_on;
}

unsigned
conn_interest(const struct conn *c)
{
	switch (c->state) {
	case CONN_READING:
	case CONN_LINGERING:
		return LOOP_IN;
	case CONN_WRITING:
		return LOOP_OUT;
	case CONN_QUEUED:
	case CONN_STARTING:
	case CONN_COUNTING:
	case CONN_CLOSED:
		break;
	}
	return 0;
}

bool
conn_is_idle(const struct conn *c)
{
	return c->state == CONN_READING && http_server_is_idle(&c->http);
}

struct evict_seat
conn_seat(const struct conn *c)
{
	struct evict_seat s = {.kind = EVICT_KEPT,
			       .host = evict_host_of(&c->peer),
			       .since_ns = c->since_ns,
			       .serial = c->serial};

	switch (c->state) {
	case CONN_READING:
		s.kind =
		    c->has_answered && conn_is_idle(c) ? EVICT_IDLE : EVICT_UNFINISHED;
		if (s.kind == EVICT_UNFINISHED)
			s.since_ns = c->turn_ns;
		break;
	case CONN_LINGERING:
		s.kind = EVICT_ANSWERED;
		break;
	case CONN_WRITING:
	case CONN_QUEUED:
	case CONN_COUNTING:
		s.kind = EVICT_ANSWERING;
		break;
	case CONN_STARTING:
		break;
	case CONN_CLOSED:
		s.kind = EVICT_FREE;
	}
	return s;
}

uint64_t
conn_deadline_ns(const struct conn *c)
{
	switch (c->state) {
	case CONN_READING:
		if (c->is_reserve)
			return c->turn_ns + FRONT_RESERVE_NS;
		return c->since_ns + (conn_is_idle(c) ? FRONT_IDLE_NS : FRONT_HEAD_NS);
	case CONN_WRITING:
		return c->since_ns + FRONT_WRITE_NS;
	case CONN_LINGERING:
		return c->since_ns + FRONT_LINGER_NS;
	case CONN_STARTING:
	case CONN_QUEUED:
		return c->since_ns + FRONT_START_NS;
	case CONN_COUNTING:
		return c->since_ns + FRONT_COUNT_NS;
	case CONN_CLOSED:
		break;
	}
	return LOOP_NEVER;
}

void
conn_on_deadline(struct conn *c, uint64_t now_ns)
{
	switch (c->state) {
	case CONN_READING:
		if (conn_is_idle(c)) {
			conn_close(c);
			return;
		}
		c->is_head = false;
		conn_answer_failed(c, 408, span_str("the request took too long"), now_ns);
		return;
	case CONN_QUEUED:
	case CONN_STARTING:
		broker_forget(c->broker, c);
		conn_answer_failed(c, 503, span_str("the capture took too long to start"),
				   now_ns);
		return;
	case CONN_COUNTING:
		routes_count_late(c, now_ns);
		conn_step(c, 0, now_ns);
		return;
	case CONN_WRITING:
	case CONN_LINGERING:
	case CONN_CLOSED:
		conn_close(c);
	}
}
