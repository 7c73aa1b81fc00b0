#ifndef MERGE_QUEUE_H
#define MERGE_QUEUE_H

#include "pcap/savefile.h"

/*
 * The records of one source that wait to leave: a ring of records in arrival order with
 * their bytes, in memory that the caller owns and may replace by a larger piece. Nearly
 * sorted input is the rule: a record not older than the newest one of the sorted run
 * joins the run, any other goes into a pairing heap threaded through the records
 * themselves. The next to leave is the smaller of run head and heap top, by (time,
 * arrival). No record costs more than O(log n), amortized, whatever a source sends.
 *
 * Places are offsets into mem. Every field is the queue's own.
 */
#define QUEUE_NIL UINT32_MAX

/* What a record takes beside its bytes, at most: its header and padding. */
#define QUEUE_OVERHEAD 47

struct queue_record {
	struct savefile_record record;
	uint64_t arrival_ns;
	uint32_t next; /* in the run, or the heap's sibling; see queue.c */
	uint32_t child;
	uint8_t data[]; /* record.caplen bytes */
};

struct queue {
	uint8_t *mem;
	uint32_t cap;
	uint32_t head; /* oldest by arrival, taken or not */
	uint32_t tail; /* where the next record goes */
	uint32_t end;  /* where the records wrap, QUEUE_NIL while they do not */
	uint32_t run;  /* head of the sorted run, or QUEUE_NIL */
	uint32_t last; /* end of the sorted run, if there is one */
	uint32_t heap; /* root of the pairing heap, or QUEUE_NIL */
	uint32_t open; /* the record begun and not committed, or QUEUE_NIL */
	uint32_t n;    /* records committed and not taken */
	bool is_fifo;
	uint64_t last_ns; /* time of the record at last */
};

/* Room a record of caplen bytes takes, its own header and padding included. */
static inline uint32_t
queue_size(uint32_t caplen)
{
	return ((uint32_t)sizeof(struct queue_record) + caplen + 7) & ~UINT32_C(7);
}

/* Empty, without memory. With is_fifo records leave as they came, whatever their time. */
void queue_init(struct queue *q, bool is_fifo);

/* Bytes from the oldest to the newest record, without what the wrap wasted. */
uint32_t queue_used(const struct queue *q);

/* No record holds memory; one that is begun and not committed is not looked at. */
static inline bool
queue_is_empty(const struct queue *q)
{
	return q->head == q->tail && q->end == QUEUE_NIL;
}

/* Bytes of the largest piece of free room: records of that many bytes fit for certain. */
static inline uint32_t
queue_room(const struct queue *q)
{
	uint32_t room = q->cap - q->tail;

	if (q->end != QUEUE_NIL)
		return q->head - q->tail;
	return room > q->head ? room : q->head;
}

/*
 * Moves the queue into new memory of cap bytes (aligned to 8, cap a multiple of 8, not
 * less than what is used) and returns the old piece, *old_cap its size (NULL and 0 at
 * first). mem NULL with cap 0 takes the memory away from an empty queue. No record may
 * be open; one that is taken and not dropped moves as well.
 */
void *queue_set_memory(struct queue *q, void *mem, uint32_t cap, uint32_t *old_cap);

/*
 * Begins a record that arrived at arrival_ns: returns where its caplen bytes go, or NULL
 * when there is no room. One at a time; then queue_commit or queue_abort.
 */
uint8_t *queue_begin(struct queue *q, const struct savefile_record *record,
		     uint64_t arrival_ns);
void queue_abort(struct queue *q);

/* The record that is begun. */
static inline const struct queue_record *
queue_begun(const struct queue *q)
{
	return (const void *)(q->mem + q->open);
}

/* Returns whether the record is now the next to leave. */
bool queue_commit(struct queue *q);

/* The place of the next to leave; the queue is not empty. */
uint32_t queue_next(const struct queue *q);

/* The next to leave, NULL when there is none. */
static inline const struct queue_record *
queue_peek(const struct queue *q)
{
	if (q->n == 0)
		return NULL;
	return (const void *)(q->mem + (q->heap == QUEUE_NIL ? q->run : queue_next(q)));
}

/*
 * Takes the next to leave, NULL when there is none: it is out of the order, its memory
 * is borrowed until queue_drop, which gives back the room of what was taken.
 */
const struct queue_record *queue_take(struct queue *q);
void queue_drop(struct queue *q);

/* Of those not taken the one that has waited longest, NULL when there is none. Call it
 * only with nothing taken and not dropped. */
static inline const struct queue_record *
queue_oldest(const struct queue *q)
{
	return q->n == 0 ? NULL : (const void *)(q->mem + q->head);
}

#endif
