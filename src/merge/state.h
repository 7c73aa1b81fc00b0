#ifndef MERGE_STATE_H
#define MERGE_STATE_H

#include "base/tourney.h"
#include "merge/hold_back.h"
#include "merge/memory.h"
#include "merge/queue.h"

/*
 * What merge.c (order), memory.c (room) and hold_back.c share; nobody else includes this.
 * merge.c writes it, but for the parts that are the others' own.
 */
#define STATE_NONE UINT32_MAX /* no source */

struct source {
	struct queue queue;
	uint64_t mark_ns;    /* its watermark; see merge.marks */
	uint64_t limit_ns;   /* live: times after it are ahead */
	uint32_t n_steps;    /* file: how many records in a row did not raise mark_ns */
	uint32_t next_aside; /* in merge.aside */
	bool is_in;
	bool is_file;
	bool is_explicit;
	bool has_arrival; /* it takes part in merge.arrivals */
	struct memory_source memory;
	struct merge_counts counts;
	struct hold_back_source hold_back;
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
	uint64_t now_ns;     /* the newest that a call said */

	uint64_t stuck_ns; /* since when stuck has been awaited with stuck_mark_ns */
	uint64_t stuck_mark_ns;
	uint32_t stuck;

	struct memory memory;
	struct hold_back hold_back;
};

static inline uint64_t
state_later(uint64_t time_ns, uint64_t by_ns)
{
	return by_ns < UINT64_MAX - time_ns ? time_ns + by_ns : UINT64_MAX;
}

#endif
