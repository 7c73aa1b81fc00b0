#ifndef WORKER_CAPTURE_PROCESS_H
#define WORKER_CAPTURE_PROCESS_H

#include "worker/common/config.h"

/*
 * The whole life of one capture process, from the open socket to the last chunk, in a
 * process of its own that is forked for it:
 *
 *   open -> give up CAP_NET_RAW -> compile under limits -> arm -> committed
 *        -> ring -> chunks -> client, until something ends it
 *
 * Everything up to `committed` that fails is left in the slot for the front to answer.
 * SIGTERM ends the capture because the worker stops, SLOTS_STOP because its
 * client wants no more. Takes client_fd. Returns when the process may exit.
 */
void capture_process_run(const struct config *config, const struct request *r,
			 int client_fd);

#endif
