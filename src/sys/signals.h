#ifndef SYS_SIGNALS_H
#define SYS_SIGNALS_H

/*
 * Signals as a descriptor: SIGINT, SIGTERM and SIGHUP are blocked in this thread and in
 * all it starts later, and are read here. SIGPIPE is ignored: writes say EPIPE.
 */

/* The descriptor (non-blocking, close-on-exec), or -errno. */
int signals_open(void);

/* The next signal's number, 0 when there is none. */
int signals_read(int fd);

#endif
