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

static_assert(sizeof(struct queue_record) == QUEUE_LEAST,
	      "the header is part of the memory bound");
static_assert(sizeof(struct queue_record) + 7 == QUEUE_OVERHEAD, "header and padding");

void
queue_init(struct queue *q, bool is_fifo)
{
	*q = (struct queue){.end = QUEUE_NIL,
			    .run = QUEUE_NIL,
			    .heap = QUEUE_NIL,
			    .aside = QUEUE_NIL,
			    .aside_last = QUEUE_NIL,
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

/* How many bytes lie between the head and a place: later arrivals have more. */
static inline uint32_t
rank(const struct queue *q, uint32_t place)
{
	return place >= q->head ? place - q->head : place + (q->cap - q->head);
}

static bool
is_before(const struct queue *q, uint32_t a, uint32_t b)
{
	uint64_t a_ns = queue_at(q, a)->record.time_ns;
	uint64_t b_ns = queue_at(q, b)->record.time_ns;

	return a_ns != b_ns ? a_ns < b_ns : rank(q, a) < rank(q, b);
}

/* The pairing heap: a node's children are a list through next, its first is in child. */
static uint32_t
meld(struct queue *q, uint32_t a, uint32_t b)
{
	uint32_t root = is_before(q, b, a) ? b : a;
	uint32_t child = root == a ? b : a;

	queue_at(q, child)->next = queue_at(q, root)->child;
	queue_at(q, root)->child = child;
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
		uint32_t other = queue_at(q, node)->next;

		list = QUEUE_NIL;
		if (other != QUEUE_NIL) {
			list = queue_at(q, other)->next;
			node = meld(q, node, other);
		}
		queue_at(q, node)->next = pairs;
		pairs = node;
	}
	for (; pairs != QUEUE_NIL; pairs = next) {
		next = queue_at(q, pairs)->next;
		root = root == QUEUE_NIL ? pairs : meld(q, root, pairs);
	}
	return root;
}

void
queue_restart(struct queue *q)
{
	uint32_t place = q->open == QUEUE_NIL ? 0 : q->open;

	q->head = place;
	q->tail = place;
	q->end = QUEUE_NIL;
	q->n_taken = 0;
}

void
queue_abort(struct queue *q)
{
	q->open = QUEUE_NIL;
	if (queue_is_empty(q))
		queue_restart(q);
}

bool
queue_add(struct queue *q, uint32_t place)
{
	if (q->run != QUEUE_NIL) {
		q->heap = q->heap == QUEUE_NIL ? place : meld(q, q->heap, place);
	} else {
		q->run = place;
		q->last = place;
		q->last_ns = queue_at(q, place)->record.time_ns;
	}
	return queue_next(q) == place;
}

void
queue_commit_aside(struct queue *q)
{
	uint32_t place = queue_close(q);

	if (q->aside == QUEUE_NIL)
		q->aside = place;
	else
		queue_at(q, q->aside_last)->next = place;
	q->aside_last = place;
}

const struct queue_record *
queue_take_aside(struct queue *q)
{
	struct queue_record *r = queue_at(q, q->aside);

	q->aside = r->next;
	r->next = QUEUE_TAKEN;
	q->n_taken++;
	q->n--;
	return r;
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

struct queue_record *
queue_take_any(struct queue *q)
{
	uint32_t place = queue_next(q);
	struct queue_record *r = queue_at(q, place);

	if (place == q->run)
		q->run = r->next;
	else
		q->heap = meld_all(q, r->child);
	return r;
}

/* Where a place lies once the head is at 0 and the wrap is gone. */
static uint32_t
moved(const struct queue *q, uint32_t place)
{
	if (place >= QUEUE_TAKEN)
		return place;
	return place >= q->head ? place - q->head : place + (q->end - q->head);
}

static void
move_links(const struct queue *old, struct queue *q)
{
	for (uint32_t place = 0; place < q->tail;) {
		struct queue_record *r = queue_at(q, place);

		r->next = moved(old, r->next);
		r->child = moved(old, r->child);
		place += queue_size(&r->record);
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
	q->aside = moved(old, old->aside);
	q->aside_last = moved(old, old->aside_last);
	move_links(old, q);
}

void *
queue_set_memory(struct queue *q, void *mem, uint32_t cap, uint32_t *old_cap)
{
	struct queue old = *q;

	assert(q->open == QUEUE_NIL && cap % 8 == 0 && cap < QUEUE_TAKEN);
	assert(cap >= queue_used(q));
	q->mem = mem;
	q->cap = cap;
	if (queue_is_empty(&old))
		queue_restart(q);
	else
		move_records(&old, q);
	*old_cap = old.cap;
	return old.mem;
}
