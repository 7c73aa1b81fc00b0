#ifndef CLI_SOURCE_REACH_H
#define CLI_SOURCE_REACH_H

#include "cli/link/call.h"

/*
 * The way to a target's packets, from its name to the head of the answer:
 *
 *   reach_start --> RESOLVING --> CONNECTING --> READY --reach_ask--> ASKING --> OPEN
 *
 * Each step has --connect-timeout. It logs nothing and decides nothing: what failed, and
 * whether it may be better next time, is returned.
 */
#define REACH_REASON_MAX  512
#define REACH_REQUEST_MAX HTTP_HEAD_MAX

enum reach_state {
	REACH_IDLE,
	REACH_RESOLVING,
	REACH_CONNECTING,
	REACH_READY, /* waits for reach_ask */
	REACH_ASKING /* up to the body, or to the words of a refusal */
};

struct reach {
	struct call call;
	const struct options *options;
	const char *ports_field; /* both ends' ports, for the request */
	const char *beside; /* what is asked for beside the capture; NULL: the capture */
	uint32_t id;	    /* of its look-ups */
	enum reach_state state;
	uint64_t deadline_ns; /* of the state */
	char reason[REACH_REASON_MAX];
	const char *advice; /* about it; NULL: none */
};

enum reach_result {
	REACH_MORE,
	REACH_CONNECTED, /* call_address says where */
	REACH_CAPTURE,	 /* the capture begins at once; see call_take */
	REACH_OPEN,	 /* r->call.exchange: the body begins; see call_take */
	REACH_LOST,	 /* r->reason, r->advice: it may be better next time */
	REACH_FAILED,	 /* likewise: there is no use in trying again */
	REACH_MISSING	 /* likewise: the interface is not there; it may come back */
};

void reach_init(struct reach *r, const struct net_env *env, const struct target *target,
		void (*on_ready)(struct call *c, uint64_t now_ns));

/* Before it starts: with the options, in look-ups by id, for what lies beside the capture
 * (NULL: the capture; ports_field: both ends' ports, for its request). All borrowed. */
void reach_want(struct reach *r, const struct options *o, uint32_t id,
		const char *ports_field, const char *beside);

enum reach_result reach_start(struct reach *r, uint64_t now_ns);

/* The name was looked up; q stays the caller's. */
enum reach_result reach_resolved(struct reach *r, const struct resolve_request *q,
				 uint64_t now_ns);

/* Of a ready one. */
enum reach_result reach_ask(struct reach *r, uint64_t now_ns);

/* The call is ready, or reach_deadline is over. */
enum reach_result reach_step(struct reach *r, uint64_t now_ns);
uint64_t reach_deadline(const struct reach *r);

/* Closes everything; legal from any state. */
void reach_close(struct reach *r);

#endif
