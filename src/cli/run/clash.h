#ifndef CLI_RUN_CLASH_H
#define CLI_RUN_CLASH_H

#include "cli/options/options.h"
#include "cli/run/fault.h"
#include "cli/target/target.h"

/* Says each target that would be gone before it is read, since it is written, too:
 * APP_USAGE, or APP_OK. */
enum app_status clash_refuse(const struct options *o, const struct target *list,
			     size_t n);

#endif
