#ifndef CLI_SOURCE_PROBE_H
#define CLI_SOURCE_PROBE_H

#include "cli/link/call.h"
#include "merge/clock_offset.h"

/*
 * Exchanges with the /clock of a target's worker, over a connection of their own that is
 * kept: a burst when the worker has answered, or before if it is eager, then one every
 * CLOCK_OFFSET_PERIOD_NS.
 *
 *   closed --due--> dialing --> talking --burst is over--> ready
 *    ^                             ^                         |
 *    '-- closed, late, odd         '---------- due ----------'
 *
 * What goes wrong ends the burst, and is tried again.
 */
#define PROBE_PATIENCE_NS 5000000000u /* for an exchange; an answer so late says little */
#define PROBE_REFUSED_NS \
	UINT64_C(300000000000) /* there is no /clock: a newer worker, some day */
#define PROBE_HEAD_MAX 2048u   /* of an answer, with the fields that proxies add */

struct addresses;

struct probe { /* zeroed: of a target without a clock; every call is legal */
	struct call call;
	struct clock_offset offset;  /* what was measured */
	struct addresses *addresses; /* asked for, too; NULL: no. Borrowed */
	bool is_asking_addresses;    /* the exchange under way is about them */
	bool has_addresses;	     /* of this connection of the capture */
	struct net_address address;  /* of the capture's connection: the same worker */
	bool is_eager;		     /* asks before the capture is asked for */
	bool is_started;	     /* for this connection of the capture */
	bool is_allowed;	     /* likewise: its worker may be asked */
	bool is_measuring; /* the first burst beside this connection is not over */
	bool is_kept;	   /* nothing came on the connection since a burst was over */
	bool is_refused;   /* the last answer was none: there is no such clock */
	unsigned status;   /* of that */
	uint64_t deadline_ns;
	uint64_t t0_ns; /* steady, as all times of struct clock_offset */
};

enum probe_result {
	PROBE_MORE,
	PROBE_LOOK,    /* a burst is over: more may be known */
	PROBE_NO_CLOCK /* likewise, and there was no clock, for the first time */
};

void probe_init(struct probe *p, const struct net_env *env, const struct target *target,
		bool is_eager, void (*on_ready)(struct call *c, uint64_t now_ns));
void probe_fini(struct probe *p);

/* The capture is, or will be, connected to this address (of the proxy, where there is
 * one): an eager one's burst is due. Until probe_stop no other one can be given. */
void probe_start(struct probe *p, const struct net_address *address, uint64_t now_ns);

/* The only connection there is: it is the probe's for the first burst, which is due, and
 * comes back by probe_return; closed, where the burst failed. */
void probe_borrow(struct probe *p, struct transport t, uint64_t now_ns);
struct transport probe_return(struct probe *p);

/* The worker behind that address is one that may have a clock: a burst is due, if there
 * was none yet. */
void probe_allow(struct probe *p, uint64_t now_ns);

/* Closes its connection; legal at any time. */
void probe_stop(struct probe *p);

/* Whether the first burst is due or under way. */
bool probe_is_measuring(const struct probe *p);

/* When probe_expire is to be called; probe_step, whenever the call is ready. */
uint64_t probe_deadline(const struct probe *p);
enum probe_result probe_expire(struct probe *p, uint64_t now_ns);
enum probe_result probe_step(struct probe *p, uint64_t now_ns);

/* Whether the answer to a capture is that of a worker that may have a clock. */
bool probe_may_ask(const struct target *t, const struct http_response_head *head);

#endif
