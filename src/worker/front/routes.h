#ifndef WORKER_FRONT_ROUTES_H
#define WORKER_FRONT_ROUTES_H

#include "http/head.h"
#include "http/target.h"
#include "worker/front/answer.h"
#include "worker/front/broker.h"

/*
 * What each path answers. Whatever is to be done for it is returned, and done by the
 * owner of the connection.
 */
struct routes_view {
	const struct config *config;
	bool may_capture;	     /* packet sockets can be had */
	const struct broker *broker; /* as broker_refresh left it */
	const struct metrics *metrics;
	int links_fd; /* route netlink, for /interfaces and /metrics */
	size_t n_connections;
};

struct routes_request {
	const struct http_request_head *head;
	const struct http_target *target;
	const struct net_address *peer;
	bool is_reserve; /* the connection is for GET /captures/ID, and nothing else */
};

enum routes_result {
	ROUTES_ANSWER,	/* answer has it */
	ROUTES_CAPTURE, /* request is to be started: a capture, or a validation */
	ROUTES_COUNT	/* the counts of the capture with this ID are asked for */
};

struct routes_reply {
	struct answer answer;
	struct request request; /* but for local, which the socket knows */
	bool has_bad_options;	/* what is malformed in Ddump-Options is ignored */
	bool has_bad_hints;	/* likewise in the headers about own traffic */
	bool is_stop;		/* end the capture before it is counted */
	uint8_t id[REQUEST_ID_SIZE];
};

enum routes_result routes_answer(const struct routes_view *v,
				 const struct routes_request *q, struct routes_reply *r);

#define ROUTES_FULL_TEXT       "too many connections; try again"
#define ROUTES_NO_CAPTURE_TEXT "no capture has this ID"

#endif
