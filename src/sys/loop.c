/* The only caller of epoll. It knows watches, and nothing of what they are for. */
#include "sys/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "sys/clock.h"

#define LOOP_BATCH 128 /* events taken per wait: more only delays the deadlines */

int
loop_init(struct loop *l)
{
	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return l->epoll_fd < 0 ? -errno : 0;
}

void
loop_fini(struct loop *l)
{
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	l->epoll_fd = -1;
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

uint64_t
loop_run_once(struct loop *l, uint64_t deadline_ns)
{
	struct epoll_event e[LOOP_BATCH];
	int n = epoll_wait(l->epoll_fd, e, LOOP_BATCH, timeout_ms(deadline_ns));
	uint64_t now = clock_monotonic_ns();

	for (int i = 0; i < n; i++) {
		struct loop_watch *w = e[i].data.ptr;

		if (w->fd >= 0)
			w->on_ready(w, ready_of(e[i].events), now);
	}
	return now;
}
