/* From records to verdicts, over a chain of three targets. */
#include "path/build.h"

static void
a_packet_that_all_saw_has_arrived(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	build_udp(&b, 7, 1000, 100, 1);
	chain_pass(&c, &b, AT_N, 5000);
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_ARRIVED), 1);
	assert_int_equal(path_total(&c.path->shown), 1);
	assert_int_equal(chain_segment(&c, AT_R1, AT_B)->packets, 1);
	chain_free(&c);
}

static void
nothing_is_judged_before_all_targets_have_shown_the_wait(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	build_udp(&b, 7, 1000, 100, 1);
	chain_pass(&c, &b, AT_B, 5000);
	chain_judge(&c, 6000);
	assert_int_equal(path_total(&c.path->shown), 0);
	chain_see(&c, &b, AT_B, 5990);
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_ARRIVED), 1);
	assert_int_equal(chain_count(&c, PATH_LOST), 0);
	chain_free(&c);
}

static void
the_first_packet_of_a_run_can_be_lost(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	build_tcp(&b, 0, 2, 5, 0);
	chain_pass(&c, &b, AT_R1, 5000);
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_LOST), 1);
	assert_int_equal(c.path->n_listed, 1);
	assert_int_equal(c.path->listed[0].seq, 5);
	chain_free(&c);
}

/* Of whoever was to see it: blind is blind. */
static void
a_target_that_dropped_packets_proves_nothing(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	build_udp(&b, 7, 1000, 100, 1);
	chain_mark(&c, 4900, 0, BUILD_B);
	chain_pass(&c, &b, AT_B, 5000);
	chain_mark(&c, 5100, 3, BUILD_B);
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_LOST), 0);
	assert_int_equal(chain_count(&c, PATH_BLINDED), 1);
	assert_int_equal(c.path->shown.unknown[PATH_BLIND_DROPS], 1);
	build_udp(&b, 8, 1000, 100, 2);
	chain_pass(&c, &b, AT_B, 20000);
	chain_judge(&c, 30000);
	assert_int_equal(chain_count(&c, PATH_LOST), 1);
	chain_free(&c);
}

static void
the_end_of_a_run_leaves_packets_open(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;
	struct path_state over = {.is_over = true,
				  .bound_ns = BUILD_BOUND,
				  .mark_ns = BUILD_START + 5100 * BUILD_MS,
				  .connection = 1,
				  .has_marks = true};

	(void)state;
	build_udp(&b, 7, 1000, 100, 1);
	chain_pass(&c, &b, AT_B, 5000);
	for (unsigned i = 0; i < BUILD_SOURCES; i++)
		path_sight_update(&c.path->sight, i, &over);
	path_judge(c.path, UINT64_MAX);
	path_verdict_all(c.path);
	assert_int_equal(c.path->shown.unknown[PATH_BLIND_OPEN], 1);
	assert_int_equal(chain_count(&c, PATH_LOST), 0);
	chain_free(&c);
}

static void
what_is_sent_after_the_end_is_not_judged(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	build_udp(&b, 7, 1000, 100, 1);
	chain_pass(&c, &b, AT_R1, 5000);
	path_set_end(c.path, BUILD_START + 5001 * BUILD_MS);
	chain_see(&c, &b, AT_R1, 5002);
	chain_see(&c, &b, AT_B, 5002);
	build_udp(&b, 8, 1000, 100, 2);
	chain_pass(&c, &b, AT_R1, 5003);
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_ARRIVED), 1);
	assert_int_equal(path_total(&c.path->shown), 1);
	chain_free(&c);
}

static void
a_full_table_makes_packets_unknown_and_never_lost(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;
	uint32_t n = 4 * c.path->table.cap;

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		build_udp(&b, (uint16_t)(i + 1), 1000, 100, i);
		chain_pass(&c, &b, AT_R1, 5000);
	}
	for (uint32_t i = 0; i < n; i++) {
		build_udp(&b, (uint16_t)(i + 1), 1000, 100, i);
		chain_see(&c, &b, AT_R1, 5010);
		chain_see(&c, &b, AT_B, 5010);
	}
	chain_judge(&c, 9000);
	assert_true(c.path->n_early > 0);
	assert_int_equal(chain_count(&c, PATH_LOST), 0);
	assert_int_equal(chain_count(&c, PATH_NOT_SENT), 0);
	assert_true(c.path->shown.unknown[PATH_BLIND_MEMORY] > 0);
	chain_free(&c);
}

static void
more_flows_than_have_room_are_counted(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	for (uint32_t i = 0; i < 2 * c.path->flows.cap && i < 65000; i++) {
		build_udp(&b, 7, (uint16_t)(i + 1), 100, i);
		chain_pass(&c, &b, AT_N, 5000);
	}
	chain_judge(&c, 9000);
	assert_true(c.path->shown.not_judged[PATH_UNJUDGED_MEMORY] > 0);
	assert_int_equal(chain_count(&c, PATH_LOST), 0);
	chain_free(&c);
}

/* Flows come and go: their counts stay. */
static void
flows_that_are_forgotten_are_counted(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;
	uint32_t n = 0;
	uint64_t ms = 5000;

	(void)state;
	for (uint32_t round = 0; round < 8; round++, ms += 4000) {
		for (uint32_t i = 0; i < c.path->flows.cap / 2; i++) {
			build_udp(&b, (uint16_t)(round * 10 + 1),
				  (uint16_t)(round * 7000 + i), 100, i);
			chain_pass(&c, &b, AT_N, ms);
			n++;
		}
		chain_judge(&c, ms + 3500);
	}
	assert_true(n > c.path->flows.cap);
	assert_int_equal(chain_count(&c, PATH_ARRIVED), n);
	assert_int_equal(chain_segment(&c, AT_A, AT_R0)->packets, n);
	chain_free(&c);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_packet_that_all_saw_has_arrived),
	    cmocka_unit_test(nothing_is_judged_before_all_targets_have_shown_the_wait),
	    cmocka_unit_test(the_first_packet_of_a_run_can_be_lost),
	    cmocka_unit_test(a_target_that_dropped_packets_proves_nothing),
	    cmocka_unit_test(the_end_of_a_run_leaves_packets_open),
	    cmocka_unit_test(what_is_sent_after_the_end_is_not_judged),
	    cmocka_unit_test(a_full_table_makes_packets_unknown_and_never_lost),
	    cmocka_unit_test(more_flows_than_have_room_are_counted),
	    cmocka_unit_test(flows_that_are_forgotten_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
