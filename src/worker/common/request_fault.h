#ifndef WORKER_COMMON_REQUEST_FAULT_H
#define WORKER_COMMON_REQUEST_FAULT_H

#include "worker/common/config.h"

/*
 * The front talks to clients: a bug there must not become one of a process that holds
 * CAP_NET_RAW. So its message is held to what a front of ours can say, and to what the
 * operator allows, before anything else looks at it.
 *
 * NULL when every field of r is sound, else the name of one that is not (static). Reads
 * no byte outside of r, whatever r holds.
 */
const char *request_fault(const struct request *r, const struct config *config);

#endif
