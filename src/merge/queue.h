#ifndef MERGE_QUEUE_H
#define MERGE_QUEUE_H

#include <assert.h>

#include "pcap/savefile.h"

/*
 * The records of one source that wait to leave: a ring of records in arrival order with
 * their bytes, in memory that the caller owns and may replace by a larger piece. Nearly
 * sorted input is the rule: a record not older than the newest one of the sorted run
 * joins the run, any other goes into a pairing heap threaded through the records
 * themselves. The next to leave is the smaller of run head and heap top, by (time,
 * arrival). No record costs more than O(log n), amortized, whatever a source sends.
 *
 * Places are offsets into mem, multiples of 8. Every field is the queue's own; what is
 * inline here is what every record goes through.
 */
#define QUEUE_NIL UINT32_MAX

/* In a record's next: it is taken, and waits for the head to pass it. */
#define QUEUE_TAKEN (UINT32_MAX - 1)

/* What a record takes beside its bytes, at most: its header and padding. */
#define QUEUE_OVERHEAD 47

/* What the least record takes. */
#define QUEUE_LEAST 40

struct queue_record {
	struct savefile_record record;
	uint32_t next; /* in the run, or the heap's sibling; see queue.c */
	uint32_t child;
	uint64_t arrival_ns; /* last: it is not read where all goes in order */
	uint8_t data[];	     /* savefile_record_bytes */
};

struct queue {
	uint8_t *mem;
	uint32_t cap;
	uint32_t head;	/* oldest by arrival, taken or not */
	uint32_t tail;	/* where the next record goes */
	uint32_t end;	/* where the records wrap, QUEUE_NIL while they do not */
	uint32_t run;	/* head of the sorted run, or QUEUE_NIL */
	uint32_t last;	/* end of the sorted run, if there is one */
	uint32_t heap;	/* root of the pairing heap, or QUEUE_NIL */
	uint32_t aside; /* the records beside the order, oldest first, or QUEUE_NIL */
	uint32_t aside_last;
	uint32_t open;	  /* the record begun and not committed, or QUEUE_NIL */
	uint32_t n;	  /* records committed and not taken */
	uint32_t n_taken; /* taken, and their room not yet free */
	bool is_fifo;
	uint64_t last_ns; /* time of the record at last */
};

/* Room a record takes: its header, the savefile_record_bytes, padding. */
static inline uint32_t
queue_size(const struct savefile_record *record)
{
	uint32_t bytes = (record->caplen + 3) / 4 * 4 + (record->options & ~3u);

	return ((uint32_t)sizeof(struct queue_record) + bytes + 7) & ~UINT32_C(7);
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

static inline struct queue_record *
queue_at(const struct queue *q, uint32_t place)
{
	return (void *)(q->mem + place);
}

/*
 * Begins a record that arrived at arrival_ns: returns where its bytes go, or NULL when
 * there is no room. One at a time; then queue_commit or queue_abort.
 */
static inline uint8_t *
queue_begin(struct queue *q, const struct savefile_record *record, uint64_t arrival_ns)
{
	uint32_t size = queue_size(record);
	uint32_t limit = q->end == QUEUE_NIL ? q->cap : q->head;
	struct queue_record *r;

	assert(q->open == QUEUE_NIL);
	if (size <= limit - q->tail)
		q->open = q->tail;
	else if (q->end == QUEUE_NIL && size <= q->head)
		q->open = 0;
	else
		return NULL;
	r = queue_at(q, q->open);
	/* One by one: copied as a whole right after the caller wrote them, they would
	 * wait for his narrower stores. */
	r->record.time_ns = record->time_ns;
	r->record.caplen = record->caplen;
	r->record.origlen = record->origlen;
	r->record.interface_id = record->interface_id;
	r->record.options = record->options;
	r->record.flags = record->flags;
	r->next = QUEUE_NIL;
	r->child = QUEUE_NIL;
	r->arrival_ns = arrival_ns;
	return r->data;
}

void queue_abort(struct queue *q);

/* The record that is begun. */
static inline const struct queue_record *
queue_begun(const struct queue *q)
{
	return queue_at(q, q->open);
}

/*
 * Asks for the memory at a place, and for the line where a record's header there ends:
 * with many sources it has left the cache by the time it is needed. The place may lie
 * outside. A macro, because gcc takes a function that does nothing else for one without
 * effect, and drops the call.
 */
#define QUEUE_PREFETCH(q, place)                                    \
	do {                                                        \
		uintptr_t address_ = (uintptr_t)(q)->mem + (place); \
                                                                    \
		__builtin_prefetch((const void *)address_);         \
		__builtin_prefetch((const void *)(address_ + 39));  \
	} while (0)

/* How far a source writes on while its next lines come, in bytes. */
#define QUEUE_AHEAD 512

/* For queue_commit: the record does not follow the run. */
bool queue_add(struct queue *q, uint32_t place);

/* For the commits: the room behind the open record is the next one's. */
static inline uint32_t
queue_close(struct queue *q)
{
	uint32_t place = q->open;

	assert(place != QUEUE_NIL);
	q->open = QUEUE_NIL;
	if (place != q->tail)
		q->end = q->tail;
	q->tail = place + queue_size(&queue_at(q, place)->record);
	q->n++;
	return place;
}

/* Returns whether the record is now the next to leave. */
static inline bool
queue_commit(struct queue *q)
{
	uint32_t place = queue_close(q);
	struct queue_record *r = queue_at(q, place);

	QUEUE_PREFETCH(q, q->tail + QUEUE_AHEAD);
	if (q->run == QUEUE_NIL || (r->record.time_ns < q->last_ns && !q->is_fifo))
		return queue_add(q, place);
	queue_at(q, q->last)->next = place;
	q->last = place;
	q->last_ns = r->record.time_ns;
	return false;
}

/* Commits it beside the order: queue_take_aside gives it. While there is such a record,
 * queue_peek, queue_take and queue_oldest are not to be called. */
void queue_commit_aside(struct queue *q);

/* As queue_take, the oldest of those; there is one. */
const struct queue_record *queue_take_aside(struct queue *q);

/* The place of the next to leave; the queue is not empty. */
uint32_t queue_next(const struct queue *q);

/* The next to leave, NULL when there is none. */
static inline const struct queue_record *
queue_peek(const struct queue *q)
{
	if (q->n == 0)
		return NULL;
	return queue_at(q, q->heap == QUEUE_NIL ? q->run : queue_next(q));
}

/* For queue_take: the run or the heap gives it. */
struct queue_record *queue_take_any(struct queue *q);

/*
 * Takes the next to leave, NULL when there is none: it is out of the order, its memory
 * is borrowed until queue_drop, which gives back the room of what was taken.
 */
static inline const struct queue_record *
queue_take(struct queue *q)
{
	struct queue_record *r;

	if (q->n == 0)
		return NULL;
	if (q->heap == QUEUE_NIL) {
		r = queue_at(q, q->run);
		q->run = r->next;
	} else {
		r = queue_take_any(q);
	}
	r->next = QUEUE_TAKEN;
	q->n_taken++;
	q->n--;
	return r;
}

/* For queue_drop and queue_abort: nothing is left, the room is one piece again, behind
 * or around the open record. */
void queue_restart(struct queue *q);

static inline void
queue_drop(struct queue *q)
{
	if (q->n == 0) {
		queue_restart(q);
		return;
	}
	while (q->n_taken > 0 && queue_at(q, q->head)->next == QUEUE_TAKEN) {
		q->head += queue_size(&queue_at(q, q->head)->record);
		q->n_taken--;
		if (q->head == q->end) {
			q->head = 0;
			q->end = QUEUE_NIL;
		}
	}
}

/* Of those not taken the one that has waited longest, NULL when there is none. Call it
 * only with nothing taken and not dropped. */
static inline const struct queue_record *
queue_oldest(const struct queue *q)
{
	return q->n == 0 ? NULL : queue_at(q, q->head);
}

#endif
