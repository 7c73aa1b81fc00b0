/* One connection. What is answered, and when, is its owner's business. */
#include "worker/front/conn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/loop.h"

static void
ask_uid(struct conn *c)
{
	struct ucred credentials;
	socklen_t size = sizeof(credentials);

	c->has_uid = c->peer.sa.ss_family == AF_UNIX &&
		     getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0;
	c->uid = c->has_uid ? credentials.uid : 0;
}

void
conn_init(struct conn *c, int fd, const struct net_address *peer, bool is_reserve,
	  uint64_t now_ns)
{
	c->fd = fd;
	c->state = CONN_READING;
	c->since_ns = now_ns;
	c->turn_ns = now_ns;
	c->has_answered = false;
	c->is_reserve = is_reserve;
	c->is_head = false;
	c->is_last = false;
	c->large = NULL;
	c->peer = *peer;
	ask_uid(c);
	c->sent = 0;
	text_init(&c->out, c->out_mem, sizeof(c->out_mem));
	http_server_init(&c->http);
	net_set_stream_options(fd);
}

void
conn_fini(struct conn *c)
{
	close(c->fd);
	free(c->large);
}

static void
enter(struct conn *c, enum conn_state state, uint64_t now_ns)
{
	c->state = state;
	c->since_ns = now_ns;
}

void
conn_wait(struct conn *c, enum conn_state state, uint64_t now_ns)
{
	if (c->state != state)
		enter(c, state, now_ns);
}

/* Answers that do not fit into the connection itself get memory until they are sent. */
void
conn_answer(struct conn *c, struct answer *a, uint64_t now_ns)
{
	size_t size = answer_size(a);
	char *mem = c->out_mem;

	c->is_last |= a->must_close;
	if (c->is_last || http_server_must_close(&c->http))
		answer_close(a);
	if (size > sizeof(c->out_mem))
		mem = c->large = malloc(size);
	if (mem) {
		text_init(&c->out, mem, size);
		answer_emit(&c->out, a, c->is_head);
		enter(c, CONN_WRITING, now_ns);
	} else {
		conn_close(c);
	}
	c->sent = 0;
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

/* False when reading has to wait. */
static bool
read_more(struct conn *c, uint64_t now_ns)
{
	bool was_idle = conn_is_idle(c);
	size_t room;
	uint8_t *p = http_server_space(&c->http, &room);
	ssize_t n = room > 0 ? read(c->fd, p, room) : -1;

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

/* Takes what has arrived. */
static enum conn_result
step_reading(struct conn *c, uint64_t now_ns)
{
	switch (http_server_next(&c->http)) {
	case HTTP_SERVER_MORE:
		return read_more(c, now_ns) ? CONN_MORE : CONN_WAITS;
	case HTTP_SERVER_REQUEST:
		c->is_head = c->http.head.method == HTTP_METHOD_HEAD;
		c->is_last |= c->is_reserve;
		return CONN_REQUEST;
	case HTTP_SERVER_ERROR:
		break;
	}
	return CONN_BAD;
}

static enum conn_result
step_writing(struct conn *c, uint64_t now_ns)
{
	while (c->sent < c->out.n) {
		ssize_t n = write(c->fd, c->out.p + c->sent, c->out.n - c->sent);

		if (n < 0 && errno == EAGAIN)
			return CONN_WAITS;
		if (n < 0 && errno != EINTR)
			conn_close(c);
		if (n < 0)
			return CONN_WAITS;
		c->sent += (size_t)n;
	}
	free(c->large);
	c->large = NULL;
	if (!c->is_last && http_server_answered(&c->http)) {
		enter(c, CONN_READING, now_ns);
		c->turn_ns = now_ns;
		c->has_answered = true;
		c->is_head = false;
		return CONN_MORE;
	}
	shutdown(c->fd, SHUT_WR);
	enter(c, CONN_LINGERING, now_ns);
	return CONN_MORE;
}

static enum conn_result
step_lingering(struct conn *c)
{
	char away[4096];
	ssize_t n = read(c->fd, away, sizeof(away));

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		conn_close(c);
	return n > 0 ? CONN_MORE : CONN_WAITS;
}

enum conn_result
conn_step(struct conn *c, unsigned ready, uint64_t now_ns)
{
	enum conn_result result = CONN_MORE;

	if ((ready & LOOP_GONE) && conn_interest(c) == 0)
		conn_close(c);
	for (int i = 0; result == CONN_MORE && i < CONN_STEPS_MAX; i++) {
		switch (c->state) {
		case CONN_READING:
			result = step_reading(c, now_ns);
			break;
		case CONN_WRITING:
			result = step_writing(c, now_ns);
			break;
		case CONN_LINGERING:
			result = step_lingering(c);
			break;
		case CONN_QUEUED:
		case CONN_STARTING:
		case CONN_COUNTING:
		case CONN_CLOSED:
			result = CONN_WAITS;
		}
	}
	return result;
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
	struct evict_seat s = {
	    .kind = EVICT_KEPT, .host = evict_host_of(&c->peer), .since_ns = c->since_ns};

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
			return c->turn_ns + CONN_RESERVE_NS;
		return c->since_ns + (conn_is_idle(c) ? CONN_IDLE_NS : CONN_HEAD_NS);
	case CONN_WRITING:
		return c->since_ns + CONN_WRITE_NS;
	case CONN_LINGERING:
		return c->since_ns + CONN_LINGER_NS;
	case CONN_STARTING:
	case CONN_QUEUED:
		return c->since_ns + CONN_START_NS;
	case CONN_COUNTING:
		return c->since_ns + CONN_COUNT_NS;
	case CONN_CLOSED:
		break;
	}
	return LOOP_NEVER;
}
