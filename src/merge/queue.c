/*
 * One source's waiting records, in a ring. Must not know other sources, watermarks, or
 * why a record leaves.
 *
 *   mem  | free | taken | B | taken | C | D | open | free |      B -> C run, D in the heap
 *               ^head                        ^tail
 *
 * Room is given back in arrival order only: a record that is taken before an older one
 * stays where it is, marked, until the head has passed it.
 */
#include "merge/queue.h"

#include <assert.h>
#include <string.h>

/* In a record's next: taken, waits for the head. No record stands there: places are
 * multiples of 8. */
#define TAKEN (UINT32_MAX - 1)

static_assert(sizeof(struct queue_record) == 40,
	      "the header is part of the memory bound");
static_assert(sizeof(struct queue_record) + 7 == QUEUE_OVERHEAD, "header and padding");

static inline struct queue_record *
at(const struct queue *q, uint32_t place)
{
	return (void *)(q->mem + place);
}

void
queue_init(struct queue *q, bool is_fifo)
{
	*q = (struct queue){.end = QUEUE_NIL,
			    .run = QUEUE_NIL,
			    .heap = QUEUE_NIL,
			    .open = QUEUE_NIL,
			    .is_fifo = is_fifo};
}

uint32_t
queue_used(const struct queue *q)
{
	if (q->end == QUEUE_NIL)
		return q->tail - q->head;
	return q->end - q->head + q->tail;
}

/* The place after the record there, which wraps where the records do. */
static inline uint32_t
after(const struct queue *q, uint32_t place)
{
	place += queue_size(at(q, place)->record.caplen);
	return place == q->end ? 0 : place;
}

/* How many bytes lie between the head and a place: later arrivals have more. */
static inline uint32_t
rank(const struct queue *q, uint32_t place)
{
	return place >= q->head ? place - q->head : place + (q->cap - q->head);
}

static bool
is_before(const struct queue *q, uint32_t a, uint32_t b)
{
	uint64_t a_ns = at(q, a)->record.time_ns;
	uint64_t b_ns = at(q, b)->record.time_ns;

	return a_ns != b_ns ? a_ns < b_ns : rank(q, a) < rank(q, b);
}

/* The pairing heap: a node's children are a list through next, its first is in child. */
static uint32_t
meld(struct queue *q, uint32_t a, uint32_t b)
{
	uint32_t root = is_before(q, b, a) ? b : a;
	uint32_t child = root == a ? b : a;

	at(q, child)->next = at(q, root)->child;
	at(q, root)->child = child;
	return root;
}

/* Melds a list of siblings to one root: in pairs from the left, then from the right. */
static uint32_t
meld_all(struct queue *q, uint32_t list)
{
	uint32_t pairs = QUEUE_NIL;
	uint32_t root = QUEUE_NIL;
	uint32_t next;

	while (list != QUEUE_NIL) {
		uint32_t node = list;
		uint32_t other = at(q, node)->next;

		list = QUEUE_NIL;
		if (other != QUEUE_NIL) {
			list = at(q, other)->next;
			node = meld(q, node, other);
		}
		at(q, node)->next = pairs;
		pairs = node;
	}
	for (; pairs != QUEUE_NIL; pairs = next) {
		next = at(q, pairs)->next;
		root = root == QUEUE_NIL ? pairs : meld(q, root, pairs);
	}
	return root;
}

uint8_t *
queue_begin(struct queue *q, const struct savefile_record *record, uint64_t arrival_ns)
{
	uint32_t size = queue_size(record->caplen);
	uint32_t limit = q->end == QUEUE_NIL ? q->cap : q->head;
	struct queue_record *r;

	assert(q->open == QUEUE_NIL);
	if (size <= limit - q->tail)
		q->open = q->tail;
	else if (q->end == QUEUE_NIL && size <= q->head)
		q->open = 0;
	else
		return NULL;
	r = at(q, q->open);
	r->record = *record;
	r->arrival_ns = arrival_ns;
	r->next = QUEUE_NIL;
	r->child = QUEUE_NIL;
	return r->data;
}

/* Nothing is left: the room is one piece again, behind or around the open record. */
static void
restart(struct queue *q)
{
	uint32_t place = q->open == QUEUE_NIL ? 0 : q->open;

	q->head = place;
	q->tail = place;
	q->end = QUEUE_NIL;
}

void
queue_abort(struct queue *q)
{
	q->open = QUEUE_NIL;
	if (queue_is_empty(q))
		restart(q);
}

static bool
add_to_heap(struct queue *q, uint32_t place)
{
	q->heap = q->heap == QUEUE_NIL ? place : meld(q, q->heap, place);
	return queue_next(q) == place;
}

/* The run takes it unless it is older than the run's end. */
bool
queue_commit(struct queue *q)
{
	uint32_t place = q->open;
	struct queue_record *r = at(q, place);
	uint64_t time_ns = r->record.time_ns;

	assert(place != QUEUE_NIL);
	q->open = QUEUE_NIL;
	if (place != q->tail)
		q->end = q->tail;
	q->tail = place + queue_size(r->record.caplen);
	q->n++;
	if (q->run == QUEUE_NIL) {
		q->run = place;
		q->last = place;
		q->last_ns = time_ns;
		return queue_next(q) == place;
	}
	if (time_ns < q->last_ns && !q->is_fifo)
		return add_to_heap(q, place);
	at(q, q->last)->next = place;
	q->last = place;
	q->last_ns = time_ns;
	return false;
}

uint32_t
queue_next(const struct queue *q)
{
	if (q->heap == QUEUE_NIL)
		return q->run;
	if (q->run == QUEUE_NIL || is_before(q, q->heap, q->run))
		return q->heap;
	return q->run;
}

const struct queue_record *
queue_take(struct queue *q)
{
	struct queue_record *r;
	uint32_t place;

	if (q->n == 0)
		return NULL;
	place = queue_next(q);
	r = at(q, place);
	if (place == q->run)
		q->run = r->next;
	else
		q->heap = meld_all(q, r->child);
	r->next = TAKEN;
	q->n--;
	return r;
}

void
queue_drop(struct queue *q)
{
	if (q->n == 0) {
		restart(q);
		return;
	}
	while (at(q, q->head)->next == TAKEN) {
		uint32_t place = after(q, q->head);

		if (place < q->head)
			q->end = QUEUE_NIL;
		q->head = place;
	}
}

/* Where a place lies once the head is at 0 and the wrap is gone. */
static uint32_t
moved(const struct queue *q, uint32_t place)
{
	if (place >= TAKEN)
		return place;
	return place >= q->head ? place - q->head : place + (q->end - q->head);
}

static void
move_links(const struct queue *old, struct queue *q)
{
	for (uint32_t place = 0; place < q->tail;) {
		struct queue_record *r = at(q, place);

		r->next = moved(old, r->next);
		r->child = moved(old, r->child);
		place += queue_size(r->record.caplen);
	}
}

static void
move_records(const struct queue *old, struct queue *q)
{
	uint32_t first = old->end == QUEUE_NIL ? queue_used(old) : old->end - old->head;

	memcpy(q->mem, old->mem + old->head, first);
	memcpy(q->mem + first, old->mem, queue_used(old) - first);
	q->head = 0;
	q->tail = queue_used(old);
	q->end = QUEUE_NIL;
	q->run = moved(old, old->run);
	q->last = moved(old, old->last);
	q->heap = moved(old, old->heap);
	move_links(old, q);
}

void *
queue_set_memory(struct queue *q, void *mem, uint32_t cap, uint32_t *old_cap)
{
	struct queue old = *q;

	assert(q->open == QUEUE_NIL && cap % 8 == 0 && cap < TAKEN);
	assert(cap >= queue_used(q));
	q->mem = mem;
	q->cap = cap;
	if (queue_is_empty(&old))
		restart(q);
	else
		move_records(&old, q);
	*old_cap = old.cap;
	return old.mem;
}
