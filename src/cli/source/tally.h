#ifndef CLI_SOURCE_TALLY_H
#define CLI_SOURCE_TALLY_H

#include "cli/link/dial.h"
#include "cli/source/source.h"
#include "cli/source/tally_answer.h"

/*
 * Asks a source's worker what its captures have counted (GET /captures/ID?stop=1), over a
 * connection of its own: of the capture that was lost, once the worker is reached again,
 * and at the end of the one at work, which is stopped so. What comes goes into the
 * source's ledger.
 *
 *   IDLE --asked--> DIALING --> SENDING --> READING --> IDLE, for the next ID
 */
#define TALLY_PATIENCE_NS \
	UINT64_C(3000000000)	   /* for an answer: longer than a stop takes */
#define TALLY_LOST_NS  1000000000u /* the same for a worker out of reach */
#define TALLY_HEAD_MAX 2048u	   /* of an answer, with what proxies add */
#define TALLY_READ_MAX 4096u	   /* at once */
#define TALLY_ID_SIZE  32u	   /* hex digits */

enum source_tally_state { TALLY_IDLE, TALLY_DIALING, TALLY_SENDING, TALLY_READING };

struct source_tally_work;

struct source_tally {
	struct source *source;
	struct loop_watch watch;
	struct transport transport;
	struct net_address address; /* of the capture's connection: the same worker */
	enum source_tally_state state;
	bool is_for_lost; /* the question under way */
	bool wants_lost;  /* to be asked, or under way */
	bool wants_now;
	bool has_failed; /* there was no answer about the capture at work */
	bool is_overlap; /* the lost one may have gone on beside the one at work */
	unsigned wants;	 /* as a source's */
	uint64_t deadline_ns;
	struct source_tally_work *work; /* NULL: nothing is under way */
	char now_id[TALLY_ID_SIZE + 1]; /* empty: the answer named none */
	char lost_id[TALLY_ID_SIZE + 1];
};

/* Of a source of the network; without memory it asks nothing. */
void source_tally_init(struct source *s);
void source_tally_fini(struct source *s);

/* The worker of the capture that was lost is reached again: it must stop that one
 * before it is asked for another, or packets would be counted, and captured, twice. */
void source_tally_lose(struct source *s, const struct net_address *address,
		       uint64_t now_ns);

/* Whether the answer to that is still to come. */
bool source_tally_is_losing(const struct source *s);

/* The capture is answered from this address: a new line in the ledger. */
void source_tally_begin(struct source *s, const struct net_address *address,
			const struct http_response_head *head);

/* Whether the worker can be asked about the capture at work. */
bool source_tally_has_id(const struct source *s);

/* It has ended, or is to end now: asks unless all is known. */
void source_tally_ask(struct source *s, uint64_t now_ns);

/* A question about the capture at work is open. */
bool source_tally_is_asking(const struct source *s);

/* Gives up every question. */
void source_tally_stop(struct source *s);

/* As source_deadline, source_expire and source_settle. */
uint64_t source_tally_deadline(const struct source *s);
void source_tally_expire(struct source *s, uint64_t now_ns);
void source_tally_settle(struct source *s);

#endif
