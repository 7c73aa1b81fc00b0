#ifndef WORKER_LAUNCHER_CHECK_H
#define WORKER_LAUNCHER_CHECK_H

#include "worker/common/config.h"

/*
 * ddump-worker -check: prints what this machine gives, a line each, on stdout, and tries a
 * capture. True when captures will work. Gives up privileges like the worker itself.
 */
bool check_run(const struct config *config);

/*
 * Whether captures can be made with each of the -exclude filters: tried in processes of
 * their own, which take at most COMPILE_WALL_S each. False: why has one sentence. True as
 * well where nothing can be captured anyway.
 */
bool check_excludes(const struct config *config, struct text *why);

/* libpcap's version text, static. */
const char *check_library(void);

#endif
