#ifndef CLI_SOURCE_TALLY_H
#define CLI_SOURCE_TALLY_H

#include "cli/link/call.h"
#include "cli/model/ledger.h"

/*
 * Asks a target's worker what its captures have counted (GET /captures/ID?stop=1), over a
 * connection of its own: of the capture that was lost, once the worker is reached again,
 * and at the end of the one at work, which is stopped so. What comes goes into the
 * ledger.
 */
#define TALLY_PATIENCE_NS \
	UINT64_C(3000000000)	   /* for an answer: longer than a stop takes */
#define TALLY_LOST_NS  1000000000u /* the same for a worker out of reach */
#define TALLY_HEAD_MAX 2048u	   /* of an answer, with what proxies add */
#define TALLY_ID_SIZE  32u	   /* hex digits */
#define TALLY_CUT_MAX  16u

struct tally { /* zeroed but for the ledger: it asks nothing, and every call is legal */
	struct call call;
	struct ledger *ledger;
	struct net_address address; /* of the capture's connection: the same worker */
	bool is_for_lost;	    /* the question under way */
	bool wants_lost;	    /* to be asked, or under way */
	bool wants_now;
	bool has_failed;  /* there were no counts of the capture at work */
	bool has_refused; /* but an answer */
	bool is_away;	  /* the worker of the one at work may be out of reach */
	uint64_t deadline_ns;
	char now_id[TALLY_ID_SIZE + 1]; /* empty: the answer named none */
	char lost_id[TALLY_ID_SIZE + 1];
	char why[256];		 /* of UNCOUNTED */
	char cut[TALLY_CUT_MAX]; /* how the capture at work ended of itself; empty */
};

enum tally_result {
	TALLY_MORE,
	TALLY_COUNTED,	 /* the ledger has the counts */
	TALLY_LIMITED,	 /* likewise; the capture at work ended by its operator's limit */
	TALLY_UNCOUNTED, /* the worker does not tell: t->why, unless empty */
	TALLY_LOST_UNCOUNTED /* likewise, of the lost one */
};

void tally_init(struct tally *t, const struct net_env *env, const struct target *target,
		struct ledger *ledger, void (*on_ready)(struct call *c, uint64_t now_ns));
void tally_fini(struct tally *t);

/* The worker of the capture that was lost is reached again: it must stop that one
 * before it is asked for another, or packets would be counted, and captured, twice. */
void tally_lose(struct tally *t, const struct net_address *address);

/* Whether the answer to that is still to come. */
bool tally_is_losing(const struct tally *t);

/* The capture is answered: a new line in the ledger. */
void tally_begin(struct tally *t, const struct http_response_head *head);

/* Whether the worker can be asked about the capture at work. */
bool tally_has_id(const struct tally *t);

/* It has ended, or is to end now: asks unless all is known. */
void tally_ask(struct tally *t, bool is_away);

/* A question is open. */
bool tally_is_asking(const struct tally *t);

/* When tally_expire is to be called; tally_step, whenever the call is ready. is_last: the
 * lost one's worker will not be reached once more. */
uint64_t tally_deadline(const struct tally *t);
enum tally_result tally_expire(struct tally *t, bool is_last, uint64_t now_ns);
enum tally_result tally_step(struct tally *t, bool is_last, uint64_t now_ns);

/* After the events of a round: the next question begins, the lost capture's first. */
void tally_settle(struct tally *t, uint64_t now_ns);

#endif
