#ifndef WORKER_LAUNCHER_LAUNCHER_H
#define WORKER_LAUNCHER_LAUNCHER_H

#include "worker/common/config.h"

/*
 * The first process: keeps CAP_NET_RAW and nothing else, parses nothing. Forks the front,
 * then a capture process for each request that the front passes on, and puts into the
 * slots how each ended. Identity and root directory change before the first fork.
 */
#define LAUNCHER_STOP_NS 5000000000u /* from SIGTERM until what is left is killed */

/* Runs until it is told to stop (0) or a process it needs is gone (1). */
int launcher_run(const struct config *config);

#endif
