#ifndef WORKER_CHECK_H
#define WORKER_CHECK_H

#include "worker/config.h"

/*
 * ddump-worker -check: prints what this machine gives, a line each, on stdout, and tries a
 * capture. True when captures will work. Gives up privileges like the worker itself.
 */
bool check_run(const struct config *config);

#endif
