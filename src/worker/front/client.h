#ifndef WORKER_FRONT_CLIENT_H
#define WORKER_FRONT_CLIENT_H

#include "worker/front/broker.h"
#include "worker/front/conn.h"
#include "worker/front/routes.h"

/*
 * One client: its connection and what it asked for. Owns the way of a request through
 * conn, routes and broker, none of which knows another, and does what they return.
 *
 *   conn_step --request--> routes_answer --start--> broker_start
 *   conn_answer <--------- answer                   broker_next_event --> conn_answer
 *
 * It knows no loop: after each call its owner waits for what conn_interest and
 * conn_deadline_ns say, or frees it when conn.state is CONN_CLOSED.
 */
struct client_env {
	const struct config *config;
	bool may_capture; /* packet sockets can be had */
	struct broker *broker;
	struct metrics *metrics;
	int links_fd;	    /* route netlink, see routes.h */
	uint32_t n_clients; /* the front's */
};

struct client {
	const struct client_env *env;
	uint32_t number; /* its place in the front's table */
	struct conn conn;
	struct routes_reply reply; /* to its last request */
};

#define CLIENT_REQUESTS_MAX 4 /* answered in one call of client_step */

/*
 * Goes on as far as it can without waiting, but so far at most that a client that never
 * lets up does not keep the others waiting: then true, call it again soon.
 */
bool client_step(struct client *c, unsigned ready, uint64_t now_ns);

/* conn_deadline_ns has passed. The caller steps then. */
void client_expire(struct client *c, uint64_t now_ns);

/* What became of the capture that c asked for. The caller steps then. */
void client_tell(struct client *c, const struct broker_event *e, uint64_t now_ns);

/* In QUEUED, when the broker has a place, or in COUNTING, when a slot has changed. The
 * caller steps then. */
void client_ask_again(struct client *c, uint64_t now_ns);

#endif
