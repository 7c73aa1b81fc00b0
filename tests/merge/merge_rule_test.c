/*
 * The merge in situations with a name: what each must give, spelled out. merge_test.c
 * covers what nobody thought of.
 */
#include "merge/merge.h"

#include <stdlib.h>
#include <string.h>

#include "merge/queue.h"
#include "support/check.h"

#define US    UINT64_C(1000)
#define MS    UINT64_C(1000000)
#define SEC   (1000 * MS)
#define EPOCH UINT64_C(1700000000000000000)
#define MANY  1000

struct bench {
	void *mem;
	struct merge *m;
	uint64_t now_ns; /* record times are now + EPOCH where clocks agree */
	void *memory[MANY];
	bool has_no_memory;
	uint64_t bound;
	uint64_t n_out;
	uint64_t n_back; /* how often time went back */
	uint64_t last_ns;
	uint64_t wake_ns;
	struct merge_out out;
};

static void
open_bench(struct bench *b, uint32_t n, uint64_t hold_back_ns, bool is_auto,
	   uint64_t buffer_bytes)
{
	struct merge_options options = {hold_back_ns, is_auto, MERGE_SLACK_NS,
					buffer_bytes};

	*b = (struct bench){.bound = buffer_bytes};
	b->mem = malloc(merge_bytes(n));
	b->m = merge_new(b->mem, n, &options);
}

static void
give(struct bench *b)
{
	uint32_t i = b->out.source;
	size_t old_bytes;

	if (b->has_no_memory && b->out.bytes > 0) {
		merge_refuse_memory(b->m, i);
		return;
	}
	b->memory[i] = b->out.bytes > 0 ? malloc(b->out.bytes) : NULL;
	free(merge_set_memory(b->m, i, b->memory[i], b->out.bytes, &old_bytes));
	assert_true(merge_memory(b->m) <= b->bound + MERGE_ALLOWANCE);
}

/* The next answer that is not about memory. */
static enum merge_result
next(struct bench *b)
{
	for (;;) {
		enum merge_result result = merge_next(b->m, b->now_ns, &b->out);

		if (result == MERGE_GROW) {
			give(b);
			continue;
		}
		b->wake_ns = b->out.wake_ns;
		if (result == MERGE_RECORD) {
			b->n_out++;
			b->n_back += b->out.record.time_ns < b->last_ns;
			b->last_ns = b->out.record.time_ns;
		}
		return result;
	}
}

static void
drain(struct bench *b)
{
	while (next(b) == MERGE_RECORD)
		;
}

static void
close_bench(struct bench *b)
{
	for (uint32_t i = 0; i < MANY; i++)
		free(b->memory[i]);
	free(b->mem);
}

static enum merge_begin
offer(struct bench *b, uint32_t source, uint64_t time_ns, uint32_t caplen)
{
	struct savefile_record r = {.time_ns = time_ns, .caplen = caplen};
	uint8_t *bytes;
	enum merge_begin begin = merge_begin(b->m, source, &r, b->now_ns, &bytes);

	if (begin != MERGE_BEGUN)
		return begin;
	memset(bytes, (int)source, caplen);
	merge_commit(b->m, source);
	return begin;
}

/* Offers until it is taken; time passes if draining once does not help. */
static void
put(struct bench *b, uint32_t source, uint64_t time_ns, uint32_t caplen)
{
	while (offer(b, source, time_ns, caplen) != MERGE_BEGUN) {
		drain(b);
		if (offer(b, source, time_ns, caplen) == MERGE_BEGUN)
			return;
		b->now_ns += MS;
	}
}

/* Memory before it is asked for, where a drain would be in the way. */
static void
prepare(struct bench *b, uint32_t source)
{
	b->out = (struct merge_out){.source = source, .bytes = MERGE_QUEUE_FIRST};
	give(b);
}

static void
start(struct bench *b, uint32_t source, enum merge_kind kind, bool is_explicit)
{
	merge_start(b->m, source, kind, is_explicit, b->now_ns);
}

/* Source and time of the next record, which must be there. */
static void
expect(struct bench *b, uint32_t source, uint64_t time_ns)
{
	assert_int_equal(next(b), MERGE_RECORD);
	assert_int_equal(b->out.source, source);
	assert_int_equal(b->out.record.time_ns, time_ns);
}

static void
expect_counts(struct bench *b, uint32_t source, uint64_t written, uint64_t late,
	      uint64_t forced, uint64_t held_back)
{
	const struct merge_counts *n = merge_counts(b->m, source);

	assert_int_equal(n->written, written);
	assert_int_equal(n->late, late);
	assert_int_equal(n->forced, forced);
	assert_int_equal(n->held_back, held_back);
}

static void
equal_times_keep_the_order_of_sources(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 3, SEC, false, 1 << 20);
	for (uint32_t i = 0; i < 3; i++)
		start(&b, i, MERGE_LIVE, true);
	put(&b, 2, 50, 1);
	put(&b, 1, 50, 1);
	merge_watermark(b.m, 0, 50);
	merge_watermark(b.m, 2, 50);
	merge_watermark(b.m, 1, 50);
	assert_int_equal(next(&b), MERGE_WAIT);
	assert_int_equal(merge_awaited(b.m), 0);
	merge_watermark(b.m, 0, 51);
	expect(&b, 1, 50);
	assert_int_equal(next(&b), MERGE_WAIT);
	assert_int_equal(merge_awaited(b.m), 1);
	merge_watermark(b.m, 1, 51);
	expect(&b, 2, 50);
	close_bench(&b);
}

static void
the_largest_times_are_times(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 2, 10, false, 1 << 20);
	start(&b, 0, MERGE_LIVE, false);
	start(&b, 1, MERGE_LIVE, true);
	prepare(&b, 0);
	prepare(&b, 1);
	put(&b, 0, UINT64_MAX, 1);
	put(&b, 0, 0, 1);
	put(&b, 1, UINT64_MAX - 1, 1);
	expect(&b, 0, 0);
	assert_int_equal(next(&b), MERGE_WAIT);
	assert_int_equal(b.wake_ns, 10);
	b.now_ns += 10;
	expect(&b, 0, UINT64_MAX);
	expect(&b, 1, UINT64_MAX - 1);
	expect_counts(&b, 1, 1, 0, 0, 1);
	merge_end(b.m, 0);
	merge_end(b.m, 1);
	assert_int_equal(next(&b), MERGE_DONE);
	close_bench(&b);
}

static void
the_hold_back_never_overrides_a_file(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 2, 200 * MS, false, 1 << 20);
	start(&b, 0, MERGE_LIVE, true);
	start(&b, 1, MERGE_FILE, false);
	put(&b, 0, 5 * SEC, 1);
	put(&b, 1, SEC, 1);
	b.now_ns += 10 * SEC;
	assert_int_equal(next(&b), MERGE_WAIT);
	assert_int_equal(merge_awaited(b.m), 1);
	assert_true(b.wake_ns == UINT64_MAX);
	put(&b, 1, 4 * SEC, 1);
	expect(&b, 1, SEC);
	assert_int_equal(next(&b), MERGE_WAIT);
	merge_end(b.m, 1);
	b.now_ns += SEC;
	expect(&b, 1, 4 * SEC);
	expect(&b, 0, 5 * SEC);
	expect_counts(&b, 0, 1, 0, 0, 1);
	expect_counts(&b, 1, 2, 0, 0, 2);
	close_bench(&b);
}

/* A full queue waits for the silent source once, then grows as it needs. */
static void
patience_comes_before_memory(void **state)
{
	struct bench b;
	size_t old_bytes;

	(void)state;
	open_bench(&b, 2, SEC, false, 1 << 20);
	start(&b, 0, MERGE_LIVE, true);
	start(&b, 1, MERGE_LIVE, true);
	assert_int_equal(offer(&b, 1, 1, 8), MERGE_NEEDS_MEMORY);
	assert_int_equal(merge_next(b.m, b.now_ns, &b.out), MERGE_GROW);
	assert_int_equal(b.out.bytes, MERGE_QUEUE_FIRST);
	give(&b);
	while (offer(&b, 1, 2, 952) == MERGE_BEGUN)
		;
	assert_int_equal(merge_read_size(b.m, 1, 16), 0);
	assert_int_equal(merge_next(b.m, b.now_ns, &b.out), MERGE_WAIT);
	assert_int_equal(b.out.wake_ns, b.now_ns + MERGE_PATIENCE_NS);
	assert_int_equal(merge_awaited(b.m), 0);
	b.now_ns += MERGE_PATIENCE_NS;
	assert_int_equal(merge_next(b.m, b.now_ns, &b.out), MERGE_GROW);
	assert_int_equal(b.out.bytes, 2 * MERGE_QUEUE_FIRST);
	give(&b);
	assert_int_equal(merge_next(b.m, b.now_ns, &b.out), MERGE_WAIT);
	while (offer(&b, 1, 3, 952) == MERGE_BEGUN)
		;
	assert_int_equal(merge_next(b.m, b.now_ns, &b.out), MERGE_GROW);
	assert_int_equal(b.out.bytes, 4 * MERGE_QUEUE_FIRST);
	give(&b);
	merge_end(b.m, 0);
	merge_end(b.m, 1);
	drain(&b);
	assert_int_equal(merge_spare_memory(b.m), 1);
	free(merge_set_memory(b.m, 1, NULL, 0, &old_bytes));
	b.memory[1] = NULL;
	assert_int_equal(old_bytes, 4 * MERGE_QUEUE_FIRST);
	assert_true(merge_spare_memory(b.m) == UINT32_MAX);
	close_bench(&b);
}

/* At the bound the oldest leaves, as many as must, in order, and none is lost. */
static void
at_the_bound_records_are_forced(void **state)
{
	struct bench b;
	const uint32_t n = 2000;

	(void)state;
	open_bench(&b, 3, 1000 * SEC, false, 256 << 10);
	for (uint32_t i = 0; i < 3; i++)
		start(&b, i, MERGE_LIVE, true);
	for (uint32_t i = 0; i < n; i++) {
		put(&b, 1, 100 + i, 960);
		merge_watermark(b.m, 1, 100 + i);
		merge_watermark(b.m, 2, 100 + i);
	}
	assert_true(b.now_ns >= MERGE_FORCE_PATIENCE_NS);
	assert_true(b.now_ns < MERGE_FORCE_PATIENCE_NS + 50 * MS);
	assert_true(merge_counts(b.m, 1)->forced > n / 2);
	assert_int_equal(merge_counts(b.m, 1)->forced, b.n_out);
	assert_int_equal(b.n_back, 0);
	for (uint32_t i = 0; i < 3; i++)
		merge_end(b.m, i);
	drain(&b);
	assert_int_equal(b.n_out, n);
	assert_int_equal(b.n_back, 0);
	close_bench(&b);
}

/* Order is given up later than memory is asked for. */
static void
forcing_takes_more_patience(void **state)
{
	struct bench b;
	uint64_t start_ns;

	(void)state;
	open_bench(&b, 2, SEC, false, 2 * MERGE_FIRST_PART * MERGE_QUEUE_FIRST);
	start(&b, 0, MERGE_LIVE, true);
	start(&b, 1, MERGE_LIVE, true);
	put(&b, 1, 1, 8);
	start_ns = b.now_ns;
	assert_int_equal(next(&b), MERGE_WAIT);
	for (;;) {
		if (offer(&b, 1, 2, 952) == MERGE_BEGUN)
			continue;
		assert_int_equal(next(&b), MERGE_WAIT);
		if (offer(&b, 1, 2, 952) == MERGE_BEGUN)
			continue;
		if (b.wake_ns != start_ns + MERGE_PATIENCE_NS)
			break;
		b.now_ns = b.wake_ns;
	}
	assert_int_equal(b.wake_ns, start_ns + MERGE_FORCE_PATIENCE_NS);
	assert_true(merge_memory(b.m) + MERGE_QUEUE_FIRST <= b.bound);
	b.now_ns = b.wake_ns - 1;
	assert_int_equal(next(&b), MERGE_WAIT);
	b.now_ns = b.wake_ns;
	expect(&b, 1, 1);
	expect(&b, 1, 2);
	assert_int_equal(merge_counts(b.m, 1)->forced, 2);
	close_bench(&b);
}

/* A record that comes while its owner keeps everything back is no younger for it. */
static void
memory_is_given_while_nothing_may_leave(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 2, 200 * MS, false, 64 << 20);
	merge_start(b.m, 0, MERGE_LIVE, true, b.now_ns);
	merge_start(b.m, 1, MERGE_LIVE, true, b.now_ns);
	assert_false(merge_asks(b.m, &b.out));
	assert_int_equal(offer(&b, 0, EPOCH, 60), MERGE_NEEDS_MEMORY);
	while (merge_asks(b.m, &b.out))
		give(&b);
	assert_int_equal(offer(&b, 0, EPOCH, 60), MERGE_BEGUN);
	assert_int_equal(b.n_out, 0);
	b.now_ns += 200 * MS;
	assert_int_equal(next(&b), MERGE_RECORD);
	close_bench(&b);
}

/* However long others were full before it came. */
static void
everyone_gets_first_memory(void **state)
{
	struct bench b;
	const uint32_t n = 8;

	(void)state;
	open_bench(&b, n, SEC, false, n * MERGE_FIRST_PART * 4096);
	for (uint32_t i = 0; i < n; i++)
		start(&b, i, MERGE_LIVE, true);
	for (; b.now_ns < 2 * MERGE_PATIENCE_NS; b.now_ns += MS) {
		while (offer(&b, n - 1, 2, 952) == MERGE_BEGUN)
			;
		assert_int_equal(next(&b), MERGE_WAIT);
	}
	for (uint32_t i = 0; i < n - 1; i++) {
		assert_int_equal(offer(&b, i, 2, 8), MERGE_NEEDS_MEMORY);
		assert_int_equal(merge_next(b.m, b.now_ns, &b.out), MERGE_GROW);
		assert_int_equal(b.out.source, i);
		assert_int_equal(b.out.bytes, 4096);
		give(&b);
		assert_int_equal(offer(&b, i, 2, 8), MERGE_BEGUN);
	}
	assert_int_equal(merge_counts(b.m, n - 1)->forced, 0);
	close_bench(&b);
}

/* What has been unused for longest is taken first. */
static void
spare_memory_is_taken_in_turn(void **state)
{
	struct bench b;
	uint32_t order[] = {2, 0, 1};

	(void)state;
	open_bench(&b, 4, SEC, false, 4096);
	for (uint32_t i = 0; i < 4; i++)
		start(&b, i, MERGE_LIVE, true);
	for (uint32_t i = 0; i < 3; i++)
		put(&b, order[i], 1 + i, 8);
	for (uint32_t i = 0; i < 4; i++)
		merge_watermark(b.m, i, 100);
	for (uint32_t i = 0; i < 3; i++)
		expect(&b, order[i], 1 + i);
	assert_int_equal(next(&b), MERGE_WAIT);
	assert_int_equal(offer(&b, 3, 101, 4000), MERGE_NEEDS_MEMORY);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(merge_next(b.m, b.now_ns, &b.out), MERGE_GROW);
		if (b.out.bytes > 0)
			break;
		assert_int_equal(b.out.source, order[i]);
		give(&b);
	}
	close_bench(&b);
}

static void
the_largest_records_fit_any_bound(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 5, 1000 * SEC, false, 1000);
	for (uint32_t i = 0; i < 5; i++)
		start(&b, i, MERGE_LIVE, true);
	for (uint32_t i = 0; i < 100; i++)
		put(&b, i * 7 % 5, 100 + i, i % 3 == 0 ? SAVEFILE_SNAPLEN_MAX : 900);
	for (uint32_t i = 0; i < 5; i++)
		merge_end(b.m, i);
	drain(&b);
	assert_int_equal(b.n_out, 100);
	assert_int_equal(b.n_back, 0);
	close_bench(&b);
}

static void
without_memory_it_forces_and_asks_again(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 2, 1000 * SEC, false, 1 << 30);
	start(&b, 0, MERGE_LIVE, true);
	start(&b, 1, MERGE_LIVE, true);
	put(&b, 1, 1, 10);
	b.has_no_memory = true;
	assert_int_equal(offer(&b, 0, 5, 10), MERGE_NEEDS_MEMORY);
	expect(&b, 1, 1);
	expect_counts(&b, 1, 1, 0, 1, 0);
	assert_int_equal(next(&b), MERGE_WAIT);
	assert_int_equal(b.wake_ns, b.now_ns + MERGE_PATIENCE_NS);
	for (uint32_t i = 2; i < 200; i++)
		put(&b, 1, i, 960);
	assert_true(merge_counts(b.m, 1)->forced > 100);
	b.has_no_memory = false;
	put(&b, 0, 5, 10);
	close_bench(&b);
}

/* A worker that flushes once a second beside one that does not wait. */
static void
feed_flusher(struct bench *b, uint64_t seconds)
{
	for (uint64_t i = 1; i <= seconds * 1000; i++) {
		b->now_ns += MS;
		put(b, 0, EPOCH + b->now_ns - 500 * US, 60);
		if (i % 1000 == 0)
			for (uint64_t age = 1000; age > 0; age--)
				put(b, 1, EPOCH + b->now_ns - age * MS, 60);
		drain(b);
	}
}

static void
auto_follows_a_flusher_and_forgets_it(void **state)
{
	struct bench b;
	uint64_t late;
	uint64_t back;

	(void)state;
	open_bench(&b, 2, MERGE_HOLD_BACK_NS, true, 64 << 20);
	start(&b, 0, MERGE_LIVE, false);
	start(&b, 1, MERGE_LIVE, false);
	feed_flusher(&b, 2);
	late = merge_counts(b.m, 0)->late + merge_counts(b.m, 1)->late;
	assert_true(late > 0);
	assert_in_range(merge_hold_back_ns(b.m), 1240 * MS, 1260 * MS);
	assert_int_equal(merge_slowest(b.m), 1);
	assert_int_equal(merge_source_hold_back_ns(b.m, 1), merge_hold_back_ns(b.m));
	assert_int_equal(merge_source_hold_back_ns(b.m, 0), MERGE_HOLD_BACK_NS);
	assert_int_equal(merge_mark_ns(b.m, 1), EPOCH + b.now_ns - MS - MERGE_SLACK_NS);
	feed_flusher(&b, 2); /* what was let go before the rhythm was known */
	late = merge_counts(b.m, 0)->late + merge_counts(b.m, 1)->late;
	back = b.n_back;
	feed_flusher(&b, 20);
	assert_int_equal(merge_counts(b.m, 0)->late + merge_counts(b.m, 1)->late, late);
	assert_int_equal(b.n_back, back);
	assert_in_range(merge_hold_back_ns(b.m), 1240 * MS, 1260 * MS);
	merge_end(b.m, 1);
	for (uint64_t i = 0; i < 2000; i++) {
		b.now_ns += MS;
		put(&b, 0, EPOCH + b.now_ns, 60);
		drain(&b);
	}
	assert_int_equal(merge_hold_back_ns(b.m), MERGE_HOLD_BACK_NS);
	assert_int_equal(merge_slowest(b.m), UINT32_MAX);
	assert_in_range(merge_source_hold_back_ns(b.m, 1), 1240 * MS, 1260 * MS);
	close_bench(&b);
}

static void
auto_ignores_a_quiet_source(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 2, MERGE_HOLD_BACK_NS, true, 1 << 20);
	start(&b, 0, MERGE_LIVE, false);
	start(&b, 1, MERGE_LIVE, false);
	for (uint64_t i = 1; i < 6000; i++) {
		b.now_ns += 100 * MS;
		put(&b, 0, EPOCH + b.now_ns, 60);
		if (i % 600 == 0)
			put(&b, 1, EPOCH + b.now_ns - MS, 60);
		drain(&b);
		assert_int_equal(merge_hold_back_ns(b.m), MERGE_HOLD_BACK_NS);
	}
	close_bench(&b);
}

/* 1,000 sources with heartbeats every 50 ms, 990 of them silent. */
static void
silent_sources_cost_nothing(void **state)
{
	struct bench b;
	uint64_t n = 0;

	(void)state;
	open_bench(&b, MANY, MERGE_HOLD_BACK_NS, false, 64 << 20);
	for (uint32_t i = 0; i < MANY; i++)
		start(&b, i, MERGE_LIVE, true);
	for (uint64_t i = 0; i < 2000; i++) {
		b.now_ns += MS;
		for (uint32_t j = 0; j < 10; j++, n++)
			put(&b, j * 97, EPOCH + b.now_ns - (i * 7 + j) % 10 * 100 * US,
			    60);
		for (uint32_t j = 0; i % 50 == 0 && j < MANY; j++)
			merge_watermark(b.m, j, EPOCH + b.now_ns - 25 * MS);
		drain(&b);
	}
	assert_int_equal(b.n_back, 0);
	assert_in_range(n - b.n_out, 100, 750 + 50);
	assert_int_equal(merge_source_hold_back_ns(b.m, 0), 0);
	assert_int_equal(merge_mark_ns(b.m, 1), EPOCH + b.now_ns - 25 * MS - 49 * MS);
	assert_true(merge_memory(b.m) <= 10 * MERGE_QUEUE_FIRST);
	for (uint32_t i = 0; i < MANY; i++)
		expect_counts(&b, i, merge_counts(b.m, i)->written, 0, 0, 0);
	close_bench(&b);
}

/* The backlog comes at once and in order, after one step back in time. */
static void
a_minute_of_backlog_is_late_and_in_order(void **state)
{
	struct bench b;
	uint64_t n;

	(void)state;
	open_bench(&b, 2, MERGE_HOLD_BACK_NS, true, 64 << 20);
	start(&b, 0, MERGE_LIVE, false);
	start(&b, 1, MERGE_LIVE, true);
	merge_watermark(b.m, 1, EPOCH);
	for (n = 0; n < 6000; n++) {
		b.now_ns += 10 * MS;
		put(&b, 0, EPOCH + b.now_ns, 60);
		drain(&b);
	}
	assert_int_equal(b.n_back, 0);
	for (uint64_t t = 0; t < 5000; t++)
		put(&b, 1, EPOCH + t * 10 * MS, 60);
	merge_watermark(b.m, 1, EPOCH + b.now_ns);
	drain(&b);
	assert_int_equal(b.n_back, 1);
	expect_counts(&b, 1, 5000, 5000, 0, 0);
	assert_int_equal(merge_counts(b.m, 0)->late, 0);
	assert_int_equal(merge_hold_back_ns(b.m), MERGE_HOLD_BACK_NS);
	close_bench(&b);
}

static void
a_clock_that_went_back_starts_anew(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 2, MERGE_HOLD_BACK_NS, false, 1 << 20);
	start(&b, 0, MERGE_LIVE, true);
	start(&b, 1, MERGE_LIVE, true);
	put(&b, 0, 100 * SEC, 1);
	merge_watermark(b.m, 0, 100 * SEC);
	merge_end(b.m, 0);
	start(&b, 0, MERGE_LIVE, true);
	merge_watermark(b.m, 1, 200 * SEC);
	assert_int_equal(next(&b), MERGE_WAIT);
	assert_int_equal(merge_awaited(b.m), 0);
	put(&b, 0, 90 * SEC, 1);
	merge_watermark(b.m, 0, 100 * SEC);
	expect(&b, 0, 90 * SEC);
	expect(&b, 0, 100 * SEC);
	put(&b, 0, 95 * SEC, 1);
	expect(&b, 0, 95 * SEC);
	expect_counts(&b, 0, 3, 1, 0, 0);
	close_bench(&b);
}

static void
hold_back_0_is_the_order_of_arrival(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 2, 0, true, 1 << 20);
	start(&b, 0, MERGE_LIVE, false);
	start(&b, 1, MERGE_FILE, true);
	prepare(&b, 0);
	prepare(&b, 1);
	put(&b, 1, 30, 1);
	put(&b, 0, 20, 1);
	put(&b, 0, 10, 1);
	put(&b, 1, 40, 1);
	expect(&b, 1, 30);
	expect(&b, 0, 20);
	expect(&b, 0, 10);
	expect(&b, 1, 40);
	expect_counts(&b, 0, 2, 2, 0, 0);
	assert_int_equal(next(&b), MERGE_WAIT);
	assert_true(b.wake_ns == UINT64_MAX);
	close_bench(&b);
}

/* Neither what others are older than, nor what they are promised by. */
static void
one_stamp_of_2262_makes_nothing_late(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 2, 200 * MS, false, 1 << 20);
	start(&b, 0, MERGE_LIVE, false);
	start(&b, 1, MERGE_LIVE, false);
	prepare(&b, 0);
	prepare(&b, 1);
	for (uint32_t i = 0; i < 5000; i++) {
		b.now_ns += MS;
		merge_set_limit(b.m, 0, EPOCH + b.now_ns + 200 * MS);
		merge_set_limit(b.m, 1, EPOCH + b.now_ns + 200 * MS);
		put(&b, 0, EPOCH + b.now_ns, 60);
		if (i == 2500) {
			put(&b, 1, INT64_MAX, 60);
			expect(&b, 1, INT64_MAX);
			assert_true(b.out.is_ahead);
			assert_int_equal(merge_mark_ns(b.m, 1),
					 EPOCH + b.now_ns - 2 * MS - MERGE_SLACK_NS);
		}
		put(&b, 1, EPOCH + b.now_ns - MS, 60);
		drain(&b);
	}
	assert_int_equal(b.n_back, 1);
	merge_end(b.m, 0);
	merge_end(b.m, 1);
	drain(&b);
	expect_counts(&b, 0, 5000, 0, 0, 0);
	expect_counts(&b, 1, 5001, 0, 0, 0);
	assert_int_equal(merge_counts(b.m, 0)->ahead, 0);
	assert_int_equal(merge_counts(b.m, 1)->ahead, 1);
	close_bench(&b);
}

static void
unsorted_it_leaves_in_its_turn(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, 1, 0, false, 1 << 20);
	start(&b, 0, MERGE_LIVE, false);
	merge_set_limit(b.m, 0, 9 * SEC);
	prepare(&b, 0);
	put(&b, 0, 2 * SEC, 1);
	put(&b, 0, 10 * SEC, 1);
	put(&b, 0, 1 * SEC, 1);
	put(&b, 0, 3 * SEC, 1);
	expect(&b, 0, 2 * SEC);
	expect(&b, 0, 10 * SEC);
	expect(&b, 0, 1 * SEC);
	expect(&b, 0, 3 * SEC);
	expect_counts(&b, 0, 4, 1, 0, 0);
	assert_int_equal(merge_counts(b.m, 0)->ahead, 1);
	close_bench(&b);
}

/* Three wrong stamps side by side in one file; a pause of two days in both. */
static void
files_tell_a_wrong_stamp_from_a_pause(void **state)
{
	struct bench b;
	const uint64_t pause = 2 * MERGE_STEP_NS;

	(void)state;
	open_bench(&b, 2, 200 * MS, false, 1 << 20);
	start(&b, 0, MERGE_FILE, false);
	start(&b, 1, MERGE_FILE, false);
	prepare(&b, 0);
	prepare(&b, 1);
	for (uint32_t i = 0; i < 400; i++) {
		uint64_t t = EPOCH + (i < 200 ? 0 : pause) + i * MS;

		put(&b, 0, t, 1);
		for (uint32_t j = 1; i == 100 && j < MERGE_STEP_RECORDS; j++)
			put(&b, 0, INT64_MAX - j, 1);
		drain(&b);
		put(&b, 1, t, 1);
		drain(&b);
	}
	assert_int_equal(b.n_back, 0);
	merge_end(b.m, 0);
	merge_end(b.m, 1);
	drain(&b);
	assert_int_equal(b.n_back, 0);
	expect_counts(&b, 0, 400 + MERGE_STEP_RECORDS - 1, 0, 0, 0);
	expect_counts(&b, 1, 400, 0, 0, 0);
	assert_int_equal(merge_counts(b.m, 0)->ahead, MERGE_STEP_RECORDS - 1);
	assert_int_equal(merge_counts(b.m, 1)->ahead, 0);
	close_bench(&b);
}

/* Its link carries less than is captured: the lag grows to three seconds. */
static void
auto_waits_for_a_source_that_lags_but_delivers(void **state)
{
	struct bench b;
	uint64_t held_ns;

	(void)state;
	open_bench(&b, 2, 200 * MS, true, 1 << 24);
	start(&b, 0, MERGE_LIVE, true);
	start(&b, 1, MERGE_LIVE, true);
	for (uint32_t i = 0; i < 6000; i++) {
		uint64_t behind = EPOCH + b.now_ns - b.now_ns / 2;

		b.now_ns += MS;
		merge_heard(b.m, 0, b.now_ns);
		put(&b, 0, EPOCH + b.now_ns, 60);
		merge_watermark(b.m, 0, EPOCH + b.now_ns);
		merge_heard(b.m, 1, b.now_ns);
		put(&b, 1, behind, 60);
		if (i % 100 == 0)
			merge_watermark(b.m, 1, behind);
		drain(&b);
	}
	assert_true(merge_lag_ns(b.m, 1) > 2800 * MS);
	assert_int_equal(merge_lag_ns(b.m, 0), 0);
	assert_int_equal(b.n_back, 0);
	expect_counts(&b, 0, merge_counts(b.m, 0)->written, 0, 0, 0);
	expect_counts(&b, 1, merge_counts(b.m, 1)->written, 0, 0, 0);

	/* it stalls: nobody waits longer for it than the hold-back */
	held_ns = b.now_ns + 200 * MS;
	while (b.now_ns < held_ns - MS) {
		b.now_ns += MS;
		drain(&b);
	}
	assert_int_equal(merge_counts(b.m, 0)->held_back, 0);
	b.now_ns = held_ns;
	drain(&b);
	assert_true(merge_counts(b.m, 0)->held_back > 2000);
	close_bench(&b);
}

/* A proxy that buffers: a packet and a watermark each 50 ms, which come together. */
static void
lump(struct bench *b, uint32_t source, uint64_t *sent_ns)
{
	merge_heard(b->m, source, b->now_ns);
	for (; *sent_ns + 50 * MS <= b->now_ns; *sent_ns += 50 * MS) {
		put(b, source, EPOCH + *sent_ns, 60);
		merge_watermark(b->m, source, EPOCH + *sent_ns);
	}
}

/* Nothing is late from the third lump on, and a stall is not waited for longer than the
 * usual pause and a quarter of it. */
static void
check_lumps(uint64_t period_ns, bool is_auto)
{
	uint64_t steady_ns = 0;
	uint64_t lumpy_ns = 0;
	uint64_t late = 0;
	struct bench b;

	open_bench(&b, 2, 200 * MS, is_auto, 1 << 24);
	start(&b, 0, MERGE_LIVE, true);
	start(&b, 1, MERGE_LIVE, true);
	for (uint32_t i = 1; i <= 10 * period_ns / MS; i++) {
		b.now_ns += MS;
		if (b.now_ns % (50 * MS) == 0)
			lump(&b, 0, &steady_ns);
		if (b.now_ns % period_ns == 0)
			lump(&b, 1, &lumpy_ns);
		drain(&b);
		if (b.now_ns == 2 * period_ns)
			late = merge_counts(b.m, 1)->late;
	}
	if (!is_auto) {
		assert_true(merge_counts(b.m, 1)->late > late);
		close_bench(&b);
		return;
	}
	assert_int_equal(merge_counts(b.m, 0)->late, 0);
	assert_int_equal(merge_counts(b.m, 1)->late, late);

	for (uint64_t end_ns = b.now_ns + period_ns + period_ns / 4; b.now_ns < end_ns;) {
		b.now_ns += MS;
		if (b.now_ns % (50 * MS) == 0)
			lump(&b, 0, &steady_ns);
		drain(&b);
	}
	b.now_ns += 400 * MS;
	drain(&b);
	assert_true(EPOCH + b.now_ns - b.last_ns < 500 * MS);
	close_bench(&b);
}

static void
auto_waits_for_lumps_of_any_size(void **state)
{
	(void)state;
	for (uint64_t period_ns = 300 * MS; period_ns <= 4 * SEC; period_ns += 100 * MS)
		check_lumps(period_ns, true);
	check_lumps(500 * MS, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(equal_times_keep_the_order_of_sources),
	    cmocka_unit_test(the_largest_times_are_times),
	    cmocka_unit_test(the_hold_back_never_overrides_a_file),
	    cmocka_unit_test(patience_comes_before_memory),
	    cmocka_unit_test(at_the_bound_records_are_forced),
	    cmocka_unit_test(forcing_takes_more_patience),
	    cmocka_unit_test(memory_is_given_while_nothing_may_leave),
	    cmocka_unit_test(everyone_gets_first_memory),
	    cmocka_unit_test(spare_memory_is_taken_in_turn),
	    cmocka_unit_test(the_largest_records_fit_any_bound),
	    cmocka_unit_test(without_memory_it_forces_and_asks_again),
	    cmocka_unit_test(auto_follows_a_flusher_and_forgets_it),
	    cmocka_unit_test(auto_ignores_a_quiet_source),
	    cmocka_unit_test(silent_sources_cost_nothing),
	    cmocka_unit_test(a_minute_of_backlog_is_late_and_in_order),
	    cmocka_unit_test(a_clock_that_went_back_starts_anew),
	    cmocka_unit_test(hold_back_0_is_the_order_of_arrival),
	    cmocka_unit_test(one_stamp_of_2262_makes_nothing_late),
	    cmocka_unit_test(unsorted_it_leaves_in_its_turn),
	    cmocka_unit_test(files_tell_a_wrong_stamp_from_a_pause),
	    cmocka_unit_test(auto_waits_for_a_source_that_lags_but_delivers),
	    cmocka_unit_test(auto_waits_for_lumps_of_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
