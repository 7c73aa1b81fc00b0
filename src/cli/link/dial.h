#ifndef CLI_LINK_DIAL_H
#define CLI_LINK_DIAL_H

#include "cli/link/env.h"
#include "cli/link/exchange.h"
#include "cli/link/login.h"
#include "cli/target/target.h"
#include "sys/connect.h"
#include "sys/transport.h"

/*
 * One connection to a target, ready for a request:
 *
 *   addresses -> connection -> (tunnel through the proxy) -> (TLS) -> transport
 *   command   -> login ---------------------------------------------> transport
 *
 * Each step has --connect-timeout for itself. Names are looked up elsewhere.
 */
#define DIAL_REASON_MAX 512

enum dial_state {
	DIAL_IDLE, /* not begun, or over */
	DIAL_CONNECTING,
	DIAL_TUNNEL, /* asks the proxy for a tunnel */
	DIAL_HANDSHAKE,
	DIAL_LOGIN /* by a command: login.h */
};

struct dial {
	const struct net_env *env;
	const struct target *target;
	void (*on_ready)(struct dial *d, uint64_t now_ns);
	enum dial_state state;
	struct transport transport;
	struct loop_watch watch; /* of the transport, while it is ours */
	uint64_t deadline_ns;
	char reason[DIAL_REASON_MAX]; /* of a failure, escaped, for a message */
	const char *advice;	      /* about it; NULL: none */
	struct connect connect;
	struct exchange *tunnel; /* NULL: none is asked for */
	struct login *login;	 /* NULL: none is under way */
	bool is_capture;	 /* of DONE: what comes is no answer, but a capture */
	char
	    peer[64]; /* likewise: "ADDRESS:PORT" of ours as the host sees it; or empty */
};

/* For one that was never started: what follows is legal then. */
void dial_init(struct dial *d, const struct net_env *env, const struct target *target);

/*
 * To any of the addresses (copied): the target's, or the proxy's where there is one. The
 * connection must be there by deadline_ns. Nothing is tried before the first dial_step;
 * on_ready and dial_deadline say when to call it.
 */
void dial_start(struct dial *d, const struct net_address *list, size_t n,
		uint64_t deadline_ns, void (*on_ready)(struct dial *d, uint64_t now_ns));

enum dial_result {
	DIAL_MORE,
	DIAL_DONE,   /* d->transport is the caller's, see dial_take */
	DIAL_LOST,   /* d->reason, d->advice: it may be better next time */
	DIAL_REFUSED /* likewise: there is no use in trying again */
};

enum dial_result dial_step(struct dial *d, uint64_t now_ns);

/* After DONE: hands the transport over, not watched by anybody. */
struct transport dial_take(struct dial *d);

uint64_t dial_deadline(const struct dial *d);

/* Closes everything; legal from any state. d->reason stays. */
void dial_cancel(struct dial *d);

/* Whether the way leads through the proxy. */
bool dial_is_proxied(const struct net_env *env, const struct target *target);

/* Has the name looked up, of the target or of the proxy: the answer has this id. 0 or
 * -errno. */
int dial_look_up(const struct net_env *env, const struct target *target, uint32_t id);

#endif
