#ifndef MERGE_STATE_H
#define MERGE_STATE_H

#include "base/tourney.h"
#include "merge/merge.h"
#include "merge/pace.h"
#include "merge/queue.h"

/*
 * What merge.c (order), memory.c (room) and hold_back.c share; nobody else includes this.
 */
#define STATE_NONE UINT32_MAX /* no source */

struct source {
	struct queue queue;
	uint64_t mark_ns;    /* its watermark; see merge.marks */
	uint64_t limit_ns;   /* live: times after it are ahead */
	uint32_t want;	     /* full: the bytes it needs in one piece */
	uint32_t full_at;    /* full: its place in merge.full */
	uint32_t n_steps;    /* file: how many records in a row did not raise mark_ns */
	uint32_t next_aside; /* in merge.aside */
	bool is_in;
	bool is_file;
	bool is_explicit;
	bool has_arrival; /* it takes part in merge.arrivals */
	bool is_full;
	bool needs;	  /* full: the record does not fit its memory even when empty */
	bool is_promised; /* it got memory for a record that it needs to begin yet */
	bool is_refused;  /* no memory: do not ask until the queue is empty */
	bool is_spare;	  /* it is in the list of merge.spare */
	uint32_t spare_next;
	uint32_t spare_before;
	struct merge_counts counts;
	struct pace pace;
	uint64_t hold_back_ns; /* what its pace called for last */
	struct lumps lumps;    /* explicit: how it delivers */
	int64_t age_ns;	       /* of its watermark, as pace.h has it: differences count */
	int64_t age_least_ns;
	uint64_t room_ns; /* when it was full last: then it is not read */
	bool is_lagging;  /* it is behind now */
	bool is_lumpy;	  /* it pauses, and will be behind */
};

struct merge {
	struct merge_options options;
	bool is_sorted; /* false: hold-back 0 */
	struct source *sources;
	uint32_t n_sources;
	uint32_t n_in;

	/* The next record of each queue: its time, or the number of its arrival. */
	struct tourney records;

	/* Keys are lower bounds, raised to the truth only when they come to the top and
	 * stand in the way: one step a change of the winner, not one a record. */
	struct tourney marks;	   /* watermarks of all sources that are in */
	struct tourney file_marks; /* of the files among them */
	struct tourney arrivals;   /* the longest waiting record of each queue */

	uint32_t taken;	     /* source of the record given last, until it is dropped */
	uint32_t aside;	     /* the list of sources with records beside the order */
	uint32_t awaited;    /* see merge_awaited */
	uint64_t last_ns;    /* time of the record that left last, if it was not ahead */
	uint64_t newest_ns;  /* of all that left and were not ahead */
	uint64_t n_arrivals; /* unsorted: the next arrival's number */
	uint64_t hold_back_ns;
	uint32_t slowest;   /* the source that hold_back_ns is for; see merge_slowest */
	uint32_t n_lagging; /* sources that lag or pause */
	uint64_t away_ns;   /* see merge_was_away */
	uint64_t now_ns;    /* the newest that a call said */
	uint64_t paced_ns;  /* when the automatic hold-back was looked at */

	uint64_t stuck_ns; /* since when stuck has been awaited with stuck_mark_ns */
	uint64_t stuck_mark_ns;
	uint32_t stuck;

	uint32_t first;	 /* bytes of a queue's first memory */
	uint64_t given;	 /* bytes of all queues */
	uint32_t n_bare; /* sources that are in and have no memory */
	uint32_t n_full;
	uint32_t n_needs;
	uint32_t n_large;    /* spare queues with more than MERGE_QUEUE_FIRST */
	uint32_t spare;	     /* the list of spare queues: the longest unused one */
	uint32_t spare_last; /* and the one that ran empty last */
	uint32_t *full;
};

/* The source delivers as late as its pace says; arrivals raise the hold-back at once. */
void hold_back_raise(struct merge *m, struct source *s, uint64_t now_ns);

/* An explicit watermark has risen; or the source is out, or begins anew. */
void hold_back_beat(struct merge *m, struct source *s);
void hold_back_forget(struct merge *m, struct source *s);

/* Until when the oldest record waits for sources that lag; now_ns: for none. */
uint64_t hold_back_lag_end(const struct merge *m, struct tourney_node record,
			   uint64_t now_ns);

/* Once a second: it comes down with the slowest source. */
void hold_back_review(struct merge *m, uint64_t now_ns);

/* The source has no room, until want bytes are free in one piece, or it begins a smaller
 * record: a source with an open record is not full. */
void memory_full(struct merge *m, uint32_t source, uint32_t want, bool needs);
void memory_not_full(struct merge *m, uint32_t source);

/* Whether its memory lies unused may have changed. */
void memory_review(struct merge *m, uint32_t source);

/* Whether *out asks for a source whose next record cannot fit its memory. */
bool memory_serve(struct merge *m, struct merge_out *out);

enum memory_relief {
	MEMORY_WAIT,
	MEMORY_ASK,  /* *out asks to give or to take memory */
	MEMORY_FORCE /* nothing but an empty place helps */
};

/* What to do for the full sources when nothing may leave. */
enum memory_relief memory_relieve(struct merge *m, uint64_t now_ns,
				  struct merge_out *out);

/* When it will be time to do more, UINT64_MAX when waiting does not help. */
uint64_t memory_deadline_ns(const struct merge *m, uint64_t now_ns);

#endif
