/*
 * The front's loop: listening socket, connections, the bell of the slots. One event loop,
 * one table of connections, one tournament of their deadlines.
 */
#include "worker/front/front.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/tourney.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/signals.h"
#include "worker/common/confine.h"
#include "worker/front/conn.h"

#define ACCEPT_BATCH	64 /* connections taken per wake-up: others wait their turn */
#define ACCEPT_PAUSE_NS 100000000u  /* out of descriptors: look again after this */
#define STOP_NS		4500000000u /* within the launcher's five seconds */

struct front {
	const struct config *config;
	struct loop loop;
	struct loop_watch listener;
	struct loop_watch bell;
	struct loop_watch signals;
	struct loop_watch launcher;
	struct conn **conns; /* the last FRONT_RESERVE places are the reserve */
	struct evict_seat
	    *seats; /* views of conns: only as fresh as look_at_seats made them */
	uint32_t n_seats;
	void *deadline_mem;
	struct tourney deadlines; /* leaf: number of the connection */
	struct broker broker;
	struct conn *dead; /* closed; the batch may still name them */
	bool has_backlog;  /* a connection stopped in the middle, to let others go on */
	uint32_t n_connections;
	uint64_t n_accepted;
	uint64_t accept_again_ns;
	uint64_t stop_deadline_ns;
	bool is_stopping;
	bool is_broken;
};

#define OF(member, w) ((struct front *)((char *)(w)-offsetof(struct front, member)))

/* Out of every table; freed by bury when no event of this batch can name it. */
static void
retire(struct front *f, struct conn *c)
{
	int fd = c->watch.fd;

	broker_forget(&f->broker, c);
	loop_remove(&f->loop, &c->watch);
	close(fd);
	f->conns[c->number] = NULL;
	f->n_connections--;
	tourney_set(&f->deadlines, c->number, TOURNEY_NONE);
	c->next_dead = f->dead;
	f->dead = c;
}

static void
bury(struct front *f)
{
	while (f->dead) {
		struct conn *c = f->dead;

		f->dead = c->next_dead;
		conn_free(c);
	}
}

/* Interest and deadline follow from the state. */
static void
settle(struct front *f, struct conn *c)
{
	if (c->state == CONN_CLOSED) {
		retire(f, c);
		return;
	}
	loop_set(&f->loop, &c->watch, conn_interest(c));
	tourney_set(&f->deadlines, c->number, conn_deadline_ns(c));
}

/* Those that stopped with more to do have been passed by everybody else once: they go on
 * before the next wait, which then does not wait. */
static void
settle_all(struct front *f, uint64_t now_ns)
{
	bool has_backlog = false;

	for (uint32_t i = 0; i < f->n_seats; i++) {
		struct conn *c = f->conns[i];

		if (!c)
			continue;
		if (f->has_backlog && c->has_more)
			conn_step(c, 0, now_ns);
		has_backlog |= c->has_more;
		settle(f, c);
	}
	f->has_backlog = has_backlog;
	bury(f);
}

/* The connection that has waited longest for a validation's place. */
static struct conn *
longest_queued(const struct front *f)
{
	struct conn *first = NULL;

	for (uint32_t i = 0; i < f->n_seats; i++) {
		struct conn *c = f->conns[i];

		if (c && c->state == CONN_QUEUED &&
		    (!first || c->since_ns < first->since_ns))
			first = c;
	}
	return first;
}

static void
on_bell(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct front *f = OF(bell, w);
	struct conn *queued;
	uint64_t rings;

	(void)ready;
	if (read(w->fd, &rings, sizeof(rings)) < 0)
		return;
	broker_listen(&f->broker, now_ns);
	for (uint32_t i = 0; i < f->n_seats; i++)
		if (f->conns[i] && f->conns[i]->state == CONN_COUNTING)
			conn_take_turn(f->conns[i], now_ns);
	while (broker_has_place(&f->broker) && (queued = longest_queued(f)) != NULL)
		conn_take_turn(queued, now_ns);
}

static void
look_at_seats(struct front *f)
{
	for (uint32_t i = 0; i < f->n_seats; i++) {
		struct conn *c = f->conns[i];

		if (c && c->state == CONN_CLOSED)
			retire(f, c);
		f->seats[i] =
		    f->conns[i] ? conn_seat(f->conns[i]) : (struct evict_seat){0};
	}
}

static uint32_t
free_number(const struct front *f, uint32_t first, uint32_t end)
{
	while (first < end && f->conns[first])
		first++;
	return first;
}

/* There is no room to wait for anything. What has arrived is read away, since a close with
 * bytes unread resets the connection. */
static void
say_full(struct front *f, int fd)
{
	char mem[2 * ANSWER_HEAD_MAX];
	char body_mem[ANSWER_HEAD_MAX];
	struct text t;
	struct text body;
	struct answer a = {.status = 503,
			   .type = "application/problem+json",
			   .must_close = true,
			   .retry_after = 5};

	text_init(&t, mem, sizeof(mem));
	text_init(&body, body_mem, sizeof(body_mem));
	answer_problem_body(&body, ANSWER_PROBLEM_BLANK, a.status,
			    span_str(CONN_FULL_TEXT));
	a.body = text_span(&body);
	answer_emit(&t, &a);
	metrics_add_answer(&f->broker.metrics, a.status);
	if (write(fd, t.p, t.n) < 0 || shutdown(fd, SHUT_WR) < 0 ||
	    read(fd, mem, sizeof(mem)) < 0)
		log_line(LOG_DEBUG, "a client was turned away before it was answered");
}

/* Who owes a request is told why it gets no answer; who idles expects a close. */
static void
evict(struct front *f, uint32_t number)
{
	struct conn *c = f->conns[number];

	if (f->seats[number].kind == EVICT_UNFINISHED)
		say_full(f, c->watch.fd);
	conn_close(c);
	settle(f, c);
	f->seats[number] = (struct evict_seat){0};
}

/* A place from first to end, somebody's if need be; end when there is none. */
static uint32_t
make_place(struct front *f, uint32_t first, uint32_t end, struct evict_host newcomer,
	   uint64_t now_ns)
{
	uint32_t number = free_number(f, first, end);

	if (number < end)
		return number;
	number = first +
		 (uint32_t)evict_choose(f->seats + first, end - first, newcomer, now_ns);
	if (number < end)
		evict(f, number);
	return number;
}

static void
add_connection(struct front *f, int fd, const struct net_address *peer, uint64_t now_ns)
{
	uint32_t max = f->config->max_connections;
	struct evict_host host = evict_host_of(peer);
	uint32_t number = make_place(f, 0, max, host, now_ns);
	struct conn *c;

	if (number == max)
		number = make_place(f, max, f->n_seats, host, now_ns);
	if (number == f->n_seats) {
		say_full(f, fd);
		close(fd);
		return;
	}
	c = conn_new(&f->broker, number, fd, peer, now_ns);
	if (!c)
		return;
	if (loop_add(&f->loop, &c->watch, fd, LOOP_IN) < 0) {
		close(fd);
		conn_free(c);
		return;
	}
	c->serial = f->n_accepted++;
	c->is_reserve = number >= max;
	f->conns[number] = c;
	f->seats[number] = conn_seat(c);
	f->n_connections++;
	tourney_set(&f->deadlines, number, conn_deadline_ns(c));
}

/* Out of descriptors: room for whoever waits, without knowing who it is. */
static bool
make_room(struct front *f, uint64_t now_ns)
{
	struct evict_host nobody = {.is_counted = false};
	size_t number = evict_choose(f->seats, f->n_seats, nobody, now_ns);

	if (number < f->n_seats)
		evict(f, (uint32_t)number);
	return number < f->n_seats;
}

static void
on_listener(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct front *f = OF(listener, w);

	(void)ready;
	look_at_seats(f);
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		struct net_address peer;
		int fd = net_accept(w->fd, &peer);

		if (fd >= 0) {
			add_connection(f, fd, &peer, now_ns);
			continue;
		}
		if (fd == -EMFILE || fd == -ENFILE || fd == -ENOBUFS || fd == -ENOMEM) {
			/* a descriptor is taken before the queue is looked at */
			if (!net_is_readable(w->fd))
				return;
			if (make_room(f, now_ns))
				continue;
			/* level-triggered: without a pause this would spin */
			loop_set(&f->loop, w, 0);
			f->accept_again_ns = now_ns + ACCEPT_PAUSE_NS;
		}
		if (fd == -EAGAIN || f->accept_again_ns > now_ns)
			return;
	}
}

static void
begin_stop(struct front *f, uint64_t now_ns)
{
	if (f->is_stopping)
		return;
	f->is_stopping = true;
	f->broker.is_closed = true;
	f->stop_deadline_ns = now_ns + STOP_NS;
	loop_remove(&f->loop, &f->listener);
	close(f->config->listen_fd);
	for (uint32_t i = 0; i < f->n_seats; i++)
		if (f->conns[i])
			conn_stop(f->conns[i]);
}

static void
on_signal(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct signalfd_siginfo info;

	(void)ready;
	if (read(w->fd, &info, sizeof(info)) == sizeof(info))
		begin_stop(OF(signals, w), now_ns);
}

/* The launcher never sends; that its end closed is all there is to hear. */
static void
on_launcher(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct front *f = OF(launcher, w);

	(void)now_ns;
	if (ready & LOOP_GONE)
		f->is_broken = true;
}

static void
run_deadlines(struct front *f, uint64_t now_ns)
{
	while (tourney_top(&f->deadlines).key <= now_ns) {
		struct conn *c = f->conns[tourney_top(&f->deadlines).leaf];

		conn_on_deadline(c, now_ns);
		settle(f, c);
	}
	if (f->accept_again_ns != 0 && f->accept_again_ns <= now_ns) {
		f->accept_again_ns = 0;
		loop_set(&f->loop, &f->listener, LOOP_IN);
	}
}

static uint64_t
next_deadline_ns(const struct front *f)
{
	uint64_t at_ns = tourney_top(&f->deadlines).key;

	if (f->accept_again_ns != 0 && f->accept_again_ns < at_ns)
		at_ns = f->accept_again_ns;
	if (f->is_stopping && f->stop_deadline_ns < at_ns)
		at_ns = f->stop_deadline_ns;
	return at_ns;
}

static bool
has_work(const struct front *f, uint64_t now_ns)
{
	if (f->is_broken)
		return false;
	if (!f->is_stopping)
		return true;
	if (now_ns >= f->stop_deadline_ns)
		return false;
	return broker_is_busy(&f->broker) ||
	       tourney_top(&f->deadlines).key != TOURNEY_NONE;
}

/* Connections, the slots' and the loop's own descriptors. */
static void
raise_descriptor_limit(const struct config *config)
{
	struct rlimit r;
	rlim_t wanted = config->max_connections + (rlim_t)FRONT_RESERVE + 64;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur >= wanted)
		return;
	r.rlim_cur = wanted < r.rlim_max ? wanted : r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
	if (r.rlim_cur < wanted)
		log_line(LOG_WARNING,
			 "only %llu file descriptors can be had here: -max-connections "
			 "will not be reached",
			 (unsigned long long)r.rlim_cur);
}

static int
set_up(struct front *f)
{
	static const int terminate = SIGTERM; /* the launcher passes it on */
	const struct config *config = f->config;
	int signal_fd = signals_open_for(&terminate, 1);
	int rc;

	raise_descriptor_limit(config);
	f->n_seats = config->max_connections + FRONT_RESERVE;
	f->conns = calloc(f->n_seats, sizeof(struct conn *));
	f->seats = calloc(f->n_seats, sizeof(struct evict_seat));
	f->deadline_mem = malloc(tourney_bytes(f->n_seats));
	if (!f->conns || !f->seats || !f->deadline_mem)
		return -ENOMEM;
	tourney_init(&f->deadlines, f->n_seats, f->deadline_mem);
	f->listener.on_ready = on_listener;
	f->bell.on_ready = on_bell;
	f->signals.on_ready = on_signal;
	f->launcher.on_ready = on_launcher;
	rc = loop_init(&f->loop);
	if (rc == 0)
		rc = loop_add(&f->loop, &f->listener, config->listen_fd, LOOP_IN);
	if (rc == 0)
		rc = loop_add(&f->loop, &f->bell, config->bell, LOOP_IN);
	if (rc == 0)
		rc = loop_add(&f->loop, &f->signals, signal_fd, LOOP_IN);
	return rc == 0 ? loop_add(&f->loop, &f->launcher, config->launcher_fd, 0) : rc;
}

int
front_run(const struct config *config)
{
	static struct front front; /* one a process */
	struct front *f = &front;
	uint64_t now_ns = clock_monotonic_ns();
	char mem[256];
	struct text why;
	int rc;

	f->config = config;
	broker_init(&f->broker, config);
	f->broker.n_connections = &f->n_connections;
	f->broker.links_fd = links_open(); /* the sandbox has no socket call */
	rc = set_up(f);
	if (rc < 0) {
		log_line(LOG_ERROR, "the front cannot start: %s", strerror(-rc));
		return 1;
	}
	text_init(&why, mem, sizeof(mem) - 1);
	if (!confine_front(&why)) {
		log_line(LOG_ERROR, "%s", text_cstr(&why));
		return 1;
	}
	while (has_work(f, now_ns)) {
		now_ns =
		    loop_run_once(&f->loop, f->has_backlog ? 0 : next_deadline_ns(f));
		run_deadlines(f, now_ns);
		settle_all(f, now_ns);
	}
	return f->is_broken ? 1 : 0;
}
