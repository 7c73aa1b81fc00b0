#ifndef MERGE_MEMORY_H
#define MERGE_MEMORY_H

#include "merge/merge.h"

/* Room within the bound: which queues are full, who gets memory, who gives it back. Both
 * structs are written by memory.c alone; merge.c reads them. */
struct memory_source {
	uint32_t want;	   /* full: the bytes it needs in one piece */
	uint32_t full_at;  /* full: its place in memory.full */
	uint64_t room_ns;  /* when it was full last: then it is not read */
	uint64_t spare_at; /* spare: since which of the reviews */
	bool is_full;
	bool needs;	  /* full: the record does not fit its memory even when empty */
	bool is_promised; /* it got memory for a record that it needs to begin yet */
	bool is_refused;  /* no memory: do not ask until the queue is empty */
	bool is_spare;	  /* its memory lies unused, and may be taken back */
};

struct memory {
	uint32_t *full;	 /* the full sources, in no order */
	uint64_t given;	 /* bytes of all queues */
	uint32_t first;	 /* bytes of a queue's first memory */
	uint32_t n_bare; /* sources that are in and have no memory */
	uint32_t n_full;
	uint32_t n_needs;
	uint32_t n_spare;
	uint64_t n_reviews;
};

/* full has room for every source. */
void memory_init(struct merge *m, uint32_t *full);

/* A source comes in, or goes out: it neither has nor begins a record then. */
void memory_enter(struct merge *m, uint32_t source);
void memory_leave(struct merge *m, uint32_t source);

/* The source has no room, until want bytes are free in one piece, or it begins a smaller
 * record: a source with an open record is not full. */
void memory_full(struct merge *m, uint32_t source, uint32_t want, bool needs);

/* A record of want bytes found none. Returns whether it needs more memory. */
bool memory_lack(struct merge *m, uint32_t source, uint32_t want);

/* After each begin of a record where memory_is_idle does not hold, and after each take of
 * one that leaves the queue full or empty. */
void memory_begun(struct merge *m, uint32_t source);
void memory_freed(struct merge *m, uint32_t source);

/* A begin changes nothing here. */
static inline bool
memory_is_idle(const struct memory_source *s)
{
	return (s->is_full | s->is_promised | s->is_spare) == 0;
}

/* Whether *out asks for a source whose next record cannot fit its memory. */
bool memory_serve(const struct merge *m, struct merge_out *out);

enum memory_relief {
	MEMORY_WAIT,
	MEMORY_ASK,  /* *out asks to give or to take memory */
	MEMORY_FORCE /* nothing but an empty place helps */
};

/* What to do for the full sources when nothing may leave. */
enum memory_relief memory_relieve(const struct merge *m, uint64_t now_ns,
				  struct merge_out *out);

/* When it will be time to do more, UINT64_MAX when waiting does not help. */
uint64_t memory_deadline_ns(const struct merge *m, uint64_t now_ns);

#endif
