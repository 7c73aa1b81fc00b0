#ifndef SYS_SIGNALS_H
#define SYS_SIGNALS_H

#include <stddef.h>

/*
 * Signals as a descriptor: SIGINT, SIGTERM and SIGHUP are blocked in this thread and in
 * all it starts later, and are read here. SIGPIPE and SIGXFSZ are ignored: writes say
 * EPIPE and EFBIG. SIGCHLD is blocked, for spawn.h.
 */

/* The descriptor (non-blocking, close-on-exec), or -errno. */
int signals_open(void);

/*
 * The same for a process of several that are stopped by one of them: SIGINT, SIGTERM and
 * SIGHUP are blocked, the n given numbers are read.
 */
int signals_open_for(const int *numbers, size_t n);

/* Stops this process as SIGTSTP does, which is blocked; returns when it is continued. */
void signals_suspend(void);

/* Whatever a parent left ignored or blocked acts as it should from here on. */
void signals_reset(void);

/* The next signal's number, 0 when there is none. */
int signals_read(int fd);

#endif
