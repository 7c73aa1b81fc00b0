#ifndef CLI_RUN_WAYS_H
#define CLI_RUN_WAYS_H

#include "cli/run/fault.h"
#include "cli/run/pump.h"

/* --path in a run: the targets that it is about, and its end. Failures are logged. */

/* OK without --path, too. */
enum app_status ways_open(struct paths *paths, const struct pump *pump,
			  const struct target *targets, uint32_t n);

/* The last look, once nothing more can come, and the report; before standard output is
 * closed. exit_status is the run's so far. */
enum app_status ways_report(struct pump *pump, unsigned exit_status);

#endif
