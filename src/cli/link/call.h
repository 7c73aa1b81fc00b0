#ifndef CLI_LINK_CALL_H
#define CLI_LINK_CALL_H

#include "cli/link/dial.h"
#include "cli/link/exchange.h"

/*
 * A connection to a target, and exchanges over it, one after the other:
 *
 *   CLOSED --call_dial--> DIALING --> READY --call_ask--> TALKING --> READY
 *
 * on_ready tells the owner that the connection or a deadline is ready; the owner then calls
 * call_step and acts on its result.
 */
enum call_state { CALL_CLOSED, CALL_DIALING, CALL_READY, CALL_TALKING };

struct call_dial;

struct call {
	const struct net_env *env;
	const struct target *target;
	void (*on_ready)(struct call *c, uint64_t now_ns);
	struct loop_watch watch;
	struct transport transport;
	enum call_state state;
	struct call_dial *dial;	   /* NULL: no connection is being made */
	struct exchange *exchange; /* NULL: nothing was asked */
	const char *reason;	   /* of a failure, escaped or ours; until call_settle */
	const char *advice;	   /* about it; NULL: none */
	bool is_capture;	   /* of CONNECTED: what comes is a capture: call_take */
	char peer[64];		   /* likewise: see dial.h */
};

/* Embedded in what outlives call_settle. */
void call_init(struct call *c, const struct net_env *env, const struct target *target,
	       void (*on_ready)(struct call *c, uint64_t now_ns));

/* As dial_start, of a closed one; then call_step. False: no memory. */
bool call_dial(struct call *c, const struct net_address *list, size_t n,
	       uint64_t deadline_ns);

/* Of a ready one: the request is copied; then call_step. False: no memory. */
bool call_ask(struct call *c, enum exchange_kind kind, struct span request,
	      size_t head_size);

/* The same request again. */
void call_ask_again(struct call *c);

enum call_result {
	CALL_MORE,
	CALL_CONNECTED, /* it is ready; call_address */
	CALL_OPEN,	/* c->exchange: the body begins; see call_take */
	CALL_ANSWER,	/* c->exchange->answer; it is ready, if not is_at_end */
	CALL_LOST,	/* c->reason, c->advice: it may be better next time */
	CALL_REFUSED,	/* failed for good: do not retry */
	CALL_BAD	/* c->reason: what came is no answer */
};

/* Behind LOST, REFUSED and BAD call_close it. */
enum call_result call_step(struct call *c, uint64_t now_ns);

/* When call_step is to be called while it dials; else LOOP_NEVER. */
uint64_t call_deadline(const struct call *c);

/* Of CONNECTED: what it is connected to, the target's address or the proxy's. */
const struct net_address *call_address(const struct call *c);

/* Of CONNECTED: our end, where the worker cannot see it: through a tunnel it sees the
 * proxy's address, and nobody tells it ours; behind a command it sees none, and is told the
 * port as well. Else nothing. */
void call_put_own_address(const struct call *c, struct text *out);

/* Of CONNECTED: whether the target's password or token crosses a network in the clear.
 * Behind a proxy the way goes on. */
bool call_shows_password(const struct call *c);

/* Of READY and OPEN: hands the transport over, not watched by anybody. */
struct transport call_take(struct call *c);

/* Of CLOSED: a transport that another one had; then it is ready. False: it is closed, or
 * cannot be watched. */
bool call_give(struct call *c, struct transport t);

/* Closes everything; legal from any state. */
void call_close(struct call *c);

/* After the events of a round: frees what is done with, and c->reason with it. */
void call_settle(struct call *c);

#endif
