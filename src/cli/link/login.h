#ifndef CLI_LINK_LOGIN_H
#define CLI_LINK_LOGIN_H

#include "cli/link/boot.h"
#include "cli/link/command.h"

/*
 * From a target that is reached by a command to a worker on the command's standard input and
 * output, or to tcpdump's capture:
 *
 *   its turn (--ssh-jobs) --> command --> boot.sh --> HTTP | capture
 *
 * A server that has too many logins at once (MaxStartups) is tried again soon.
 */
#define LOGIN_TRIES   4
#define LOGIN_POLL_NS 50000000u /* for its turn */
#define LOGIN_AGAIN_NS \
	500000000u /* after the first failure; then twice as long each time */

struct login {
	const struct net_env *env;
	const struct target *target;
	struct boot_options options;
	struct boot boot;
	bool has_place; /* among those that log in */
	bool is_heard;	/* it got an answer */
	unsigned n_tries;
	uint64_t at_ns; /* when it begins, or looks again */
	uint64_t deadline_ns;
	char filter[8192 + 1]; /* for tcpdump */
	char arguments[128];
	char sudo[128];
	char path[256];
	char reason[512]; /* of LOST and REFUSED; escaped */
	const char *advice;
};

/* NULL: no memory. */
struct login *login_new(const struct net_env *env, const struct target *target,
			uint64_t now_ns);
void login_free(struct login *l);

enum login_result {
	LOGIN_MORE,
	LOGIN_AGAIN, /* close the transport, then step */
	LOGIN_HTTP,
	LOGIN_CAPTURE,
	LOGIN_LOST,
	LOGIN_REFUSED
};

/* Opens the transport, and talks over it. *wants: what it waits for. */
enum login_result login_step(struct login *l, struct transport *t, uint64_t now_ns,
			     unsigned *wants);

uint64_t login_deadline(const struct login *l);

#endif
