#ifndef WORKER_FRONT_FRONT_H
#define WORKER_FRONT_FRONT_H

#include "worker/common/config.h"

/*
 * The process that clients talk to: accepts, parses HTTP, answers everything but a
 * running capture. It has no capability and opens no file.
 */
#define FRONT_RESERVE 4 /* connections beyond all others, for GET /captures/ID */

/*
 * Runs until SIGTERM (0) or until it cannot go on (1). launcher_fd: a socket to the
 * launcher (common/messages.h). stdio_fd: with -stdio, the only connection there will be.
 * may_capture: packet sockets can be had.
 */
int front_run(const struct config *config, int launcher_fd, int stdio_fd,
	      bool may_capture);

#endif
