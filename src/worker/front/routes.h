#ifndef WORKER_FRONT_ROUTES_H
#define WORKER_FRONT_ROUTES_H

#include "worker/front/conn.h"

/* What each path answers. */

/* Answers the request in c->http, or asks the broker for a capture. */
void routes_handle(struct conn *c, uint64_t now_ns);

/* Asks the broker (again) for the capture in c->request. */
void routes_start(struct conn *c, uint64_t now_ns);

/* Answers a connection in CONN_COUNTING, if its capture has ended; or with what is known. */
void routes_count(struct conn *c, uint64_t now_ns);
void routes_count_late(struct conn *c, uint64_t now_ns);

#endif
