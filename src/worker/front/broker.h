#ifndef WORKER_FRONT_BROKER_H
#define WORKER_FRONT_BROKER_H

#include "worker/common/config.h"
#include "worker/front/metrics.h"
#include "worker/front/record.h"
#include "worker/front/tally.h"

/*
 * Which slot serves which connection: passes requests to the launcher, and tells what
 * became of them. It knows connections by their numbers.
 */
#define BROKER_PAST_MAX 16 /* ended captures that /captures still tells of */

struct broker {
	const struct config *config;
	int launcher_fd;
	struct metrics *metrics;
	bool is_closed; /* the worker stops: nothing starts any more */
	int64_t
	    asker[SLOTS_MAX]; /* the connection that waits for this slot's word, or -1 */
	bool is_validation[SLOTS_MAX];
	bool is_used[SLOTS_MAX];
	bool is_stopped[SLOTS_MAX]; /* the launcher was asked to end it */
	struct record records[SLOTS_MAX];
	struct record past[BROKER_PAST_MAX]; /* a ring: number n_past is the next */
	uint64_t n_past;
	struct tallies tallies;
};

/* All are borrowed for as long as b is used. launcher_fd: a socket to the launcher. */
void broker_init(struct broker *b, const struct config *config, int launcher_fd,
		 struct metrics *metrics);

/* Nothing starts any more. */
void broker_close(struct broker *b);

enum broker_start {
	BROKER_STARTED, /* broker_next_event will have the connection's number */
	BROKER_WAITS,	/* for a validation to end: then ask again */
	BROKER_FULL,
	BROKER_BROKEN
};

/* Who asks for a capture. */
struct broker_asker {
	uint32_t number; /* of the connection */
	int fd;		 /* its socket: the launcher gets a copy */
	bool has_uid;
	uint32_t uid;
};

/* Starts r, which gets its slot and its ID. */
enum broker_start broker_start(struct broker *b, const struct broker_asker *asker,
			       struct request *r);

enum broker_outcome {
	BROKER_COMMITTED,    /* the answer is the capture process's */
	BROKER_VALID,	     /* a validation has ended well */
	BROKER_NO_INTERFACE, /* a failure that programs tell apart */
	BROKER_FAILED
};

struct broker_event {
	uint32_t number; /* of the connection */
	enum broker_outcome outcome;
	unsigned status; /* of the answer, 400 to 599, unless it is COMMITTED or VALID */
	struct span why; /* one sentence, borrowed until the next call */
};

/*
 * Looks at every slot in use. True: *e says what became of a request; call it again.
 * False: that was all until the slots' eventfd is readable again.
 */
bool broker_next_event(struct broker *b, uint64_t now_ns, struct broker_event *e);

/* The connection waits for its slot no more. */
void broker_forget(struct broker *b, uint32_t number);

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

/* Brings the records of what runs up to date, for the two that follow. */
void broker_refresh(struct broker *b);

/* What runs and what has ended, as /captures tells it: a JSON object. */
void broker_put_captures(const struct broker *b, struct text *t);

/* Sums over the captures that run; how many. */
size_t broker_sum_running(const struct broker *b, struct metrics *sum);

/* Whether a validation could start now. */
bool broker_has_place(const struct broker *b);

/* Whether no further capture could start now. */
bool broker_is_full(const struct broker *b);

/* Whether any capture or validation runs. */
bool broker_is_busy(const struct broker *b);

#endif
