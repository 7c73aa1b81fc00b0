#ifndef CLI_LINK_COMMAND_H
#define CLI_LINK_COMMAND_H

#include "cli/link/env.h"
#include "cli/target/target.h"
#include "sys/transport.h"

/* The command behind a target. What it writes to standard error is logged. */
#define COMMAND_PATIENCE_NS \
	500000000u /* from the end of its input to SIGTERM, and SIGKILL */

/* Runs it: 0, or -errno with t closed. */
int command_start(struct transport *t, const struct net_env *env,
		  const struct target *target);

#endif
