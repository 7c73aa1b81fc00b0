#ifndef WORKER_FRONT_FRONT_H
#define WORKER_FRONT_FRONT_H

#include "worker/common/config.h"

/*
 * The process that clients talk to: accepts, parses HTTP, answers everything but a
 * running capture. It has no capability and opens no file.
 */
#define FRONT_VALIDATIONS_MAX 2 /* at once; a third waits */
#define FRONT_RESERVE	      4 /* connections beyond all others, for GET /captures/ID */

#define FRONT_HEAD_NS	 UINT64_C(10000000000) /* for a request head to be complete */
#define FRONT_RESERVE_NS UINT64_C(5000000000)  /* the same, on a place of the reserve */
#define FRONT_IDLE_NS	 UINT64_C(60000000000) /* between two requests */
#define FRONT_WRITE_NS	 UINT64_C(10000000000) /* for a client to take a short answer */
#define FRONT_START_NS	 UINT64_C(10000000000) /* for a capture process to say yes or no */
#define FRONT_COUNT_NS	 UINT64_C(5000000000)  /* for a capture to end that is stopped */
#define FRONT_LINGER_NS	 1000000000u /* to read away what follows a last answer */

/* Runs until SIGTERM (0) or until it cannot go on (1). */
int front_run(const struct config *config);

#endif
