/* Simulated time and connections. It knows nothing of HTTP, of workers and of packets. */
#include "sim/net.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "support/rng.h"

#define EVENTS_MAX   16384
#define FDS_MAX	     4096
#define SPINS_MAX    100000 /* waits one after the other in which nothing was read or sent */
#define VANISHED_NS  (15 * SIM_SECOND) /* NET_VANISHED_S: TCP gives a silent peer up */
#define ROUND_NS_MAX 30000	       /* what a round of the program takes */

struct event {
	uint64_t at_ns;
	uint64_t number;
	void (*fn)(void *arg);
	void *arg;
};

enum fd_kind { FD_FREE, FD_SOCKET, FD_OPS };

struct fd {
	enum fd_kind kind;
	struct sim_conn *conn; /* of SOCKET; NULL: not connected */
	const struct sim_fd_ops *ops;
	uint8_t peer[sizeof(struct sockaddr_in)];
	bool is_watched;
	uint32_t wanted;
	epoll_data_t data;
};

static uint64_t now_ns;
static uint64_t last_ns;
static uint64_t patience_ns;
static uint64_t random_state;
static const struct sim_hooks *hooks;
static struct event *events; /* a heap */
static size_t n_events;
static uint64_t n_numbers;
static struct fd fds[FDS_MAX];
static int n_fds;
static unsigned n_spins;
static char log_mem[SIM_LOG_MAX];
static size_t log_n;

void
sim_begin(uint64_t seed, const struct sim_hooks *h, uint64_t end_ns)
{
	random_state = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
	for (int i = 0; i < 8; i++)
		rng_next(&random_state);
	now_ns = 1000 * SIM_SECOND;
	last_ns = end_ns;
	hooks = h;
	events = malloc(EVENTS_MAX * sizeof(*events));
}

uint64_t
sim_now(void)
{
	return now_ns;
}

uint64_t
sim_below(uint64_t n)
{
	return rng_below(&random_state, n);
}

bool
sim_chance(unsigned percent)
{
	return sim_below(100) < percent;
}

uint64_t
sim_between(uint64_t a, uint64_t b)
{
	return a + sim_below(b - a + 1);
}

const char *
sim_log(void)
{
	log_mem[log_n] = '\0';
	return log_mem;
}

static void
put_log(const char *p, size_t n)
{
	if (n < SIM_LOG_MAX - 1 - log_n) {
		memcpy(log_mem + log_n, p, n);
		log_n += n;
	}
}

static void
put_time(void)
{
	char mem[32];

	put_log(mem,
		(size_t)snprintf(mem, sizeof(mem), "%12.6f  ", (double)now_ns / 1e9));
}

long
sim_take_log(const void *p, size_t n)
{
	put_time();
	put_log(p, n);
	return (long)n;
}

void
sim_note(const char *format, ...)
{
	char mem[256];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(mem, sizeof(mem), format, ap);
	va_end(ap);
	put_time();
	put_log("  * ", 4);
	put_log(mem, n < (int)sizeof(mem) ? (size_t)n : sizeof(mem) - 1);
	put_log("\n", 1);
}

void
sim_fail(const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s", sim_log());
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(1);
}

void
sim_set_end(uint64_t end_ns)
{
	last_ns = end_ns;
}

void
sim_set_patience(uint64_t ns)
{
	patience_ns = ns;
}

static bool
is_before(const struct event *a, const struct event *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->number < b->number;
}

void
sim_at(uint64_t at_ns, void (*fn)(void *arg), void *arg)
{
	struct event e = {at_ns, n_numbers++, fn, arg};
	size_t i = n_events++;

	if (n_events == EVENTS_MAX)
		sim_fail("the simulation has too many events");
	for (; i > 0 && is_before(&e, &events[(i - 1) / 2]); i = (i - 1) / 2)
		events[i] = events[(i - 1) / 2];
	events[i] = e;
}

static struct event
take_event(void)
{
	struct event first = events[0];
	struct event e = events[--n_events];
	size_t i = 0;

	for (size_t child; (child = 2 * i + 1) < n_events; i = child) {
		if (child + 1 < n_events && is_before(&events[child + 1], &events[child]))
			child++;
		if (!is_before(&events[child], &e))
			break;
		events[i] = events[child];
	}
	events[i] = e;
	return first;
}

/* All that is due by now. */
static void
run_events(void)
{
	uint64_t until_ns = now_ns;

	while (n_events > 0 && events[0].at_ns <= until_ns) {
		struct event e = take_event();

		e.fn(e.arg);
	}
}

void
sim_pass(uint64_t ns)
{
	now_ns += ns;
	run_events();
}

static int
fd_new(enum fd_kind kind)
{
	for (int i = 0; i < FDS_MAX; i++) {
		if (fds[i].kind != FD_FREE)
			continue;
		fds[i] = (struct fd){.kind = kind};
		n_fds = i + 1 > n_fds ? i + 1 : n_fds;
		return SIM_FD_FIRST + i;
	}
	sim_fail("descriptors leak");
}

static struct fd *
fd_at(int fd)
{
	if (fd < SIM_FD_FIRST || fds[fd - SIM_FD_FIRST].kind == FD_FREE)
		sim_fail("descriptor %d is used and not open", fd);
	return &fds[fd - SIM_FD_FIRST];
}

int
sim_fd_new(const struct sim_fd_ops *ops)
{
	int fd = fd_new(FD_OPS);

	fd_at(fd)->ops = ops;
	return fd;
}

static void
lose(struct sim_conn *c, int error)
{
	c->error = error;
	c->has_ended = true;
	hooks->on_closed(c);
}

static uint64_t
passage(const struct sim_conn *c)
{
	uint64_t delay_ns = c->link->delay_ns;

	return now_ns + delay_ns +
	       (c->link->jitter_ns > 0 ? sim_below(c->link->jitter_ns) : 0);
}

static void push(struct sim_conn *c);

static void
on_push(void *arg)
{
	struct sim_conn *c = arg;

	c->is_pushing = false;
	push(c);
}

struct segment {
	struct sim_conn *conn;
	size_t n;
	bool is_end;
};

/* What a broken way holds comes when it is mended, in order, or its end does. */
static bool
is_held(struct sim_conn *c, uint64_t *arrive_ns, void (*fn)(void *arg), void *arg)
{
	if (now_ns >= c->link->down_ns) {
		c->silent_ns = 0;
		return false;
	}
	if (c->silent_ns == 0)
		c->silent_ns = now_ns;
	if (c->link->down_ns - c->silent_ns > VANISHED_NS) {
		if (now_ns - c->silent_ns < VANISHED_NS) {
			sim_at(c->silent_ns + VANISHED_NS, fn, arg);
			return true;
		}
		lose(c, ETIMEDOUT);
		free(arg);
		return true;
	}
	if (*arrive_ns < c->link->down_ns)
		*arrive_ns = c->link->down_ns + sim_below(300 * SIM_MS);
	sim_at(*arrive_ns, fn, arg);
	return true;
}

static void
on_segment(void *arg)
{
	struct segment *s = arg;
	struct sim_conn *c = s->conn;

	if (c->fd < 0 || c->has_ended) {
		free(s);
		return;
	}
	if (is_held(c, &c->arrive_ns, on_segment, s))
		return;
	if (c->arrived == c->read)
		c->unread_ns = now_ns;
	else if (patience_ns > 0 && now_ns - c->unread_ns > patience_ns)
		sim_fail("%zu bytes wait to be read since %.3f", c->arrived - c->read,
			 (double)c->unread_ns / 1e9);
	c->arrived += s->n;
	if (s->is_end) {
		c->has_ended = true;
		c->error = c->end == SIM_END_RST ? ECONNRESET : 0;
	}
	free(s);
}

static void
send_segment(struct sim_conn *c, size_t n, bool is_end)
{
	struct segment *s = malloc(sizeof(*s));
	uint64_t at_ns = passage(c);

	*s = (struct segment){c, n, is_end};
	if (at_ns < c->arrive_ns)
		at_ns = c->arrive_ns;
	if (c->link->bytes_s > 0)
		at_ns += n * SIM_SECOND / c->link->bytes_s;
	c->arrive_ns = at_ns;
	c->sent += n;
	sim_at(at_ns, on_segment, s);
}

/* As much as the window and the way take. */
static void
push(struct sim_conn *c)
{
	size_t until = c->end != SIM_END_NONE ? c->end_at : c->written;
	size_t before = c->sent;

	if (c->fd < 0 || c->has_ended)
		return;
	while (c->sent < until && c->sent - c->read < c->link->window) {
		size_t n = 1 + sim_below(c->link->segment);
		size_t room = c->link->window - (c->sent - c->read);

		n = n < until - c->sent ? n : until - c->sent;
		send_segment(c, n < room ? n : room, false);
	}
	if (c->end != SIM_END_NONE && c->sent == until && !c->is_pushing) {
		c->is_pushing = true; /* the end is sent once */
		send_segment(c, 0, true);
	}
	if (c->sent > before)
		hooks->on_room(c);
}

void
sim_send(struct sim_conn *c, const void *p, size_t n)
{
	if (c->cap - c->written < n) {
		c->cap = 2 * c->cap + n + 4096;
		c->bytes = realloc(c->bytes, c->cap);
	}
	memcpy(c->bytes + c->written, p, n);
	c->written += n;
	push(c);
}

void
sim_finish(struct sim_conn *c)
{
	if (c->end != SIM_END_NONE)
		return;
	c->end = SIM_END_FIN;
	c->end_at = c->written;
	c->is_pushing = false;
	push(c);
}

void
sim_cut(struct sim_conn *c, bool is_reset)
{
	if (c->has_ended || c->fd < 0)
		return;
	c->end = is_reset ? SIM_END_RST : SIM_END_FIN;
	c->end_at = c->sent;
	c->is_pushing = false;
	push(c);
}

int
sim_epoll_ctl(int op, int number, const void *event)
{
	const struct epoll_event *e = event;
	struct fd *fd = fd_at(number);

	if (fd->is_watched == (op == EPOLL_CTL_ADD))
		sim_fail("epoll_ctl %d of descriptor %d", op, number);
	fd->is_watched = op != EPOLL_CTL_DEL;
	if (fd->is_watched) {
		fd->wanted = e->events;
		fd->data = e->data;
	}
	return 0;
}

static uint32_t
socket_ready(const struct sim_conn *c)
{
	uint32_t ready = 0;

	if (!c)
		return EPOLLHUP;
	if (c->arrived > c->read || c->has_ended)
		ready |= EPOLLIN;
	if (c->is_open || c->error != 0)
		ready |= EPOLLOUT;
	if (c->error != 0)
		ready |= EPOLLERR | EPOLLHUP;
	return ready;
}

static uint32_t
ready_of(const struct fd *fd)
{
	uint32_t ready = 0;

	if (fd->kind == FD_SOCKET)
		return socket_ready(fd->conn);
	ready |= fd->ops->is_in && fd->ops->is_in() ? EPOLLIN : 0;
	ready |= fd->ops->is_out && fd->ops->is_out() ? EPOLLOUT : 0;
	ready |= fd->ops->is_gone && fd->ops->is_gone() ? EPOLLERR : 0;
	return ready;
}

/* Beginning anywhere: the kernel promises no order. */
static int
collect(struct epoll_event *out, int max)
{
	int first = n_fds > 0 ? (int)sim_below((uint64_t)n_fds) : 0;
	int n = 0;

	for (int i = 0; i < n_fds && n < max; i++) {
		struct fd *fd = &fds[(first + i) % n_fds];
		uint32_t ready;

		if (fd->kind == FD_FREE || !fd->is_watched)
			continue;
		ready = ready_of(fd) & (fd->wanted | EPOLLERR | EPOLLHUP);
		if (ready != 0)
			out[n++] =
			    (struct epoll_event){.events = ready, .data = fd->data};
	}
	return n;
}

int
sim_epoll_wait(void *out, int max, int timeout_ms)
{
	uint64_t until_ns = UINT64_MAX;
	int n;

	now_ns += 1 + sim_below(ROUND_NS_MAX);
	if (timeout_ms >= 0)
		until_ns = now_ns + (uint64_t)timeout_ms * SIM_MS;
	if (++n_spins > SPINS_MAX)
		sim_fail("the program spins: nothing was read or written in %d rounds",
			 SPINS_MAX);
	run_events();
	while ((n = collect(out, max)) == 0 && now_ns < until_ns) {
		if (n_events == 0 && until_ns == UINT64_MAX)
			sim_fail("the program waits for nothing");
		now_ns = n_events > 0 && events[0].at_ns < until_ns ? events[0].at_ns
								    : until_ns;
		n_spins = 0;
		run_events();
		if (now_ns > last_ns)
			sim_fail("the run does not end: %.3f s behind the latest end",
				 (double)(now_ns - last_ns) / 1e9);
	}
	if (now_ns > last_ns)
		sim_fail("the run does not end");
	return n;
}

int
sim_socket(int family)
{
	if (family != AF_INET) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return fd_new(FD_SOCKET);
}

static void
on_connected(void *arg)
{
	struct sim_conn *c = arg;
	void *host;
	int error = 0;

	if (c->fd < 0)
		return;
	if (now_ns < c->link->down_ns) {
		sim_at(c->link->down_ns + sim_below(SIM_SECOND), on_connected, c);
		return;
	}
	hooks->find(fd_at(c->fd)->peer, &host, &error);
	c->error = error;
	c->is_open = error == 0;
	c->has_ended = error != 0;
}

int
sim_connect(int number, const void *address)
{
	struct fd *fd = fd_at(number);
	struct sim_conn *c = calloc(1, sizeof(*c));
	int error = 0;

	memcpy(fd->peer, address, sizeof(fd->peer));
	c->link = hooks->find(address, &c->host, &error);
	c->fd = number;
	fd->conn = c;
	if (!c->link)
		sim_fail("a host that does not exist is connected to");
	sim_at(passage(c) + c->link->delay_ns, on_connected, c);
	errno = EINPROGRESS;
	return -1;
}

int
sim_socket_error(int number)
{
	struct sim_conn *c = fd_at(number)->conn;

	return c ? c->error : 0;
}

/* Whether it is writable, or over. */
int
sim_poll_one(int number)
{
	return (ready_of(fd_at(number)) & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0;
}

static void
on_window(void *arg)
{
	struct sim_conn *c = arg;

	c->is_pushing = false;
	push(c);
}

long
sim_read(int number, void *p, size_t n)
{
	struct fd *fd = fd_at(number);
	struct sim_conn *c = fd->conn;
	size_t room = c ? c->arrived - c->read : 0;

	n_spins = 0;
	if (fd->kind == FD_OPS)
		return fd->ops->read(p, n);
	if (c && room > 0) {
		n = n < room ? n : room;
		memcpy(p, c->bytes + c->read, n);
		c->read += n;
		c->unread_ns = now_ns;
		if (!c->is_pushing && c->end == SIM_END_NONE && c->sent < c->written) {
			c->is_pushing = true;
			sim_at(now_ns + c->link->delay_ns, on_window, c);
		} else if (c->end != SIM_END_NONE && c->sent < c->end_at) {
			sim_at(now_ns + c->link->delay_ns, on_push, c);
		}
		return (long)n;
	}
	errno = c && c->error != 0 ? c->error : EAGAIN;
	return c && c->has_ended && c->error == 0 ? 0 : -1;
}

struct upload {
	struct sim_conn *conn;
	size_t n;
	uint8_t bytes[];
};

static void
on_upload(void *arg)
{
	struct upload *u = arg;
	struct sim_conn *c = u->conn;

	if (c->fd < 0 || c->has_ended || c->end != SIM_END_NONE) {
		hooks->on_unheard(c);
		free(u);
		return;
	}
	if (is_held(c, &c->upload_ns, on_upload, u))
		return;
	if (u->n > sizeof(c->request) - c->n_request)
		sim_fail("a request is too long");
	memcpy(c->request + c->n_request, u->bytes, u->n);
	c->n_request += u->n;
	free(u);
	hooks->on_request(c);
}

/* A socket takes a few bytes now and then. */
long
sim_write(int number, const void *p, size_t n)
{
	struct sim_conn *c = fd_at(number)->conn;
	struct upload *u;

	n_spins = 0;
	if (!c || !c->is_open || c->error != 0) {
		errno = c && c->error != 0 ? c->error : ENOTCONN;
		return -1;
	}
	if (sim_chance(10)) {
		n = 1 + sim_below(n);
	} else if (sim_chance(2)) {
		errno = EAGAIN;
		return -1;
	}
	u = malloc(sizeof(*u) + n);
	u->conn = c;
	u->n = n;
	memcpy(u->bytes, p, n);
	if (c->upload_ns < now_ns + c->link->delay_ns)
		c->upload_ns = now_ns + c->link->delay_ns;
	sim_at(c->upload_ns, on_upload, u);
	return (long)n;
}

static void
on_gone(void *arg)
{
	hooks->on_closed(arg);
}

int
sim_close(int number)
{
	struct fd *fd = fd_at(number);
	struct sim_conn *c = fd->kind == FD_SOCKET ? fd->conn : NULL;

	if (c) {
		c->fd = -1;
		sim_at(now_ns + c->link->delay_ns, on_gone, c);
	}
	fd->kind = FD_FREE;
	return 0;
}

const void *
sim_peer(int number)
{
	return fd_at(number)->peer;
}
