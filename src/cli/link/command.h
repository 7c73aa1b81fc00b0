#ifndef CLI_LINK_COMMAND_H
#define CLI_LINK_COMMAND_H

#include "cli/link/env.h"
#include "cli/target/target.h"
#include "sys/transport.h"

/* The command behind a target. What it writes to standard error is logged. */
#define COMMAND_PATIENCE_NS \
	500000000u		   /* from the end of its input to SIGTERM, and SIGKILL */
#define COMMAND_SSH_NS 2000000000u /* the same of ssh: its end comes over the network */

/* Runs it: 0, or -errno with t closed. */
int command_start(struct transport *t, const struct net_env *env,
		  const struct target *target);

/* The same for one that takes boot.sh, of so many bytes: ssh(1), or a command that runs the
 * words behind it elsewhere. may_ask: ssh may ask for a password on the terminal. */
int command_start_shell(struct transport *t, const struct net_env *env,
			const struct target *target, size_t script_size, bool may_ask);

/* An empty line: a worker without a listener ends when it hears nothing, and a server skips
 * empty lines (RFC 9112 section 2.2). */
void command_pulse(struct transport *t);

#endif
