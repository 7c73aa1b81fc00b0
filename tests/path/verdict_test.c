/* What groups of packets mean. */
#include "path/build.h"

#define FLOW 20u /* packets of one */

static void
pass_many(struct chain *c, unsigned n_points, uint32_t first, uint32_t n)
{
	struct build b;

	for (uint32_t i = first; i < first + n; i++) {
		build_udp(&b, (uint16_t)i, 1000, 100, i);
		chain_pass(c, &b, n_points, 5000 + i);
	}
}

static void
a_loss_stands_between_the_points_that_the_flow_usually_passes(void **state)
{
	struct chain c = chain_make(1 << 20);

	(void)state;
	pass_many(&c, AT_N, 1, FLOW);
	pass_many(&c, AT_R1, 100, 3);
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_LOST), 3);
	assert_int_equal(chain_segment(&c, AT_R0, AT_R1)->lost, 3);
	assert_int_equal(chain_segment(&c, AT_R0, AT_R1)->packets, FLOW + 3);
	assert_int_equal(chain_segment(&c, AT_R1, AT_B)->packets, FLOW);
	chain_free(&c);
}

/* Something rewrites the packets: those that went in and those that came out are other ones. */
static void
a_flow_whose_packets_are_changed_is_not_lost(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	for (uint32_t i = 1; i <= FLOW; i++) {
		build_udp(&b, (uint16_t)i, 1000, 100, i);
		chain_pass(&c, &b, AT_R1, 5000 + i);
		build_udp(&b, (uint16_t)(i + 500), 1000, 100, i);
		chain_see(&c, &b, AT_R1, 5000 + i);
		chain_see(&c, &b, AT_B, 5000 + i);
	}
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_LOST), 0);
	assert_int_equal(chain_count(&c, PATH_NOT_SENT), 0);
	assert_int_equal(chain_count(&c, PATH_NOT_RECOGNIZED), 2 * FLOW);
	chain_free(&c);
}

static void
one_packet_that_came_from_nowhere_puts_one_loss_in_doubt(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	pass_many(&c, AT_N, 1, FLOW);
	pass_many(&c, AT_R1, 100, 5);
	build_udp(&b, 999, 1000, 100, 999);
	chain_see(&c, &b, AT_B, 5100);
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_LOST), 4);
	assert_int_equal(chain_count(&c, PATH_NOT_RECOGNIZED), 2);
	chain_free(&c);
}

static void
what_its_source_never_sent_is_said(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	build_tcp(&b, 9, 4, 77, 0);
	chain_see(&c, &b, AT_B, 5000);
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_NOT_SENT), 1);
	chain_free(&c);
}

static void
a_copy_made_on_the_way_is_a_duplicate(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	pass_many(&c, AT_N, 1, FLOW);
	build_udp(&b, 5, 1000, 100, 5);
	chain_see(&c, &b, AT_B, 5030);
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_DUPLICATE), 1);
	assert_int_equal(chain_count(&c, PATH_NOT_SENT), 0);
	assert_int_equal(chain_segment(&c, AT_R1, AT_B)->duplicates, 1);
	chain_free(&c);
}

static void
of_identical_packets_the_number_of_the_lost_is_exact(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	build_udp(&b, 5, 1000, 100, 5);
	for (uint32_t i = 0; i < FLOW; i++)
		chain_pass(&c, &b, i % 4 == 0 ? AT_R1 : AT_N, 5000 + i);
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_LOST), FLOW / 4);
	assert_int_equal(c.path->shown.alike, FLOW / 4);
	chain_free(&c);
}

static void
a_point_that_misses_a_packet_is_no_loss(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	pass_many(&c, AT_N, 1, FLOW);
	build_udp(&b, 99, 1000, 100, 99);
	chain_see(&c, &b, AT_A, 5100);
	chain_see(&c, &b, AT_R1, 5100);
	chain_see(&c, &b, AT_B, 5100);
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_LOST), 0);
	assert_int_equal(c.path->shown.missed, 1);
	assert_int_equal(chain_segment(&c, AT_A, AT_R0)->packets, FLOW + 1);
	chain_free(&c);
}

static void
pieces_of_a_super_datagram_are_not_judged(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	for (uint32_t i = 0; i < FLOW; i++) {
		build_udp(&b, (uint16_t)(i + 1), 1000, 12000, i);
		chain_see(&c, &b, AT_A, 5000 + i);
		build_udp(&b, (uint16_t)(i + 1), 1000, 1200, i);
		chain_see(&c, &b, AT_R1, 5000 + i);
		chain_see(&c, &b, AT_B, 5000 + i);
	}
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_LOST) + chain_count(&c, PATH_NOT_SENT), 0);
	assert_int_equal(c.path->shown.not_judged[PATH_UNJUDGED_GSO], 2 * FLOW);
	chain_free(&c);
}

static void
what_nobody_is_known_to_get_leaves_our_sight(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	build_udp(&b, 5, 1000, 100, 5);
	b.bytes[19] = 77;
	chain_pass(&c, &b, AT_B, 5000);
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_EXITS), 1);
	chain_free(&c);
}

/* Another flow to the same address went on: that proves nothing of this one. */
static void
the_way_of_other_flows_is_no_proof(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	for (unsigned i = 0; i < 2 * FLOW; i++) {
		build_udp(&b, (uint16_t)(i + 1), (uint16_t)(1000 + i), 100, i);
		b.bytes[19] = 77;
		chain_pass(&c, &b, i % 2 ? AT_N : AT_B, 5000);
	}
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_LOST), 0);
	assert_int_equal(c.path->shown.unknown[PATH_BLIND_ROUTE], FLOW);
	chain_free(&c);
}

static void
a_target_that_is_expected_must_see_what_the_first_one_sees(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct build b;

	(void)state;
	path_expect(c.path, BUILD_A);
	path_expect(c.path, BUILD_B);
	build_udp(&b, 5, 1000, 100, 5);
	b.bytes[19] = 77;
	chain_pass(&c, &b, AT_B, 5000);
	chain_judge(&c, 9000);
	assert_int_equal(chain_count(&c, PATH_LOST), 1);
	chain_free(&c);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_loss_stands_between_the_points_that_the_flow_usually_passes),
	    cmocka_unit_test(a_flow_whose_packets_are_changed_is_not_lost),
	    cmocka_unit_test(one_packet_that_came_from_nowhere_puts_one_loss_in_doubt),
	    cmocka_unit_test(what_its_source_never_sent_is_said),
	    cmocka_unit_test(a_copy_made_on_the_way_is_a_duplicate),
	    cmocka_unit_test(of_identical_packets_the_number_of_the_lost_is_exact),
	    cmocka_unit_test(a_point_that_misses_a_packet_is_no_loss),
	    cmocka_unit_test(pieces_of_a_super_datagram_are_not_judged),
	    cmocka_unit_test(what_nobody_is_known_to_get_leaves_our_sight),
	    cmocka_unit_test(the_way_of_other_flows_is_no_proof),
	    cmocka_unit_test(a_target_that_is_expected_must_see_what_the_first_one_sees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
