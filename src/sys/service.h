#ifndef SYS_SERVICE_H
#define SYS_SERVICE_H

/* What a service manager passes and wants to hear (sd_listen_fds(3), sd_notify(3)). */

/*
 * The first listening socket that was passed to this process, made non-blocking and
 * close-on-exec; -1 when none was. The variables are removed from the environment.
 */
int service_listen_fd(void);

/* Closes every descriptor from first on: what a parent left open is nobody's here. */
void service_close_from(int first);

/* Says READY=1, if somebody wants to hear it. */
void service_ready(void);

#endif
