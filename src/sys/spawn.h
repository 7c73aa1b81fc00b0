#ifndef SYS_SPAWN_H
#define SYS_SPAWN_H

#include <sys/types.h>

#include "base/text.h"
#include "sys/loop.h"

/*
 * Commands whose standard input and output are one stream socket, for programs that have
 * called signals_open:
 *
 *   spawn_start --> runs --(spawn_stop)--> its input ends --> SIGTERM --> SIGKILL
 *
 * The socket's end is read only when the process has ended and all that it wrote to standard
 * error was told: what it says of its failure is known by then. Its process id is kept until
 * spawn_leave, so that a signal reaches nobody else.
 */
#define SPAWN_LINE_MAX	200 /* bytes of a line on standard error; the rest is cut */
#define SPAWN_LINES_MAX 64  /* that are told of one process */
#define SPAWN_DRAIN_NS	500000000u /* for its standard error, which others may hold open */
#define SPAWN_ARGS_MAX	40

struct spawn;

struct spawn_set { /* zeroed at first */
	struct loop *loop;
	struct loop_watch watch; /* SIGCHLD */
	struct spawn *list;
	bool is_open;
};

struct spawn_options {
	const char *const *argv; /* NULL-terminated; argv[0] is looked for in PATH */
	bool has_own_group;   /* else SIGINT, which a terminal sends to all, is ignored */
	uint64_t patience_ns; /* from spawn_stop to SIGTERM, and to SIGKILL */
	void (*on_line)(void *owner,
			struct span line); /* untrusted, without its newline */
	void *owner;
};

/* Copies the options, not what they point to; argv only for the call. 0 or -errno, with the
 * caller's end of the socket in *fd, non-blocking. */
int spawn_start(struct spawn_set *set, const struct spawn_options *o,
		struct spawn **child, int *fd);

/* Its input ends here; what it writes is still for the caller. */
void spawn_stop(struct spawn *c);

/* As spawn_stop, and nobody waits for it any more: c is gone. */
void spawn_leave(struct spawn *c);

/* Whether the process has ended: then its wait status (wait(2)). */
bool spawn_has_ended(const struct spawn *c, int *status);

/* The last line it wrote to standard error, untrusted; or nothing. */
struct span spawn_last_line(const struct spawn *c);

/* Kills what is left, and waits for that. Legal in a zeroed set. */
void spawn_set_fini(struct spawn_set *set);

#endif
