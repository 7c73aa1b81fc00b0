/*
 * The queue against a plain list: order, bytes, borrowed memory, room, growth.
 */
#include "merge/queue.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/rng.h"

#define RECORDS 512

struct item {
	struct savefile_record r;
	uint64_t arrival_ns;
	uint32_t id;
	bool is_taken;
};

struct naive {
	struct queue q;
	uint8_t *mem;
	struct item items[RECORDS]; /* by arrival */
	uint32_t n;
	uint32_t head; /* all before it are taken */
	uint64_t rng;
	uint64_t seed;
	uint8_t *open;
	struct item begun;
};

static void
must(const struct naive *t, bool ok, const char *what)
{
	if (!ok)
		fail_msg("%s: TEST_SEED=%llu", what, (unsigned long long)t->seed);
}

static uint32_t
pick(struct naive *t, uint32_t n)
{
	return (uint32_t)rng_below(&t->rng, n);
}

static const struct item *
naive_next(const struct naive *t)
{
	const struct item *best = NULL;

	for (uint32_t i = t->head; i < t->n; i++) {
		const struct item *item = &t->items[i];

		if (item->is_taken)
			continue;
		if (best == NULL || (!t->q.is_fifo && item->r.time_ns < best->r.time_ns))
			best = item;
	}
	return best;
}

static bool
is_same(const struct queue_record *r, const struct item *item)
{
	if (memcmp(&r->record, &item->r, sizeof(item->r)) != 0)
		return false;
	for (uint32_t i = 0; i < savefile_record_bytes(&item->r); i++)
		if (r->data[i] != (uint8_t)(item->id + i))
			return false;
	return r->arrival_ns == item->arrival_ns;
}

static void
grow(struct naive *t, uint32_t cap)
{
	uint32_t old_cap;
	uint32_t had = t->q.cap;
	uint8_t *mem = cap > 0 ? malloc(cap) : NULL;
	void *old = queue_set_memory(&t->q, mem, cap, &old_cap);

	must(t, old == t->mem && old_cap == had, "the old piece");
	free(old);
	t->mem = mem;
	must(t, queue_used(&t->q) + queue_room(&t->q) == cap,
	     "one free piece after a move");
}

static void
begin(struct naive *t)
{
	uint32_t caplen = pick(t, pick(t, 8) == 0 ? 600 : 40);
	uint32_t room = queue_room(&t->q);
	struct item item = {.r = {.time_ns = pick(t, 20), .caplen = caplen}};

	if (t->n > t->head && pick(t, 2) == 0)
		item.r.time_ns = t->items[t->n - 1].r.time_ns + pick(t, 2);
	item.id = t->n;
	item.arrival_ns = 100 + t->n;
	item.r.origlen = pick(t, 100);
	if (pick(t, 4) == 0)
		item.r.options = (uint16_t)(pick(t, 30) * 4 + pick(t, 2));
	t->open = queue_begin(&t->q, &item.r, item.arrival_ns);
	must(t, queue_size(&item.r) > room || t->open != NULL, "the room it said it had");
	must(t, queue_size(&item.r) <= t->q.cap || t->open == NULL,
	     "more than its memory");
	t->begun = item;
}

static void
commit(struct naive *t)
{
	bool is_next;

	for (uint32_t i = 0; i < savefile_record_bytes(&t->begun.r); i++)
		t->open[i] = (uint8_t)(t->begun.id + i);
	is_next = queue_commit(&t->q);
	t->items[t->n++] = t->begun;
	must(t, is_next == (naive_next(t) == &t->items[t->n - 1]),
	     "whether it is the next");
	t->open = NULL;
}

static void
take(struct naive *t)
{
	const struct item *want = naive_next(t);
	const struct queue_record *r = queue_take(&t->q);

	must(t, (r == NULL) == (want == NULL), "whether there is one");
	if (r == NULL)
		return;
	must(t, is_same(r, want), "the next to leave");
	t->items[want - t->items].is_taken = true;
	if (t->open == NULL && pick(t, 2) == 0)
		begin(t);
	must(t, is_same(r, want), "what is borrowed stays");
	queue_drop(&t->q);
	while (t->head < t->n && t->items[t->head].is_taken)
		t->head++;
}

/* What lies between the oldest and the newest is used; an emptied ring is one piece. */
static void
check_state(struct naive *t)
{
	const struct item *want = naive_next(t);
	const struct queue_record *r = queue_peek(&t->q);
	const struct queue_record *oldest = queue_oldest(&t->q);
	uint32_t used = 0;

	for (uint32_t i = t->head; i < t->n; i++)
		used += queue_size(&t->items[i].r);
	must(t, queue_used(&t->q) == used, "what is used");
	must(t, queue_is_empty(&t->q) == (want == NULL), "whether it is empty");
	must(t, (r == NULL) == (want == NULL), "whether there is a next");
	must(t, r == NULL || is_same(r, want), "which is the next");
	must(t, oldest == NULL || is_same(oldest, &t->items[t->head]), "the oldest");
	if (want == NULL && t->open == NULL)
		must(t, queue_room(&t->q) == t->q.cap, "room when empty");
}

static void
play(struct naive *t, uint64_t seed)
{
	t->rng = t->seed = seed;
	t->n = t->head = 0;
	t->open = NULL;
	t->mem = NULL;
	queue_init(&t->q, pick(t, 8) == 0);
	grow(t, 40 + 8 * pick(t, 200));
	for (uint32_t i = 0; i < 200 && t->n < RECORDS - 2; i++) {
		uint32_t what = pick(t, 16);

		if (t->open != NULL && what < 10)
			commit(t);
		else if (t->open != NULL && what == 15)
			t->open = (queue_abort(&t->q), NULL);
		else if (t->open == NULL && what < 8)
			begin(t);
		else if (what < 15)
			take(t);
		else if (t->open == NULL)
			grow(t, queue_used(&t->q) + 8 * pick(t, 60));
		check_state(t);
	}
	if (t->open != NULL)
		commit(t);
	while (t->q.n > 0)
		take(t);
	if (t->open != NULL)
		queue_abort(&t->q);
	check_state(t);
	grow(t, 0);
}

static void
random_play_matches_a_list(void **state)
{
	static struct naive t;
	uint64_t rng = rng_seed("queue_test");

	(void)state;
	for (uint32_t i = 0; i < 20000; i++)
		play(&t, i == 0 ? rng : rng_next(&rng));
}

static uint64_t
order_of(uint32_t i, uint32_t n, int kind)
{
	if (kind == 0)
		return n - i; /* reversed */
	if (kind == 1)
		return i % 2 == 0 ? i : n - i; /* two that cross */
	return (uint64_t)i * 7919 % n;
}

/* Hostile orders: 200,000 records each would take minutes if one cost O(n). */
static void
hostile_order_is_no_harm(void **state)
{
	const uint32_t n = 200000;
	const uint32_t cap = n * QUEUE_LEAST;
	void *mem = malloc(cap);
	uint32_t old_cap;

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		struct queue q;
		uint64_t last = 0;

		queue_init(&q, false);
		queue_set_memory(&q, mem, cap, &old_cap);
		for (uint32_t i = 0; i < n; i++) {
			struct savefile_record r = {.time_ns = order_of(i, n, kind)};

			assert_non_null(queue_begin(&q, &r, i));
			queue_commit(&q);
		}
		for (uint32_t i = 0; i < n; i++) {
			const struct queue_record *r = queue_take(&q);

			assert_true(r->record.time_ns >= last);
			last = r->record.time_ns;
			queue_drop(&q);
		}
		assert_true(queue_is_empty(&q));
	}
	free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_play_matches_a_list),
	    cmocka_unit_test(hostile_order_is_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
