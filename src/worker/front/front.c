/*
 * The front's loop: listening socket, clients, the eventfd of the slots. One event loop,
 * one table of clients.
 */
#include "worker/front/front.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/links.h"
#include "sys/log.h"
#include "sys/loop.h"
#include "sys/signals.h"
#include "worker/common/confine.h"
#include "worker/front/client.h"

#define ACCEPT_BATCH	64 /* connections taken per wake-up: others wait their turn */
#define ACCEPT_PAUSE_NS 100000000u   /* out of descriptors: look again after this */
#define STOP_NS		4500000000u  /* within the launcher's five seconds */
#define PLACE_BYTES_MAX (56u * 1024) /* the README's limits table has it */

struct front;

/* One client's place, with what it waits for. */
struct place {
	struct front *front;
	uint64_t serial; /* of all clients: the lower, the older */
	struct loop_watch watch;
	struct loop_timer deadline;
	struct loop_call turn; /* more to do, after the others */
	struct client client;
};

struct front {
	const struct config *config;
	struct loop loop;
	struct loop_watch listener;
	struct loop_watch bell;
	struct loop_watch signals;
	struct loop_watch launcher;
	struct loop_timer accept_again;
	struct loop_timer patience; /* with connections and captures, once it stops */
	struct place **places;	  /* NULL: free; the last FRONT_RESERVE are the reserve */
	struct evict_seat *seats; /* views of places, as fresh as look_at made them */
	uint32_t n_places;
	uint64_t n_accepted;
	struct client_env env;
	struct broker broker;
	struct metrics metrics;
	bool is_stopping;
	bool is_over; /* no time is left to stop in */
	bool is_broken;
};

static_assert(sizeof(struct place) <= PLACE_BYTES_MAX, "as README says");

static void
retire(struct front *f, struct place *p)
{
	uint32_t number = p->client.number;

	assert(f->places[number] == p);
	broker_forget(&f->broker, number);
	loop_remove(&f->loop, &p->watch);
	loop_timer_cancel(&f->loop, &p->deadline);
	loop_defer_cancel(&p->turn);
	conn_fini(&p->client.conn);
	free(p);
	f->places[number] = NULL;
	f->env.n_clients--;
}

/* Interest and deadline follow from the state; p is gone if it was closed. */
static void
settle(struct front *f, struct place *p)
{
	const struct conn *c = &p->client.conn;

	if (c->state == CONN_CLOSED) {
		retire(f, p);
		return;
	}
	loop_set(&f->loop, &p->watch, conn_interest(c));
	loop_timer_set(&f->loop, &p->deadline, conn_deadline_ns(c));
}

/* As far as it can go without waiting; p may be gone then. */
static void
go_on(struct place *p, unsigned ready, uint64_t now_ns)
{
	if (client_step(&p->client, ready, now_ns))
		loop_defer(&p->front->loop, &p->turn);
	settle(p->front, p);
}

static void
on_client(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	go_on(LOOP_OWNER(struct place, watch, w), ready, now_ns);
}

static void
on_turn(struct loop_call *call, uint64_t now_ns)
{
	go_on(LOOP_OWNER(struct place, turn, call), 0, now_ns);
}

static void
on_deadline(struct loop_timer *t, uint64_t now_ns)
{
	struct place *p = LOOP_OWNER(struct place, deadline, t);

	client_expire(&p->client, now_ns);
	go_on(p, 0, now_ns);
}

static void
ask_again(struct place *p, uint64_t now_ns)
{
	client_ask_again(&p->client, now_ns);
	go_on(p, 0, now_ns);
}

static bool
is_in(const struct place *p, enum conn_state state)
{
	return p && p->client.conn.state == state;
}

/* The client that has waited longest for a validation's place. */
static struct place *
longest_queued(const struct front *f)
{
	struct place *first = NULL;

	for (uint32_t i = 0; i < f->n_places; i++)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): retire empties the place */
		if (is_in(f->places[i], CONN_QUEUED) &&
		    (!first ||
		     f->places[i]->client.conn.since_ns < first->client.conn.since_ns))
			first = f->places[i];
	return first;
}

static void
on_bell(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct front *f = LOOP_OWNER(struct front, bell, w);
	struct broker_event e;
	struct place *p;
	uint64_t rings;

	(void)ready;
	if (read(w->fd, &rings, sizeof(rings)) < 0)
		return;
	while (broker_next_event(&f->broker, now_ns, &e)) {
		client_tell(&f->places[e.number]->client, &e, now_ns);
		go_on(f->places[e.number], 0, now_ns);
	}
	for (uint32_t i = 0; i < f->n_places; i++)
		if (is_in(f->places[i], CONN_COUNTING))
			ask_again(f->places[i], now_ns);
	while (broker_has_place(&f->broker) && (p = longest_queued(f)) != NULL)
		ask_again(p, now_ns);
}

static void
look_at(struct front *f, uint32_t number)
{
	const struct place *p = f->places[number];

	f->seats[number] = p ? conn_seat(&p->client.conn) : (struct evict_seat){0};
	f->seats[number].serial = p ? p->serial : 0;
}

static uint32_t
free_number(const struct front *f, uint32_t first, uint32_t end)
{
	while (first < end && f->places[first])
		first++;
	return first;
}

/* There is no room to wait for anything. What has arrived is read away, since a close with
 * bytes unread resets the connection. */
static void
say_full(struct front *f, int fd)
{
	char mem[ANSWER_MAX];
	struct text t;
	struct answer a;

	text_init(&t, mem, sizeof(mem));
	answer_refuse(&a, 503, span_str(ROUTES_FULL_TEXT));
	answer_emit(&t, &a, false);
	metrics_add_answer(&f->metrics, a.status);
	if (write(fd, t.p, t.n) < 0 || shutdown(fd, SHUT_WR) < 0 ||
	    read(fd, mem, sizeof(mem)) < 0)
		log_line(LOG_DEBUG, "a client was turned away before it was answered");
}

/* Who owes a request is told why it gets no answer; who idles expects a close. */
static void
evict(struct front *f, uint32_t number)
{
	struct place *p = f->places[number];

	if (f->seats[number].kind == EVICT_UNFINISHED)
		say_full(f, p->client.conn.fd);
	retire(f, p);
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
	struct place *p;

	if (number == max)
		number = make_place(f, max, f->n_places, host, now_ns);
	if (number == f->n_places) {
		say_full(f, fd);
		close(fd);
		return;
	}
	p = malloc(sizeof(*p));
	if (!p) {
		close(fd);
		return;
	}
	p->front = f;
	p->serial = f->n_accepted++;
	loop_watch_init(&p->watch, on_client);
	loop_timer_init(&p->deadline, on_deadline);
	p->turn = (struct loop_call){.on_call = on_turn};
	p->client.env = &f->env;
	p->client.number = number;
	conn_init(&p->client.conn, fd, peer, number >= max, now_ns);
	f->places[number] = p;
	f->env.n_clients++;
	if (loop_add(&f->loop, &p->watch, fd, LOOP_IN) < 0)
		conn_close(&p->client.conn);
	settle(f, p);
	look_at(f, number);
}

/* Out of descriptors: room for whoever waits, without knowing who it is. */
static bool
make_room(struct front *f, uint64_t now_ns)
{
	struct evict_host nobody = {.is_counted = false};
	size_t number = evict_choose(f->seats, f->n_places, nobody, now_ns);

	if (number < f->n_places)
		evict(f, (uint32_t)number);
	return number < f->n_places;
}

static void
on_listener(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct front *f = LOOP_OWNER(struct front, listener, w);

	(void)ready;
	for (uint32_t i = 0; i < f->n_places; i++)
		look_at(f, i);
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
			loop_timer_set(&f->loop, &f->accept_again,
				       now_ns + ACCEPT_PAUSE_NS);
			return;
		}
		if (fd == -EAGAIN)
			return;
	}
}

static void
on_accept_again(struct loop_timer *t, uint64_t now_ns)
{
	struct front *f = LOOP_OWNER(struct front, accept_again, t);

	(void)now_ns;
	loop_set(&f->loop, &f->listener, LOOP_IN);
}

static void
begin_stop(struct front *f, uint64_t now_ns)
{
	if (f->is_stopping)
		return;
	f->is_stopping = true;
	broker_close(&f->broker);
	loop_timer_set(&f->loop, &f->patience, now_ns + STOP_NS);
	loop_remove(&f->loop, &f->listener);
	close(f->config->listen_fd);
	for (uint32_t i = 0; i < f->n_places; i++) {
		struct place *p = f->places[i];

		if (!p)
			continue;
		if (p->client.conn.state == CONN_READING) /* what came is answered */
			client_step(&p->client, LOOP_IN, now_ns);
		conn_stop(&p->client.conn);
		settle(f, p);
	}
}

static void
on_patience(struct loop_timer *t, uint64_t now_ns)
{
	(void)now_ns;
	LOOP_OWNER(struct front, patience, t)->is_over = true;
}

static void
on_signal(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct signalfd_siginfo info;

	(void)ready;
	if (read(w->fd, &info, sizeof(info)) == sizeof(info))
		begin_stop(LOOP_OWNER(struct front, signals, w), now_ns);
}

/* The launcher never sends; that its end closed is all there is to hear. */
static void
on_launcher(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	(void)now_ns;
	if (ready & LOOP_GONE)
		LOOP_OWNER(struct front, launcher, w)->is_broken = true;
}

static bool
has_work(const struct front *f)
{
	if (f->is_broken || f->is_over)
		return false;
	return !f->is_stopping || broker_is_busy(&f->broker) || f->env.n_clients > 0;
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
set_up(struct front *f, int stdio_fd)
{
	static const int terminate = SIGTERM; /* the launcher passes it on */
	const struct net_address relay = {.sa.ss_family = AF_UNIX,
					  .size = sizeof(sa_family_t)};
	const struct config *config = f->config;
	int signal_fd = signals_open_for(&terminate, 1);
	int rc;

	raise_descriptor_limit(config);
	f->n_places = config->max_connections + FRONT_RESERVE;
	f->places = calloc(f->n_places, sizeof(struct place *));
	f->seats = calloc(f->n_places, sizeof(struct evict_seat));
	if (!f->places || !f->seats)
		return -ENOMEM;
	loop_watch_init(&f->listener, on_listener);
	loop_watch_init(&f->bell, on_bell);
	loop_watch_init(&f->signals, on_signal);
	loop_watch_init(&f->launcher, on_launcher);
	loop_timer_init(&f->accept_again, on_accept_again);
	loop_timer_init(&f->patience, on_patience);
	rc = loop_init(&f->loop);
	if (rc == 0 && config->is_stdio)
		add_connection(f, stdio_fd, &relay, clock_monotonic_ns());
	else if (rc == 0)
		rc = loop_add(&f->loop, &f->listener, config->listen_fd, LOOP_IN);
	if (rc == 0)
		rc = loop_add(&f->loop, &f->bell, config->bell, LOOP_IN);
	if (rc == 0)
		rc = loop_add(&f->loop, &f->signals, signal_fd, LOOP_IN);
	return rc == 0 ? loop_add(&f->loop, &f->launcher, f->broker.launcher_fd, 0) : rc;
}

int
front_run(const struct config *config, int launcher_fd, int stdio_fd, bool may_capture)
{
	static struct front front; /* one a process */
	struct front *f = &front;
	char mem[256];
	struct text why;
	int rc;

	f->config = config;
	broker_init(&f->broker, config, launcher_fd, &f->metrics);
	f->env = (struct client_env){.config = config,
				     .broker = &f->broker,
				     .metrics = &f->metrics,
				     .may_capture = may_capture};
	f->env.links_fd = links_open(); /* the sandbox has no socket call */
	rc = set_up(f, stdio_fd);
	if (rc < 0) {
		log_line(LOG_ERROR, "the front cannot start: %s", strerror(-rc));
		return 1;
	}
	text_init(&why, mem, sizeof(mem) - 1);
	if (!confine_front(&why)) {
		log_line(LOG_ERROR, "%s", text_cstr(&why));
		return 1;
	}
	while (has_work(f))
		loop_run_once(&f->loop, LOOP_NEVER);
	return f->is_broken ? 1 : 0;
}
