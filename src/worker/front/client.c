/* One client's requests, from the bytes to the answer. */
#include "worker/front/client.h"

#include <assert.h>

#include "sys/log.h"

static_assert(TALLY_JSON_MAX <= ANSWER_SMALL, "a tally fits");
static_assert(SLOTS_WHY_SIZE <= ANSWER_SMALL, "a capture process's sentence fits");

/* For an operator who wants to know why somebody gets no answer. */
static void
say_refused(const struct client *c, const struct answer *a)
{
	char line[LOG_LINE_MAX];
	struct text t;

	if (a->status < 400 || !log_is_on(LOG_DEBUG))
		return;
	text_init(&t, line, sizeof(line));
	net_format(&t, &c->conn.peer);
	text_str(&t, " was answered ");
	text_u64(&t, a->status);
	text_str(&t, ": ");
	text_escape(&t, a->body);
	log_text(LOG_DEBUG, &t);
}

static void
say_ignored(const struct client *c, bool is_bad, const char *what)
{
	char line[LOG_LINE_MAX];
	struct text t;

	if (!is_bad)
		return;
	text_init(&t, line, sizeof(line));
	net_format(&t, &c->conn.peer);
	text_str(&t, ": what is malformed in ");
	text_str(&t, what);
	text_str(&t, " is ignored");
	log_text(LOG_INFO, &t);
}

static void
send_answer(struct client *c, uint64_t now_ns)
{
	struct answer *a = &c->reply.answer;

	say_refused(c, a);
	metrics_add_answer(c->env->metrics, a->status);
	conn_answer(&c->conn, a, now_ns);
}

/* The last answer of the connection. */
static void
refuse(struct client *c, unsigned status, struct span why, uint64_t now_ns)
{
	answer_refuse(&c->reply.answer, status, why);
	send_answer(c, now_ns);
}

/* Asks (again) for the capture or the validation in c->reply. */
static void
start_capture(struct client *c, uint64_t now_ns)
{
	struct broker_asker asker = {.number = c->number,
				     .fd = c->conn.fd,
				     .has_uid = c->conn.has_uid,
				     .uid = c->conn.uid};

	switch (broker_start(c->env->broker, &asker, &c->reply.request)) {
	case BROKER_STARTED:
		conn_wait(&c->conn, CONN_STARTING, now_ns);
		return;
	case BROKER_WAITS:
		conn_wait(&c->conn, CONN_QUEUED, now_ns);
		return;
	case BROKER_FULL:
		refuse(c, 503, span_str("too many captures at once; try again"), now_ns);
		return;
	case BROKER_BROKEN:
		refuse(c, 500, span_str("the capture cannot be started"), now_ns);
	}
}

/* What is known of the capture is the answer, unless it has to wait. */
static void
count_capture(struct client *c, bool is_stop, uint64_t now_ns)
{
	struct answer *a = &c->reply.answer;
	struct tally tally;
	struct text t;

	switch (broker_count(c->env->broker, c->reply.id, is_stop, now_ns, &tally)) {
	case BROKER_COUNTED:
		text_init(&t, a->small, sizeof(a->small));
		tally_put_json(&t, &tally);
		assert(!t.is_cut);
		answer_text(a, "application/json", text_span(&t));
		break;
	case BROKER_COUNT_WAITS:
		conn_wait(&c->conn, CONN_COUNTING, now_ns);
		return;
	case BROKER_UNKNOWN:
		answer_problem(a, 404, span_str(ROUTES_NO_CAPTURE_TEXT));
	}
	send_answer(c, now_ns);
}

static void
handle_request(struct client *c, uint64_t now_ns)
{
	struct routes_view view = {.config = c->env->config,
				   .may_capture = c->env->may_capture,
				   .broker = c->env->broker,
				   .metrics = c->env->metrics,
				   .links_fd = c->env->links_fd,
				   .n_connections = c->env->n_clients};
	struct routes_request q = {.head = &c->conn.http.head,
				   .target = &c->conn.http.target,
				   .peer = &c->conn.peer,
				   .is_reserve = c->conn.is_reserve};
	enum routes_result result;

	broker_refresh(c->env->broker);
	result = routes_answer(&view, &q, &c->reply);
	say_ignored(c, c->reply.has_bad_options, "Ddump-Options");
	say_ignored(c, c->reply.has_bad_hints, "Forwarded, X-Forwarded or Ddump-Ports");
	switch (result) {
	case ROUTES_ANSWER:
		send_answer(c, now_ns);
		return;
	case ROUTES_CAPTURE:
		net_local(c->conn.fd, &c->reply.request.local);
		start_capture(c, now_ns);
		return;
	case ROUTES_COUNT:
		count_capture(c, c->reply.is_stop, now_ns);
	}
}

bool
client_step(struct client *c, unsigned ready, uint64_t now_ns)
{
	for (int i = 0; i < CLIENT_REQUESTS_MAX; i++, ready = 0) {
		switch (conn_step(&c->conn, ready, now_ns)) {
		case CONN_WAITS:
			return false;
		case CONN_MORE:
			return true;
		case CONN_REQUEST:
			handle_request(c, now_ns);
			break;
		case CONN_BAD:
			answer_problem(&c->reply.answer, c->conn.http.status,
				       span_str(c->conn.http.reason));
			send_answer(c, now_ns);
		}
	}
	return true;
}

void
client_expire(struct client *c, uint64_t now_ns)
{
	switch (c->conn.state) {
	case CONN_READING:
		if (conn_is_idle(&c->conn))
			conn_close(&c->conn);
		else
			refuse(c, 408, span_str("the request took too long"), now_ns);
		break;
	case CONN_QUEUED:
	case CONN_STARTING:
		broker_forget(c->env->broker, c->number);
		refuse(c, 503, span_str("the capture took too long to start"), now_ns);
		break;
	case CONN_COUNTING:
		count_capture(c, false, now_ns);
		break;
	case CONN_WRITING:
	case CONN_LINGERING:
	case CONN_CLOSED:
		conn_close(&c->conn);
	}
}

void
client_tell(struct client *c, const struct broker_event *e, uint64_t now_ns)
{
	struct answer *a = &c->reply.answer;

	switch (e->outcome) {
	case BROKER_COMMITTED: /* by the process that has the socket now */
		conn_close(&c->conn);
		return;
	case BROKER_VALID:
		answer_text(a, "text/plain; charset=utf-8", span_str("ok\n"));
		answer_close(a);
		break;
	case BROKER_NO_INTERFACE:
		answer_refuse_as(a, 400, ANSWER_PROBLEM_NO_INTERFACE, e->why);
		break;
	case BROKER_FAILED:
		answer_refuse(a, e->status, e->why);
	}
	send_answer(c, now_ns);
}

void
client_ask_again(struct client *c, uint64_t now_ns)
{
	if (c->conn.state == CONN_QUEUED)
		start_capture(c, now_ns);
	else if (c->conn.state == CONN_COUNTING)
		count_capture(c, true, now_ns);
}
