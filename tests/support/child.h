#ifndef SUPPORT_CHILD_H
#define SUPPORT_CHILD_H

#include <stdbool.h>

/*
 * A process for code that changes its process for ever: identity, root directory, allowed
 * system calls. It shares its memory with a guardian, which forked it by vfork and stays as
 * it was: so a build with coverage sees the lines that it ran.
 */
struct child {
	int pid;
	int guardian;
};

#define CHILD_MAX_S 60 /* one that runs longer is killed, and has failed */

typedef int child_fn(void *arg);

void child_start(struct child *c, child_fn *fn, void *arg);

/* Waits for its end: what fn returned, or 128 + the signal that ended it. */
int child_wait(struct child *c);

/* Both. */
int child_run(child_fn *fn, void *arg);

/*
 * For the test program itself: a network of its own, with nothing but the loopback
 * interface, up. False where the kernel does not allow it: then skip().
 */
bool child_enter_network(void);

#endif
