/* The only caller of epoll. It knows watches, timers and calls, and nothing of what they
 * are for. */
#include "sys/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "sys/clock.h"

#define LOOP_BATCH 128 /* events taken per wait: more only delays the deadlines */

int
loop_init(struct loop *l)
{
	*l = (struct loop){.epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
	return l->epoll_fd < 0 ? -errno : 0;
}

void
loop_fini(struct loop *l)
{
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	l->epoll_fd = -1;
}

void
loop_watch_init(struct loop_watch *w,
		void (*on_ready)(struct loop_watch *w, unsigned ready, uint64_t now_ns))
{
	*w = (struct loop_watch){.fd = -1, .on_ready = on_ready};
}

void
loop_timer_init(struct loop_timer *t,
		void (*on_time)(struct loop_timer *t, uint64_t now_ns))
{
	*t = (struct loop_timer){.on_time = on_time};
}

static uint32_t
events_of(unsigned interest)
{
	uint32_t events = 0;

	if (interest & LOOP_IN)
		events |= EPOLLIN;
	if (interest & LOOP_OUT)
		events |= EPOLLOUT;
	return events;
}

int
loop_add(struct loop *l, struct loop_watch *w, int fd, unsigned interest)
{
	struct epoll_event e = {.events = events_of(interest), .data.ptr = w};

	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0)
		return -errno;
	w->fd = fd;
	w->interest = interest;
	return 0;
}

void
loop_set(struct loop *l, struct loop_watch *w, unsigned interest)
{
	struct epoll_event e = {.events = events_of(interest), .data.ptr = w};

	if (w->fd < 0 || w->interest == interest)
		return;
	w->interest = interest;
	epoll_ctl(l->epoll_fd, EPOLL_CTL_MOD, w->fd, &e);
}

void
loop_remove(struct loop *l, struct loop_watch *w)
{
	if (w->fd < 0)
		return;
	epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, w->fd, NULL);
	w->fd = -1;
	for (int i = 0; i < l->n_batch; i++)
		if (l->batch[i].data.ptr == w)
			l->batch[i].data.ptr = NULL;
}

void
loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at_ns)
{
	if (heap_has(&l->timers, &t->node) && t->node.key == at_ns)
		return;
	heap_remove(&l->timers, &t->node);
	if (at_ns == LOOP_NEVER)
		return;
	/* a handler that sets its timer for a time that has passed must not hold the round */
	heap_add(&l->timers, &t->node, at_ns > l->now_ns ? at_ns : l->now_ns + 1);
}

void
loop_timer_cancel(struct loop *l, struct loop_timer *t)
{
	heap_remove(&l->timers, &t->node);
}

void
loop_defer(struct loop *l, struct loop_call *c)
{
	struct loop_call **last = &l->calls;

	if (c->link)
		return;
	while (*last)
		last = &(*last)->next;
	c->next = NULL;
	c->link = last;
	*last = c;
}

void
loop_defer_cancel(struct loop_call *c)
{
	if (!c->link)
		return;
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->link = NULL;
}

/* Rounded up, so that a deadline has passed when the wait for it ends. */
static int
timeout_ms(uint64_t deadline_ns)
{
	uint64_t now = clock_monotonic_ns();
	uint64_t ms;

	if (deadline_ns == LOOP_NEVER)
		return -1;
	if (deadline_ns <= now)
		return 0;
	ms = (deadline_ns - now + 999999) / 1000000;
	return ms > 60000 ? 60000 : (int)ms;
}

static unsigned
ready_of(uint32_t events)
{
	unsigned ready = 0;

	if (events & EPOLLIN)
		ready |= LOOP_IN;
	if (events & EPOLLOUT)
		ready |= LOOP_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		ready |= LOOP_GONE;
	return ready;
}

static void
run_handlers(struct loop *l)
{
	while (l->n_batch > 0) {
		struct epoll_event e = *l->batch++;
		struct loop_watch *w = e.data.ptr;

		l->n_batch--;
		if (w)
			w->on_ready(w, ready_of(e.events), l->now_ns);
	}
}

static void
run_timers(struct loop *l)
{
	while (l->timers.root && l->timers.root->key <= l->now_ns) {
		struct loop_timer *t =
		    LOOP_OWNER(struct loop_timer, node, l->timers.root);

		heap_remove(&l->timers, &t->node);
		t->on_time(t, l->now_ns);
	}
}

/* In a list of their own: what they defer is not for this round. */
static void
run_calls(struct loop *l)
{
	struct loop_call *calls = l->calls;

	if (!calls)
		return;
	l->calls = NULL;
	calls->link = &calls;
	while (calls) {
		struct loop_call *c = calls;

		loop_defer_cancel(c);
		c->on_call(c, l->now_ns);
	}
}

uint64_t
loop_run_once(struct loop *l, uint64_t deadline_ns)
{
	struct epoll_event e[LOOP_BATCH];

	if (l->timers.root && l->timers.root->key < deadline_ns)
		deadline_ns = l->timers.root->key;
	if (l->calls)
		deadline_ns = 0;
	l->n_batch = epoll_wait(l->epoll_fd, e, LOOP_BATCH, timeout_ms(deadline_ns));
	l->batch = e;
	l->now_ns = clock_monotonic_ns();
	run_handlers(l);
	run_timers(l);
	run_calls(l);
	l->batch = NULL;
	return l->now_ns;
}
