/* Paths and segments. */
#include "path/build.h"

static void
the_same_points_in_any_order_are_one_path(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct path_classes *k = &c.path->classes;
	struct path_entry e = {.n = 2};
	struct path_entry o = {.n = 2};

	(void)state;
	e.seen[0] = o.seen[1] = (struct path_seen){.point = AT_A, .ttl = 64};
	e.seen[1] = o.seen[0] = (struct path_seen){.point = AT_B, .ttl = 63, .after = 50};
	assert_int_equal(path_classes_of(k, &e, c.path->points), 0);
	assert_int_equal(path_classes_of(k, &o, c.path->points), 0);
	o.seen[0].point = AT_R0;
	assert_int_equal(path_classes_of(k, &o, c.path->points), 1);
	assert_int_equal(path_classes_place(&k->list[0], AT_B), 1);
	assert_int_equal(path_classes_place(&k->list[0], AT_R1), 2);
	path_classes_delay(k, 0, &e, c.path->points);
	assert_int_equal(path_classes_segment(k, AT_A, AT_B)->delay->max_ns,
			 50 * PATH_UNIT_NS);
	chain_free(&c);
}

static void
more_segments_than_have_room_are_left_out(void **state)
{
	struct chain c = chain_make(1 << 20);
	uint32_t n = 0;

	(void)state;
	for (uint16_t i = 0; i < 2 * PATH_SEGMENTS_MAX; i++)
		n += path_classes_segment(&c.path->classes, i, (uint16_t)(i + 1)) != NULL;
	assert_int_equal(n, PATH_SEGMENTS_MAX);
	chain_free(&c);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_points_in_any_order_are_one_path),
	    cmocka_unit_test(more_segments_than_have_room_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
