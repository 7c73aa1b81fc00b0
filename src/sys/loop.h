#ifndef SYS_LOOP_H
#define SYS_LOOP_H

#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"

/*
 * The event loop: level-triggered epoll over watches, timers and deferred calls that their
 * owners embed. A handler may remove and free any of them at once, its own too: the loop
 * forgets what is removed, and what it has still to call in this round with it.
 */
#define LOOP_IN	   1u
#define LOOP_OUT   2u
#define LOOP_GONE  4u /* the peer hung up or the descriptor failed; always reported */
#define LOOP_NEVER UINT64_MAX

/* What embeds the watch, timer or call at p as its member. */
#define LOOP_OWNER(type, member, p) ((type *)(void *)((char *)(p)-offsetof(type, member)))

struct epoll_event;
struct loop_call;

struct loop {
	int epoll_fd;
	struct epoll_event *batch; /* events whose handlers have not been called yet */
	int n_batch;
	struct heap timers;
	struct loop_call *calls; /* deferred to the end of this round */
	uint64_t now_ns;	 /* CLOCK_MONOTONIC after the last wait */
};

struct loop_watch {
	int fd; /* -1: not watched */
	unsigned interest;
	void (*on_ready)(struct loop_watch *w, unsigned ready, uint64_t now_ns);
};

/* Zeroed but for on_time: not set. */
struct loop_timer {
	struct heap_node node;
	void (*on_time)(struct loop_timer *t, uint64_t now_ns);
};

/* Zeroed but for on_call: not deferred. */
struct loop_call {
	struct loop_call *next;
	struct loop_call **link; /* what points here; NULL: not deferred */
	void (*on_call)(struct loop_call *c, uint64_t now_ns);
};

/* 0 or -errno. */
int loop_init(struct loop *l);
void loop_fini(struct loop *l);

/* What is watched by nobody, set for never and deferred by nobody, and whom it calls. */
void loop_watch_init(struct loop_watch *w,
		     void (*on_ready)(struct loop_watch *w, unsigned ready,
				      uint64_t now_ns));
void loop_timer_init(struct loop_timer *t,
		     void (*on_time)(struct loop_timer *t, uint64_t now_ns));

/* Watches fd, which stays the caller's, for interest (0 is allowed). 0 or -errno. */
int loop_add(struct loop *l, struct loop_watch *w, int fd, unsigned interest);

/* Changes the interest; no system call when nothing changes. */
void loop_set(struct loop *l, struct loop_watch *w, unsigned interest);

/* Ends the watch; w->fd becomes -1 and the descriptor stays open. Legal when not watched. */
void loop_remove(struct loop *l, struct loop_watch *w);

/*
 * Calls t->on_time once, when CLOCK_MONOTONIC has reached at_ns (LOOP_NEVER: cancels),
 * instead of when it was set for before. One that is set for a time that has passed is
 * called after the next wait, which does not wait.
 */
void loop_timer_set(struct loop *l, struct loop_timer *t, uint64_t at_ns);

/* Legal when not set. */
void loop_timer_cancel(struct loop *l, struct loop_timer *t);

/*
 * Calls c->on_call once, after the handlers of this round and before the next wait, in the
 * order of loop_defer; nothing changes when it is deferred already. What a deferred call
 * defers is called a round later, which does not wait.
 */
void loop_defer(struct loop *l, struct loop_call *c);

/* Legal when not deferred. */
void loop_defer_cancel(struct loop_call *c);

/*
 * One round: waits until something is ready, a timer is due, or CLOCK_MONOTONIC reaches
 * deadline_ns (LOOP_NEVER: no deadline; one that has passed: only looks); then calls the
 * handlers of all that is ready, the timers that are due and what was deferred. Returns
 * the time read after the wait.
 */
uint64_t loop_run_once(struct loop *l, uint64_t deadline_ns);

#endif
