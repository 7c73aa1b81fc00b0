#ifndef SYS_LOOP_H
#define SYS_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The event loop: level-triggered epoll over watches that their owners embed. Handlers
 * never free a watch that the current batch may still name: they call loop_remove, mark
 * what they own as closed, and free it after loop_run_once has returned.
 */
#define LOOP_IN	   1u
#define LOOP_OUT   2u
#define LOOP_GONE  4u /* the peer hung up or the descriptor failed; always reported */
#define LOOP_NEVER UINT64_MAX

struct loop {
	int epoll_fd;
};

struct loop_watch {
	int fd; /* -1: not watched */
	unsigned interest;
	void (*on_ready)(struct loop_watch *w, unsigned ready, uint64_t now_ns);
};

/* 0 or -errno. */
int loop_init(struct loop *l);
void loop_fini(struct loop *l);

/* Watches fd, which stays the caller's, for interest (0 is allowed). 0 or -errno. */
int loop_add(struct loop *l, struct loop_watch *w, int fd, unsigned interest);

/* Changes the interest; no system call when nothing changes. */
void loop_set(struct loop *l, struct loop_watch *w, unsigned interest);

/* Ends the watch; w->fd becomes -1 and the descriptor stays open. Legal when not watched. */
void loop_remove(struct loop *l, struct loop_watch *w);

/*
 * Waits until something is ready or CLOCK_MONOTONIC reaches deadline_ns (LOOP_NEVER: no
 * deadline; one that has passed: only looks), then calls the handlers of all that is
 * ready. Returns the time read after the wait.
 */
uint64_t loop_run_once(struct loop *l, uint64_t deadline_ns);

#endif
