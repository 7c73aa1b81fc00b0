/* One connection: bytes to requests, requests to answers. Who runs captures, and when, is
 * the broker's business. */
#include "worker/conn.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/log.h"

#define PROBLEM_MAX 2048

static void
on_ready(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	conn_step((struct conn *)w, ready, now_ns);
}

struct conn *
conn_new(struct broker *broker, uint32_t number, int fd, const struct net_address *peer,
	 uint64_t now_ns)
{
	struct conn *c = malloc(sizeof(*c));

	static_assert(offsetof(struct conn, watch) == 0, "on_ready casts the watch");
	if (!c) {
		close(fd);
		return NULL;
	}
	c->watch = (struct loop_watch){.fd = fd, .on_ready = on_ready};
	c->broker = broker;
	c->number = number;
	c->state = CONN_READING;
	c->since_ns = now_ns;
	c->is_head = false;
	c->is_validation = false;
	c->is_last = false;
	c->peer = *peer;
	c->sent = 0;
	text_init(&c->out, c->out_mem, sizeof(c->out_mem));
	http_server_init(&c->http);
	net_set_stream_options(fd);
	return c;
}

void
conn_free(struct conn *c)
{
	free(c);
}

static void
enter(struct conn *c, enum conn_state state, uint64_t now_ns)
{
	c->state = state;
	c->since_ns = now_ns;
}

void
conn_close(struct conn *c)
{
	c->state = CONN_CLOSED;
}

static void
answer(struct conn *c, struct answer *a, uint64_t now_ns)
{
	a->is_head = c->is_head;
	a->must_close = c->is_last || http_server_must_close(&c->http);
	c->sent = 0;
	c->out.n = 0;
	answer_emit(&c->out, a);
	enter(c, CONN_WRITING, now_ns);
}

static void
answer_text(struct conn *c, const char *type, struct span body, uint64_t now_ns)
{
	struct answer a = {.status = 200, .type = type, .body = body};

	answer(c, &a, now_ns);
}

static void
answer_problem(struct conn *c, unsigned status, struct span detail, uint64_t now_ns)
{
	char mem[PROBLEM_MAX];
	struct text body;
	struct answer a = {.status = status, .type = "application/problem+json"};

	text_init(&body, mem, sizeof(mem));
	answer_problem_body(&body, status, detail);
	a.body = text_span(&body);
	a.allow = status == 405 ? "GET, HEAD" : NULL;
	a.retry_after = status == 503 ? 5 : 0;
	answer(c, &a, now_ns);
}

/* Answers about captures end the connection, as the stream itself does. */
static void
refuse(struct conn *c, unsigned status, struct span why, uint64_t now_ns)
{
	c->is_last = true;
	answer_problem(c, status, why, now_ns);
}

void
conn_answer_failed(struct conn *c, unsigned status, struct span why, uint64_t now_ns)
{
	refuse(c, status, why, now_ns);
	conn_step(c, 0, now_ns);
}

void
conn_answer_valid(struct conn *c, uint64_t now_ns)
{
	c->is_last = true;
	answer_text(c, "text/plain; charset=utf-8", span_str("ok\n"), now_ns);
	conn_step(c, 0, now_ns);
}

void
conn_hand_over(struct conn *c)
{
	conn_close(c);
}

/* What the CLI asks by header, weakest first: the query overrules all of it. */
static void
apply_headers(struct conn *c)
{
	const struct http_request_head *h = &c->http.head;
	const struct request_limits *limits = &c->broker->config->limits;
	struct span value;

	if (http_head_has_token(&h->fields, "Accept", "application/x-pcapng"))
		c->request.format = REQUEST_PCAPNG;
	if (http_head_get(&h->fields, "Ddump-Options", &value) == 1 &&
	    !request_parse_options(&c->request, value, limits))
		log_line(LOG_INFO, "malformed Ddump-Options ignored");
}

static bool
build_request(struct conn *c, struct text *why)
{
	const struct front_config *config = c->broker->config;
	struct request *r = &c->request;

	request_init(r, &config->limits);
	apply_headers(c);
	if (!request_parse_query(r, c->http.target.query, &config->limits, why) ||
	    !request_check(r, why))
		return false;
	r->is_validation = c->is_validation;
	r->is_chunked = c->http.head.minor == 1;
	r->may_resolve = config->may_resolve;
	r->listener = config->listener;
	r->peer = c->peer;
	net_local(c->watch.fd, &r->local);
	return true;
}

static void
start(struct conn *c, uint64_t now_ns)
{
	switch (broker_start(c->broker, c)) {
	case BROKER_STARTED:
		enter(c, CONN_STARTING, now_ns);
		return;
	case BROKER_WAITS:
		enter(c, CONN_QUEUED, now_ns);
		return;
	case BROKER_FULL:
		refuse(c, 503, span_str("too many captures at once; try again"), now_ns);
		return;
	case BROKER_BROKEN:
		refuse(c, 500, span_str("the capture cannot be started"), now_ns);
	}
}

void
conn_take_turn(struct conn *c, uint64_t now_ns)
{
	start(c, now_ns);
	conn_step(c, 0, now_ns);
}

static void
handle_capture(struct conn *c, bool is_validation, uint64_t now_ns)
{
	char mem[SLOTS_WHY_SIZE];
	struct text why;

	text_init(&why, mem, sizeof(mem));
	c->is_validation = is_validation || c->is_head;
	if (build_request(c, &why))
		start(c, now_ns);
	else
		answer_problem(c, 400, text_span(&why), now_ns);
}

static void
handle_clock(struct conn *c, uint64_t now_ns)
{
	char mem[64];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	text_str(&t, "{\"time_ns\":");
	text_u64(&t, clock_realtime_ns());
	text_str(&t, "}\n");
	answer_text(c, "application/json", text_span(&t), now_ns);
}

static void
handle_health(struct conn *c, uint64_t now_ns)
{
	if (c->broker->config->has_net_raw)
		answer_text(c, "text/plain; charset=utf-8", span_str("ok\n"), now_ns);
	else
		answer_problem(
		    c, 503,
		    span_str("no CAP_NET_RAW: start the worker as root or give "
			     "it the capability"),
		    now_ns);
}

static void
handle_request(struct conn *c, uint64_t now_ns)
{
	struct span path = c->http.target.path;

	c->is_head = c->http.head.method == HTTP_METHOD_HEAD;
	if (c->http.head.method == HTTP_METHOD_OTHER)
		answer_problem(c, 405, span_str("only GET and HEAD exist here"), now_ns);
	else if (span_eq(path, span_str("/capture")))
		handle_capture(c, false, now_ns);
	else if (span_eq(path, span_str("/validate")))
		handle_capture(c, true, now_ns);
	else if (span_eq(path, span_str("/clock")))
		handle_clock(c, now_ns);
	else if (span_eq(path, span_str("/healthz")))
		handle_health(c, now_ns);
	else if (span_eq(path, span_str("/")))
		answer_text(c, "text/plain; charset=utf-8", span_str(answer_help()),
			    now_ns);
	else
		answer_problem(c, 404,
			       span_str("no such path; GET / lists those that exist"),
			       now_ns);
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
		c->sent = 0;
		c->out.n = 0;
		text_str(&c->out, "HTTP/1.1 100 Continue\r\n\r\n");
		if (write(c->watch.fd, c->out.p, c->out.n) != (ssize_t)c->out.n)
			conn_close(c);
		return c->state != CONN_CLOSED;
	case HTTP_SERVER_REQUEST:
		handle_request(c, now_ns);
		return true;
	case HTTP_SERVER_ERROR:
		c->is_head = false;
		answer_problem(c, c->http.status, span_str(c->http.reason), now_ns);
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
	if (!c->is_last && http_server_answered(&c->http)) {
		enter(c, CONN_READING, now_ns);
		return true;
	}
	shutdown(c->watch.fd, SHUT_WR);
	enter(c, CONN_LINGERING, now_ns);
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

	if ((ready & LOOP_GONE) && (c->state == CONN_QUEUED || c->state == CONN_STARTING))
		conn_close(c);
	while (goes_on) {
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
		case CONN_CLOSED:
			goes_on = false;
		}
	}
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

uint64_t
conn_deadline_ns(const struct conn *c)
{
	switch (c->state) {
	case CONN_READING:
		return c->since_ns + (conn_is_idle(c) ? FRONT_IDLE_NS : FRONT_HEAD_NS);
	case CONN_WRITING:
		return c->since_ns + FRONT_WRITE_NS;
	case CONN_LINGERING:
		return c->since_ns + FRONT_LINGER_NS;
	case CONN_STARTING:
	case CONN_QUEUED:
		return c->since_ns + FRONT_START_NS;
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
		conn_answer_failed(c, 408, span_str("the request took too long"), now_ns);
		return;
	case CONN_QUEUED:
	case CONN_STARTING:
		conn_answer_failed(c, 503, span_str("the capture took too long to start"),
				   now_ns);
		return;
	case CONN_WRITING:
	case CONN_LINGERING:
	case CONN_CLOSED:
		conn_close(c);
	}
}
