/*
 * One test of flows, in simulated time: a millisecond a step, a flow that answers our
 * writes after its way's delay, and one that does not look at them.
 */
#include "worker/capture/loop/looptest.h"

#include <string.h>

#include "support/check.h"
#include "support/rng.h"

#define MS     UINT64_C(1000000)
#define REAL_0 UINT64_C(1700000000000000000) /* the two clocks have nothing in common */
#define MONO_0 UINT64_C(5000000000)
#define WAY_MS 8192

static struct looptest test;
static struct looptest_now now;
static uint64_t ms; /* since the start */
static uint64_t rng;
static uint32_t arrivals[WAY_MS]; /* bytes of a loop on their way, by ms */

enum { LOOP_PORT = 1, HONEST_PORT, OTHER_PORT };

static struct flow
port_flow(uint16_t port)
{
	struct flow f = {.protocol = 6, .version = 4};

	f.port[0] = port;
	f.port[1] = 8475;
	return f;
}

static void
begin(void)
{
	ms = 0;
	memset(arrivals, 0, sizeof(arrivals));
	now =
	    (struct looptest_now){.now_ns = MONO_0, .real_ns = REAL_0, .is_empty = true};
}

static void
suspect(uint16_t port)
{
	struct flow f = port_flow(port);

	looptest_add(&test, &f, port);
}

static void
packet(uint16_t port, uint32_t bytes)
{
	struct flow f = port_flow(port);

	looptest_packet(&test, &f, port, now.real_ns, bytes);
	now.queued += bytes;
}

/* delay_ms: of the loop's way; 0: there is none. honest: bytes that the other flow has in a
 * millisecond in which it has any, and how many ms out of 1000 these are. */
static enum looptest_state
step(uint32_t delay_ms, uint32_t honest, unsigned per_mille)
{
	size_t out;

	now.real_ns += MS;
	now.now_ns += MS;
	ms++;
	if (arrivals[ms % WAY_MS] > 0)
		packet(LOOP_PORT, arrivals[ms % WAY_MS]);
	arrivals[ms % WAY_MS] = 0;
	if (honest > 0 && rng_below(&rng, 1000) < per_mille)
		packet(HONEST_PORT, honest);
	looptest_seen(&test, now.real_ns);
	if (looptest_step(&test, &now) == LOOPTEST_PULSE) {
		out = now.queued < test.allowance ? now.queued : test.allowance;
		looptest_sent(&test, out);
		now.queued -= out;
		if (delay_ms > 0)
			arrivals[(ms + delay_ms) % WAY_MS] += (uint32_t)out;
	}
	return test.state;
}

static enum looptest_state
run(uint32_t delay_ms, uint32_t honest, unsigned per_mille)
{
	enum looptest_state state;

	do
		state = step(delay_ms, honest, per_mille);
	while (state == LOOPTEST_HOLDING || state == LOOPTEST_PULSE);
	return state;
}

static void
a_flow_that_follows_our_writes_is_found_whatever_its_delay(void **state)
{
	static const uint32_t delays[] = {1, 3, 9, 30, 100, 220};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(delays); i++) {
		begin();
		looptest_begin(&test, &now, 1000 + i, 65536);
		suspect(LOOP_PORT);
		packet(LOOP_PORT, 1400);
		check_u64(__FILE__, __LINE__, span_of(NULL, 0), run(delays[i], 120, 300),
			  LOOPTEST_FOUND, "found");
		assert_true(looptest_is_loop(&test, &test.suspects[0]));
		assert_false(looptest_is_honest(&test.suspects[0]));
	}
}

static void
an_honest_flow_is_never_taken_for_a_loop(void **state)
{
	static const unsigned per_mille[] = {20, 100, 300, 900, 1000};

	(void)state;
	for (int seed = 1; seed <= 20; seed++) {
		for (size_t i = 0; i < CHECK_COUNT(per_mille); i++) {
			begin();
			looptest_begin(&test, &now, (uint64_t)seed * 77, 1u << 20);
			suspect(HONEST_PORT);
			assert_int_equal(run(0, 1400, per_mille[i]), LOOPTEST_OVER);
			assert_false(looptest_is_loop(&test, &test.suspects[0]));
		}
	}
}

static void
the_loop_is_told_from_the_honest_flow_beside_it(void **state)
{
	(void)state;
	begin();
	looptest_begin(&test, &now, 5, 65536);
	suspect(HONEST_PORT);
	suspect(LOOP_PORT);
	packet(LOOP_PORT, 1400);
	assert_int_equal(run(4, 200, 500), LOOPTEST_FOUND);
	assert_false(looptest_is_loop(&test, &test.suspects[0]));
	assert_true(looptest_is_loop(&test, &test.suspects[1]));
}

static void
a_flow_with_less_than_half_of_what_was_sent_is_no_loop(void **state)
{
	struct looptest_suspect *s = &test.suspects[0];

	(void)state;
	begin();
	looptest_begin(&test, &now, 5, 65536);
	suspect(LOOP_PORT);
	s->evidence = 1e20;
	s->bytes = 500;
	looptest_sent(&test, 1001);
	assert_false(looptest_is_loop(&test, s));
	s->bytes = 501;
	assert_true(looptest_is_loop(&test, s));
}

/* Held as it would be for an ordinary client: nothing longer than two holds. */
static void
nothing_is_held_longer_than_a_hold_and_all_goes_in_a_pulse(void **state)
{
	uint64_t held_ms = 0;
	uint64_t longest_ms = 0;

	(void)state;
	rng = 42;
	begin();
	looptest_begin(&test, &now, 9, 1u << 20);
	suspect(HONEST_PORT);
	while (step(0, 1400, 500) == LOOPTEST_HOLDING || test.state == LOOPTEST_PULSE) {
		held_ms = test.state == LOOPTEST_HOLDING ? held_ms + 1 : 0;
		if (held_ms > longest_ms)
			longest_ms = held_ms;
	}
	assert_true(longest_ms <= LOOPTEST_HOLD_MAX_MS + 2);
	assert_true(longest_ms >= LOOPTEST_HOLD_MIN_MS);
}

static void
a_test_ends_when_its_time_is_over_the_clock_jumps_or_the_ring_is_full(void **state)
{
	(void)state;
	begin();
	looptest_begin(&test, &now, 9, 65536);
	suspect(OTHER_PORT); /* of which nothing is ever seen */
	test.suspects[0].evidence = 1;
	run(0, 0, 0);
	assert_true(ms <= LOOPTEST_MS);
	assert_int_equal(test.state, LOOPTEST_OVER);

	begin();
	looptest_begin(&test, &now, 9, 65536);
	suspect(LOOP_PORT);
	now.real_ns += 50 * MS;
	assert_int_equal(looptest_step(&test, &now), LOOPTEST_OVER);

	begin();
	looptest_begin(&test, &now, 9, 65536);
	suspect(LOOP_PORT);
	now.is_pressed = true;
	for (int i = 0; i < 200 && step(0, 1400, 1000) != LOOPTEST_OVER; i++)
		continue;
	assert_int_equal(test.n_pressed, 2);
	assert_int_equal(test.state, LOOPTEST_OVER);
}

static void
a_hard_test_holds_for_half_a_second_even_when_pressed(void **state)
{
	(void)state;
	begin();
	looptest_begin_hard(&test, &now, 9);
	suspect(LOOP_PORT);
	now.is_pressed = true;
	for (int i = 0; i < 499; i++)
		assert_int_equal(step(0, 1400, 1000), LOOPTEST_HOLDING);
	for (int i = 0; i < 3; i++)
		step(0, 1400, 1000);
	assert_true(test.sent > 0 && test.sent <= 3 * 6 * 1024);
}

static void
a_busy_capture_is_held_60_ms_at_first_and_sent_little(void **state)
{
	(void)state;
	begin();
	looptest_begin_busy(&test, &now, 9);
	suspect(LOOP_PORT);
	packet(OTHER_PORT, 1u << 20);
	for (int i = 0; i < 60; i++)
		assert_int_equal(step(0, 0, 0), LOOPTEST_HOLDING);
	assert_int_equal(step(0, 0, 0), LOOPTEST_PULSE);
	assert_int_equal(test.sent, 6 * 1024);
}

static void
a_known_loop_is_found_again_by_less_evidence(void **state)
{
	uint64_t first_ms;

	(void)state;
	begin();
	looptest_begin(&test, &now, 7, 65536);
	suspect(LOOP_PORT);
	packet(LOOP_PORT, 1400);
	assert_int_equal(run(4, 0, 0), LOOPTEST_FOUND);
	first_ms = ms;
	begin();
	looptest_begin_again(&test, &now, 7);
	suspect(LOOP_PORT);
	packet(LOOP_PORT, 1400);
	assert_int_equal(run(4, 0, 0), LOOPTEST_FOUND);
	assert_true(ms < first_ms / 2);
}

static void
a_ninth_suspect_is_left_for_the_next_test(void **state)
{
	(void)state;
	begin();
	looptest_begin(&test, &now, 7, 65536);
	for (uint16_t i = 0; i < LOOPTEST_SUSPECTS + 1; i++)
		suspect((uint16_t)(100 + i));
	assert_int_equal(test.n_suspects, LOOPTEST_SUSPECTS);
}

static void
draws_are_uniform(void **state)
{
	uint32_t seen[8] = {0};
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 8000; i++)
		seen[looptest_draw(&seed, 8)]++;
	for (int i = 0; i < 8; i++)
		assert_in_range(seen[i], 850, 1150);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_flow_that_follows_our_writes_is_found_whatever_its_delay),
	    cmocka_unit_test(an_honest_flow_is_never_taken_for_a_loop),
	    cmocka_unit_test(the_loop_is_told_from_the_honest_flow_beside_it),
	    cmocka_unit_test(a_flow_with_less_than_half_of_what_was_sent_is_no_loop),
	    cmocka_unit_test(nothing_is_held_longer_than_a_hold_and_all_goes_in_a_pulse),
	    cmocka_unit_test(
		a_test_ends_when_its_time_is_over_the_clock_jumps_or_the_ring_is_full),
	    cmocka_unit_test(a_hard_test_holds_for_half_a_second_even_when_pressed),
	    cmocka_unit_test(a_busy_capture_is_held_60_ms_at_first_and_sent_little),
	    cmocka_unit_test(a_known_loop_is_found_again_by_less_evidence),
	    cmocka_unit_test(a_ninth_suspect_is_left_for_the_next_test),
	    cmocka_unit_test(draws_are_uniform),
	};

	rng = rng_seed("looptest_test");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
