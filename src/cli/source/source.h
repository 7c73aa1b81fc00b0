#ifndef CLI_SOURCE_SOURCE_H
#define CLI_SOURCE_SOURCE_H

#include "cli/model/lag.h"
#include "cli/model/news.h"
#include "cli/model/summary.h"
#include "cli/source/body.h"
#include "cli/source/clock.h"
#include "cli/source/merge_clock.h"
#include "cli/source/probe.h"
#include "cli/source/reach.h"
#include "cli/source/retry.h"
#include "cli/source/tally.h"

/*
 * One source of packets: from a target, over its connections, to records in the merge.
 */
enum source_state {
	SOURCE_NEW,
	SOURCE_REACHING,  /* on its way to the packets: reach.h */
	SOURCE_PREPARING, /* until the worker's clock is known, or a lost capture's end */
	SOURCE_BODY,	  /* packets */
	SOURCE_WAITING,	  /* lost: until it is tried again */
	SOURCE_ENDED,	  /* as it should, or because the user wants no more */
	SOURCE_FAILED
};

#define SOURCE_SILENCE_NS UINT64_C(15000000000) /* without a heartbeat: it is gone */
#define SOURCE_PULSE_NS \
	5000000000u		   /* between empty lines on a worker's only connection */
#define SOURCE_STOP_NS 2000000000u /* to take what was captured until the end */
#define SOURCE_GRACE_NS \
	300000000u			   /* the same where the worker cannot stop it:
					 more than a block, a heartbeat and a way */
#define SOURCE_PREPARE_NS 1000000000u	   /* a capture begins so much later at most */
#define SOURCE_REASON_MAX REACH_REASON_MAX /* of a failure, for the message */

struct source;

/* What all sources share. */
struct source_context {
	struct net_env net;
	struct merge *merge;
	struct merge_clock merge_clock;
	struct interfaces *interfaces;
	struct target *targets; /* of all sources, by id: for the names of dns+ ones */
	uint32_t n_targets;
	const struct options *options;
	struct addresses *addresses; /* of the hosts, by source; NULL: not wanted */
	const char *ports_field;     /* both ends' ports, for the requests */
	struct source *changed;	     /* what something happened to: to be settled */
	struct news news;	     /* who failed or was lost, not told yet */
	struct source_clock_reference reference;
	bool has_probes; /* there are descriptors for the clocks of workers, too */
	bool has_told_unknown_counts; /* that a worker's last counts cannot be had */
};

/* Written by source.c (its way to the packets) and end.c (how it ends or is lost) alone. */
struct source {
	struct source_context *context;
	const struct target *target;
	struct source *next_changed;
	uint32_t id; /* in the merge */
	enum source_state state;
	bool is_listed;
	bool is_file;	   /* regular: always readable, never watched */
	bool is_late;	   /* --wait: the others began without it */
	bool has_answered; /* packets may come, or came */
	bool was_pending;  /* what the owner of all sources has seen so far */
	bool was_over;
	bool was_capturing;
	bool was_counting;
	bool is_stopping;     /* what was captured until the end of the run is taken */
	bool is_limited;      /* it ended because its operator allows no more */
	bool is_unverified;   /* it ended, and nothing proves that this was the end */
	bool has_told_ahead;  /* that its time stamps lie in the future */
	bool has_refused;     /* packets whose link type cannot go into the output */
	unsigned wants;	      /* LOOP_IN or _OUT: what a read waits for; 0: as usual */
	uint64_t deadline_ns; /* of the state */
	uint64_t now_ns;      /* of the event at work */
	uint64_t heard_ns;    /* when bytes came last */
	uint64_t stop_ns;     /* since when is_stopping */
	uint32_t n_left_told; /* lines about flows that its worker leaves out */
	uint64_t n_unwritten; /* packets that left the merge, and went nowhere */
	uint64_t n_late_unwritten; /* of them, late */

	struct reach reach; /* until the body begins; then: */
	struct transport transport;
	struct loop_watch watch;
	struct loop_timer timer; /* for the earliest deadline of all its parts */
	struct retry retry;
	struct lag lag;
	struct ledger ledger;
	struct tally tally;
	struct probe probe;
	struct source_clock clock;
	char reason[SOURCE_REASON_MAX];
	struct body body; /* last: much of it stays untouched */
};

/* Embedded in a zeroed array. */
void source_init(struct source *s, struct source_context *context,
		 const struct target *target, uint32_t id);

/* Begins: everything later happens in the loop, or in source_settle. */
void source_start(struct source *s, uint64_t now_ns);

/* The name was looked up; q stays the caller's. */
void source_resolved(struct source *s, const struct resolve_request *q, uint64_t now_ns);

/*
 * After every change, and while source_is_waiting, after records left the merge: puts
 * what is stashed into it, reads a file on, sets what is waited for and the deadline.
 * True when the merge got something.
 */
bool source_settle(struct source *s, uint64_t now_ns);

/* Reads it, or feeds what is stashed, before its turn: the others wait for it. True when
 * the merge may know more now. */
bool source_read_ahead(struct source *s, uint64_t now_ns);

/* Said once of a target whose connection shows its password or token to the network. */
void source_warn_password(const struct source *s);

/* Nothing has to be known before the capture is asked for: the worker's clock, a lost
 * capture's end. */
bool source_may_ask(const struct source *s);

/* Our worker ends a capture without an end only when it is stopped, or restarted. */
bool source_is_shut_down(const struct source *s);

/* When its state, and when any part of it, has something to do. */
uint64_t source_state_deadline(const struct source *s);
uint64_t source_deadline(const struct source *s);

/* Whether it will go on when the merge has room: to be settled again. */
bool source_is_waiting(const struct source *s);

/* Neither answered nor ended yet; nor one that --wait goes on trying. */
bool source_is_pending(const struct source *s);
bool source_is_over(const struct source *s);

/*
 * The user wants no more. With wants_rest it goes on until all is there that was captured
 * before now, for SOURCE_STOP_NS at most; without, its connection is closed at once. Then
 * it is over, and may still be counting.
 */
void source_stop(struct source *s, bool wants_rest, uint64_t now_ns);

/* Closes everything, quietly. What the merge holds stays. */
void source_cancel(struct source *s);

/* The worker is still asked for the last counts. */
bool source_is_counting(const struct source *s);

void source_count(const struct source *s, struct summary_counts *counts);

/* Whether it is a regular file: the merge waits for it without end. */
bool source_is_file(const struct source *s);

/* Whether packets may come now. */
bool source_is_capturing(const struct source *s);

/* It ended without having done what was asked of it. */
bool source_has_failed(const struct source *s);

/* What it sent began as a capture does, once at least. */
bool source_has_started(const struct source *s);

/* Whether it has brought a record, which the merge may have no room for yet. */
bool source_has_record(const struct source *s);

/* Whether its worker is ours: it has watermarks, and tells what it dropped. */
bool source_is_ddump(const struct source *s);

/* Packets that left the merge, and went nowhere. */
void source_note_unwritten(struct source *s, bool is_late);

/* A packet of this link type cannot go into the output: says so once. Where no others can
 * come it fails. */
void source_refuse_linktype(struct source *s, uint32_t linktype);

/* How far the worker's clock is from ours, now; whether times are corrected by that. */
void source_offset(const struct source *s, struct clock_offset_estimate *e);
bool source_is_corrected(const struct source *s);

/* The first burst of questions to the worker's clock is not over. */
bool source_is_measuring(const struct source *s);

/* Frees what it holds, after the last use of the merge. */
void source_fini(struct source *s);

#endif
