/* The order of the points of a path. */
#include "path/build.h"

static const struct path_point points[] = {{BUILD_A, PATH_OUT, true, 1000000, {NULL, 0}},
					   {BUILD_R, PATH_IN, true, 1000000, {NULL, 0}},
					   {BUILD_R, PATH_OUT, true, 1000000, {NULL, 0}},
					   {BUILD_B, PATH_IN, true, 1000000, {NULL, 0}}};

/* The chain's observations in every order of arrival, b's clock off by so much. */
static void
check_all(int32_t b_after, const uint8_t ttls[4])
{
	for (uint32_t p = 0; p < 256; p++) {
		struct path_entry e = {.n = 0};
		struct path_order order;
		uint8_t used = 0;

		for (uint32_t k = 0; k < 4; k++) {
			uint32_t which = p >> 2 * k & 3;

			if (used >> which & 1)
				break;
			used |= (uint8_t)(1u << which);
			e.seen[e.n++] = (struct path_seen){
			    .point = (uint16_t)which,
			    .ttl = ttls[which],
			    .after = which == AT_B ? b_after : (int32_t)which};
		}
		if (e.n < 4)
			continue;
		path_order_of(&e, points, &order);
		for (uint16_t k = 0; k < 4; k++)
			assert_int_equal(order.points[k], k);
		assert_int_equal(order.unsure, 0);
	}
}

static void
a_chain_has_one_order_whatever_the_clocks_say(void **state)
{
	static const uint8_t routed[] = {64, 64, 63, 63};
	static const uint8_t bridged[] = {64, 64, 64, 64};

	(void)state;
	check_all(10, routed);
	check_all(-1000000, routed);
	check_all(10, bridged);
	check_all(-1000000, bridged);
}

static void
what_neither_ttl_nor_direction_nor_time_decides_is_unsure(void **state)
{
	static const struct path_point forwarders[] = {
	    {0, PATH_IN, true, 1000, {NULL, 0}},
	    {0, PATH_OUT, true, 1000, {NULL, 0}},
	    {1, PATH_IN, true, 1000, {NULL, 0}},
	    {1, PATH_OUT, true, 1000, {NULL, 0}}};
	struct path_entry e = {.n = 4};
	struct path_order order;

	(void)state;
	for (uint16_t i = 0; i < 4; i++)
		e.seen[i] = (struct path_seen){.point = i, .ttl = 64, .after = i};
	path_order_of(&e, forwarders, &order);
	assert_int_equal(order.unsure, 1 << 1);
	e.seen[2].after = 1000;
	e.seen[3].after = 1001;
	path_order_of(&e, forwarders, &order);
	assert_int_equal(order.unsure, 0);
	assert_int_equal(order.points[0], 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_chain_has_one_order_whatever_the_clocks_say),
	    cmocka_unit_test(what_neither_ttl_nor_direction_nor_time_decides_is_unsure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
