#ifndef CLI_MODEL_LEDGER_H
#define CLI_MODEL_LEDGER_H

#include "pcap/savefile.h"

/*
 * What became of a target's packets, over all the captures that it gave: one a connection.
 * Pure: it is told what came, and what the worker says of it.
 *
 *   offered = received by ddump + not fetched + dropped by the kernel + own traffic
 *
 * holds exactly once the worker has told the last counts of every capture; until then, and
 * where one could not be asked, every sum but `received` is a lower bound.
 */
struct ledger_counts {
	uint64_t offered;  /* packets that matched the filter while the capture ran */
	uint64_t captured; /* of these: for ddump */
	uint64_t dropped;  /* by the kernel */
	uint64_t own;	   /* left out by the worker: their flow carries the capture */
};

struct ledger_capture {
	struct ledger_counts told;
	uint64_t received;
	bool has_drops; /* something was told of them */
	bool is_final;	/* told is the last word */
};

struct ledger {
	struct ledger_capture now;  /* of the connection at work, or of the last one */
	struct ledger_capture lost; /* the one before: its worker may still be asked */
	bool has_lost;
	bool has_overlap;	      /* now began while the lost one may have gone on */
	struct ledger_capture closed; /* all before these, added up */
	bool has_begun;
	bool is_at_least; /* one of these had no last word */
};

/* The capture at work is over without a last word: it becomes the lost one. Nothing, if it
 * has had that, or there is none. */
void ledger_lose(struct ledger *l);

/* The target gives a new capture; the one at work is lost, if it is not yet. */
void ledger_begin(struct ledger *l);

/* The capture at work has given so many packets by now. */
void ledger_receive(struct ledger *l, uint64_t received);

/* A statistics block of the whole stream; the last one if it has ACCEPT. One that comes
 * behind the last word is older: a stream may lag behind the worker's answer. */
void ledger_note(struct ledger *l, const struct savefile_statistics *s);

/* A capture that is no worker's tells what was lost before it; is_whole: all of it came. */
void ledger_note_lost(struct ledger *l, uint64_t lost, bool is_whole);

/* All there was of a file, or of a stream whose end is certain, has come. */
void ledger_end(struct ledger *l);

/*
 * What the worker said of a capture when it was asked: of the lost one, or of the one at
 * work. Less than what has come already is no last word. A lost one that went on beside its
 * successor counted some packets that this one counts, too: of it, only what was known when
 * it was lost is certain.
 */
void ledger_settle(struct ledger *l, bool is_lost, const struct ledger_counts *told,
		   bool is_exact);

/* The lost one's worker will not tell. */
void ledger_give_up(struct ledger *l);

/* Whether the last word on the capture at work is there. */
bool ledger_is_settled(const struct ledger *l);

struct ledger_sum {
	struct ledger_counts told;
	uint64_t not_fetched;
	bool has_drops; /* false: nobody ever told */
	bool is_exact;
};

void ledger_sum(const struct ledger *l, struct ledger_sum *sum);

/* A capture was lost whose last counts are not known, or not yet. */
bool ledger_is_at_least(const struct ledger *l);

#endif
