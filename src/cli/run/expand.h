#ifndef CLI_RUN_EXPAND_H
#define CLI_RUN_EXPAND_H

#include "cli/options/options.h"
#include "cli/run/fault.h"
#include "cli/target/target.h"
#include "sys/loop.h"
#include "sys/resolve.h"

/* The targets: from arguments to a list in which each has one name and one place. */
struct expand {
	const struct options *options;
	struct target *targets; /* the owner's to free */
	uint32_t n;
	struct resolve_request **answers; /* by target, while dns+ names are looked up */
	uint32_t n_looked_up;		  /* answers to come */
};

/* In the id of what it asks for: the rest is a target's. */
#define EXPAND_LOOK_UP 0x80000000u

/* Fills the targets of a zeroed struct. What is wrong is logged. */
enum app_status expand_parse(struct expand *e, const struct options *options);

/* Puts the addresses of dns+ names in their place, which may take --connect-timeout.
 * Answers come in the loop, by expand_take; *is_stopped, set there, ends the wait. */
enum app_status expand_names(struct expand *e, struct loop *loop, struct resolve *resolve,
			     const bool *is_stopped);
void expand_take(struct expand *e, struct resolve_request *q); /* takes q */

#endif
