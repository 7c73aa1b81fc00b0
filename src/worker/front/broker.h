#ifndef WORKER_FRONT_BROKER_H
#define WORKER_FRONT_BROKER_H

#include "worker/front/front.h"
#include "worker/front/metrics.h"
#include "worker/front/record.h"
#include "worker/front/tally.h"

/*
 * Which slot serves which connection: passes requests to the launcher, and tells the
 * connections what became of them.
 */
struct conn;

#define BROKER_PAST_MAX 16 /* ended captures that /captures still tells of */

struct broker {
	const struct config *config;
	int links_fd;		       /* route netlink, for /interfaces and /metrics */
	const uint32_t *n_connections; /* the front\'s */
	bool is_closed;		       /* the worker stops: nothing starts any more */
	struct conn *asker[SLOTS_MAX]; /* who waits for this slot's word; NULL: nobody */
	bool is_validation[SLOTS_MAX];
	bool is_used[SLOTS_MAX];
	bool is_stopped[SLOTS_MAX]; /* the launcher was asked to end it */
	struct record records[SLOTS_MAX];
	struct record past[BROKER_PAST_MAX]; /* a ring: number n_past is the next */
	uint64_t n_past;
	struct tallies tallies;
	struct metrics metrics;
};

enum broker_start {
	BROKER_STARTED, /* c->slot is set; conn_answer_* or conn_hand_over will follow */
	BROKER_WAITS,	/* for a validation to end: then ask again */
	BROKER_FULL,
	BROKER_BROKEN
};

void broker_init(struct broker *b, const struct config *config);

/* Starts c->request, with c's socket. */
enum broker_start broker_start(struct broker *b, struct conn *c);

/*
 * The counts of the capture with this ID: *tally is filled. WAITS, if it is to be stopped
 * first: it will have ended soon, ask again.
 */
enum broker_count {
	BROKER_COUNTED,
	BROKER_COUNT_WAITS,
	BROKER_UNKNOWN /* none has this ID, or it ended too long ago */
};

enum broker_count broker_count(struct broker *b, const uint8_t id[static REQUEST_ID_SIZE],
			       bool is_stop, uint64_t now_ns, struct tally *tally);

/* The bell rang: looks at every slot in use. */
void broker_listen(struct broker *b, uint64_t now_ns);

/* c is about to be freed: nobody waits for its slot any more. */
void broker_forget(struct broker *b, const struct conn *c);

/* What runs and what has ended, as /captures tells it: a JSON object. */
void broker_put_captures(struct broker *b, struct text *t);

/* Sums over the captures that run. */
size_t broker_sum_running(struct broker *b, struct metrics *sum);

/* Whether a validation could start now. */
bool broker_has_place(const struct broker *b);

/* Whether no further capture could start now. */
bool broker_is_full(const struct broker *b);

/* Whether any capture or validation runs. */
bool broker_is_busy(const struct broker *b);

#endif
