#ifndef CLI_RUN_VERDICT_H
#define CLI_RUN_VERDICT_H

#include "cli/options/options.h"
#include "cli/run/fault.h"
#include "cli/source/fleet.h"

/* The exit status of a run that is over; has_failed: its output. */
enum app_status verdict_of(const struct options *o, const struct fleet *f,
			   bool has_failed);

#endif
