#ifndef WORKER_COMMON_CONFINE_H
#define WORKER_COMMON_CONFINE_H

#include <stdbool.h>

#include "base/text.h"

/*
 * The steps by which front and capture process give up their rights. A kernel that lacks
 * Landlock or seccomp was told of at the start of the worker, and the step is left out. Any
 * other failure is one: the process must not go on with rights that it should not have.
 * False: why has one sentence.
 */

/* The files that libpcap reads names from, NULL-terminated; static. */
const char *const *confine_files(bool may_resolve);

/* The front, before it talks to anybody. */
bool confine_front(struct text *why);

/* The relay of -stdio, before it reads. */
bool confine_relay(int parent_pid, struct text *why);

/* Before a filter is compiled: no capability, no process, no file but those, few calls. */
bool confine_for_compile(bool may_resolve, struct text *why);

/* Before the stream: writing to its client, and reading its ring. */
bool confine_for_stream(int client_fd, int wake_fd, int packet_fd, struct text *why);

#endif
