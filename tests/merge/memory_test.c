/* Room by itself: who asks, who is asked to give back, and what the bound holds. */
#include "merge/state.h"

#include <stdlib.h>

#include "support/check.h"

#define MS  UINT64_C(1000000)
#define T0  (1000000 * MS)
#define KIB 1024u

static struct merge *m;
static struct merge_out out;

static void
begin(uint32_t n, uint64_t bound)
{
	struct merge_options options = {MERGE_HOLD_BACK_NS, false, MERGE_SLACK_NS, bound};

	free(m);
	m = merge_new(malloc(merge_bytes(n)), n, &options);
	for (uint32_t i = 0; i < n; i++)
		merge_start(m, i, MERGE_LIVE, true, T0);
}

static void
give(uint32_t source, size_t bytes)
{
	size_t old;

	free(merge_set_memory(m, source, bytes > 0 ? aligned_alloc(8, bytes) : NULL,
			      bytes, &old));
}

static void
take_all(uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		give(i, 0);
	assert_int_equal(merge_memory(m), 0);
}

static void
a_record_in_need_is_served_at_once_with_room_for_it(void **state)
{
	(void)state;
	begin(2, 1u << 20);
	assert_false(memory_serve(m, &out));
	memory_full(m, 1, 100, true);
	assert_true(memory_serve(m, &out));
	assert_int_equal(out.source, 1);
	assert_int_equal(out.bytes, MERGE_QUEUE_FIRST);
	memory_full(m, 1, 100 * KIB, true);
	assert_true(memory_serve(m, &out));
	assert_int_equal(out.bytes, 2 * MERGE_QUEUE_FIRST);
	give(1, out.bytes);
	assert_int_equal(merge_memory(m), 2 * MERGE_QUEUE_FIRST);
	assert_int_equal(m->memory.n_full, 0);
	assert_false(memory_serve(m, &out));
	give(1, 0);
	take_all(2);
}

static void
beyond_the_bound_one_record_gets_just_its_room(void **state)
{
	(void)state;
	begin(2, 64 * KIB);
	memory_full(m, 0, MERGE_ALLOWANCE, true);
	assert_true(memory_serve(m, &out));
	assert_int_equal(out.bytes, MERGE_ALLOWANCE);
	give(0, out.bytes);
	memory_full(m, 1, MERGE_ALLOWANCE, true); /* the allowance is taken */
	assert_false(memory_serve(m, &out));
	assert_true(merge_memory(m) <= 64 * KIB + MERGE_ALLOWANCE);
	memory_begun(m, 0); /* it has begun its record, which has left */
	memory_freed(m, 0);
	assert_true(memory_serve(m, &out)); /* who has it and does not use it gives */
	assert_int_equal(out.source, 0);
	assert_int_equal(out.bytes, 0);
	give(0, 0);
	assert_true(memory_serve(m, &out));
	assert_int_equal(out.source, 1);
	assert_int_equal(out.bytes, MERGE_ALLOWANCE);
	take_all(2);
}

static void
a_promise_of_room_is_not_taken_back(void **state)
{
	(void)state;
	begin(2, 64 * KIB);
	memory_full(m, 0, MERGE_ALLOWANCE, true);
	assert_true(memory_serve(m, &out));
	give(0, out.bytes);
	assert_true(m->sources[0].memory.is_promised);
	assert_int_equal(m->memory.n_spare, 0);
	take_all(2);
}

static void
the_longest_unused_large_queue_is_given_back_first(void **state)
{
	(void)state;
	begin(4, 1u << 20);
	assert_int_equal(merge_spare_memory(m), STATE_NONE);
	give(0, MERGE_QUEUE_FIRST); /* as large as at first: not worth it */
	assert_int_equal(merge_spare_memory(m), STATE_NONE);
	give(2, 2 * MERGE_QUEUE_FIRST);
	give(1, 2 * MERGE_QUEUE_FIRST);
	assert_int_equal(merge_spare_memory(m), 2);
	merge_refuse_memory(m, 2); /* it keeps what it has */
	assert_int_equal(merge_spare_memory(m), 1);
	give(1, 0);
	assert_int_equal(merge_spare_memory(m), STATE_NONE);
	take_all(4);
}

static void
who_was_refused_asks_no_more(void **state)
{
	(void)state;
	begin(2, 1u << 20);
	memory_full(m, 1, 100, true);
	merge_refuse_memory(m, 1);
	assert_false(memory_serve(m, &out));
	take_all(2);
}

/* A queue that has memory, and is full for all that the merge knows. */
static void
fill(uint32_t source)
{
	give(source, MERGE_QUEUE_FIRST);
	memory_full(m, source, MERGE_QUEUE_FIRST, false);
	merge_refuse_memory(m, source); /* so that it is not spare */
	m->sources[source].memory.is_refused = false;
}

static void
who_waits_for_another_asks_behind_its_patience_and_forces_behind_a_longer_one(
    void **state)
{
	(void)state;
	begin(2, MERGE_QUEUE_FIRST);
	m->awaited = 1;
	m->stuck_ns = T0;
	assert_int_equal(memory_relieve(m, T0 + 1, &out), MEMORY_WAIT);
	assert_int_equal(memory_deadline_ns(m, T0 + 1), UINT64_MAX);
	fill(0);
	assert_int_equal(memory_relieve(m, T0 + MERGE_PATIENCE_NS - 1, &out),
			 MEMORY_WAIT);
	assert_int_equal(memory_deadline_ns(m, T0 + 1), T0 + MERGE_PATIENCE_NS);
	assert_int_equal(memory_relieve(m, T0 + MERGE_PATIENCE_NS, &out), MEMORY_WAIT);
	assert_int_equal(memory_deadline_ns(m, T0 + MERGE_PATIENCE_NS),
			 T0 + MERGE_FORCE_PATIENCE_NS);
	assert_int_equal(memory_relieve(m, T0 + MERGE_FORCE_PATIENCE_NS, &out),
			 MEMORY_FORCE);
	m->awaited = 0; /* it is the one that is waited for: nothing else helps */
	assert_int_equal(memory_relieve(m, T0, &out), MEMORY_FORCE);
	take_all(2);
}

static void
within_the_bound_it_gets_twice_what_it_has(void **state)
{
	(void)state;
	begin(2, 1u << 20);
	m->awaited = 0;
	fill(0);
	assert_int_equal(memory_relieve(m, T0, &out), MEMORY_ASK);
	assert_int_equal(out.source, 0);
	assert_int_equal(out.bytes, 2 * MERGE_QUEUE_FIRST);
	take_all(2);
}

/* 64 KiB for who has none yet stay free: nothing could be read from it else. */
static void
what_sources_without_memory_need_at_first_is_left_for_them(void **state)
{
	(void)state;
	begin(2, 4 * MERGE_QUEUE_FIRST);
	m->awaited = 0;
	fill(0);
	m->memory.first = MERGE_QUEUE_FIRST;
	assert_int_equal(memory_relieve(m, T0, &out), MEMORY_ASK);
	assert_int_equal(out.bytes, 2 * MERGE_QUEUE_FIRST);
	take_all(2);
	begin(2, 3 * MERGE_QUEUE_FIRST);
	m->awaited = 0;
	fill(0);
	m->memory.first = MERGE_QUEUE_FIRST;
	assert_int_equal(memory_relieve(m, T0, &out), MEMORY_FORCE);
	take_all(2);
}

static void
what_is_read_at_once_fits_however_small_the_records_are(void **state)
{
	(void)state;
	begin(1, 1u << 20);
	assert_int_equal(merge_read_size(m, 0, QUEUE_OVERHEAD), m->memory.first);
	give(0, MERGE_QUEUE_FIRST);
	assert_true(merge_read_size(m, 0, QUEUE_OVERHEAD) <= MERGE_QUEUE_FIRST);
	for (uint64_t head = 1; head <= QUEUE_OVERHEAD;
	     head++) /* of records of no bytes */
		assert_true(merge_read_size(m, 0, (uint32_t)head) / head *
				QUEUE_OVERHEAD <=
			    queue_room(&m->sources[0].queue));
	assert_true(merge_read_size(m, 0, 16) > MERGE_QUEUE_FIRST / 4);
	memory_full(m, 0, 1000, false);
	assert_int_equal(merge_read_size(m, 0, QUEUE_OVERHEAD), 0);
	take_all(1);
}

static void
a_full_source_remembers_when_it_had_room_again(void **state)
{
	(void)state;
	begin(3, 1u << 20);
	for (uint32_t i = 0; i < 3; i++)
		memory_full(m, i, 10, i == 1);
	assert_int_equal(m->memory.n_full, 3);
	assert_int_equal(m->memory.n_needs, 1);
	m->now_ns = T0 + 5;
	memory_begun(m, 0); /* the last one takes its place */
	assert_int_equal(m->sources[0].memory.room_ns, T0 + 5);
	assert_int_equal(m->memory.full[0], 2);
	assert_int_equal(m->sources[2].memory.full_at, 0);
	memory_begun(m, 1);
	memory_begun(m, 2);
	memory_begun(m, 2);
	assert_int_equal(m->memory.n_full, 0);
	assert_int_equal(m->memory.n_needs, 0);
	take_all(3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_record_in_need_is_served_at_once_with_room_for_it),
	    cmocka_unit_test(beyond_the_bound_one_record_gets_just_its_room),
	    cmocka_unit_test(a_promise_of_room_is_not_taken_back),
	    cmocka_unit_test(the_longest_unused_large_queue_is_given_back_first),
	    cmocka_unit_test(who_was_refused_asks_no_more),
	    cmocka_unit_test(
		who_waits_for_another_asks_behind_its_patience_and_forces_behind_a_longer_one),
	    cmocka_unit_test(within_the_bound_it_gets_twice_what_it_has),
	    cmocka_unit_test(what_sources_without_memory_need_at_first_is_left_for_them),
	    cmocka_unit_test(what_is_read_at_once_fits_however_small_the_records_are),
	    cmocka_unit_test(a_full_source_remembers_when_it_had_room_again),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	free(m);
	return rc;
}
