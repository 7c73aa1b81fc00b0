#ifndef WORKER_COMMON_CALLS_H
#define WORKER_COMMON_CALLS_H

#include <stdbool.h>

/*
 * The system calls that the front and, in two steps, a capture process may make. 0, or
 * -errno when the filter is not in force.
 */

/*
 * The front: connections, time, memory, and passing requests on. Anything else kills.
 */
int calls_allow_front(void);

/* The relay of -stdio: bytes to and fro, and SIGTERM to parent_pid. Anything else kills. */
int calls_allow_relay(int parent_pid);

/* While libpcap compiles: memory, reading files (Landlock says which), and what follows
 * in calls_allow_stream. Anything else fails with EPERM; sockets only if may_resolve. */
int calls_allow_compile(bool may_resolve);

/* While packets flow: writing only to these two descriptors (a packet socket that can be
 * written to can inject), questions only to the packet socket. Anything else kills. */
int calls_allow_stream(int client_fd, int wake_fd, int packet_fd);

#endif
