#ifndef WORKER_FRONT_HINTS_H
#define WORKER_FRONT_HINTS_H

#include "http/head.h"
#include "worker/common/request.h"

/*
 * Reads Forwarded (or X-Forwarded-For and -Port) and Ddump-Ports of a request:
 * "remote=443,8475; local=50000-50255". False says that something was malformed; what
 * could be read is there.
 */
bool hints_read(struct request_hints *h, const struct http_fields *fields);

#endif
