/* When a target was blind. */
#include "path/build.h"

#define MS BUILD_MS

static struct path_source sources[2];

static void
look(struct path_sight *s, uint64_t mark_ms, uint64_t now_ms, uint64_t drops,
     uint32_t connection)
{
	struct path_state state = {.now_ns = now_ms * MS,
				   .mark_ns = mark_ms * MS,
				   .margin_ns = 25 * MS,
				   .bound_ns = MS,
				   .drops = drops,
				   .connection = connection,
				   .has_marks = true};

	path_sight_update(s, 0, &state);
}

static uint16_t
why(const struct path_sight *s, uint64_t from_ms, uint64_t to_ms)
{
	uint16_t bits = 0;

	path_sight_blind(s, from_ms * MS, to_ms * MS, &bits);
	return bits;
}

static struct path_sight
make(void)
{
	struct path_sight s;

	memset(sources, 0, sizeof(sources));
	path_sight_init(&s, sources, 1);
	return s;
}

static void
it_begins_behind_the_margin_of_the_first_mark(void **state)
{
	struct path_sight s = make();

	(void)state;
	assert_int_equal(why(&s, 900, 1100), 1 << PATH_BLIND_START);
	look(&s, 1000, 1030, 0, 1);
	assert_int_equal(why(&s, 1020, 1100), 1 << PATH_BLIND_START);
	assert_int_equal(why(&s, 1027, 1100), 0);
}

/* From the last mark with the lower count to when the risen one came. */
static void
drops_lie_between_the_mark_before_and_the_arrival_of_their_count(void **state)
{
	struct path_sight s = make();

	(void)state;
	look(&s, 1000, 1030, 0, 1);
	look(&s, 2000, 2030, 0, 1);
	look(&s, 2050, 2900, 5, 1);
	look(&s, 2950, 2980, 5, 1);
	assert_int_equal(why(&s, 1500, 1999), 0);
	assert_int_equal(why(&s, 2000, 2001), 1 << PATH_BLIND_DROPS);
	assert_int_equal(why(&s, 2890, 2900), 1 << PATH_BLIND_DROPS);
	assert_int_equal(why(&s, 2902, 2910), 0);
}

static void
a_gap_lasts_from_the_last_mark_to_the_first_new_one(void **state)
{
	struct path_sight s = make();

	(void)state;
	look(&s, 1000, 1030, 0, 1);
	look(&s, 2000, 2030, 0, 1);
	look(&s, 0, 5000, 0, 2);
	assert_int_equal(why(&s, 4000, 4100), 1 << PATH_BLIND_GAP);
	look(&s, 6000, 6030, 0, 2);
	assert_int_equal(why(&s, 1500, 1999), 0);
	assert_int_equal(why(&s, 2001, 2002), 1 << PATH_BLIND_GAP);
	assert_int_equal(why(&s, 6020, 6020), 1 << PATH_BLIND_GAP);
	assert_int_equal(why(&s, 6027, 6100), 0);
}

static void
behind_its_end_it_is_blind(void **state)
{
	struct path_sight s = make();
	struct path_state over = {.mark_ns = 3000 * MS,
				  .bound_ns = MS,
				  .connection = 1,
				  .has_marks = true,
				  .is_over = true};

	(void)state;
	look(&s, 1000, 1030, 0, 1);
	path_sight_update(&s, 0, &over);
	assert_int_equal(why(&s, 1500, 2998), 0);
	assert_int_equal(why(&s, 1500, 3000), 1 << PATH_BLIND_OPEN);
}

static void
without_watermarks_or_a_clock_it_proves_nothing(void **state)
{
	struct path_sight s = make();
	struct path_state no_marks = {.mark_ns = MS, .bound_ns = MS, .connection = 1};
	struct path_state no_clock = {.mark_ns = 2000 * MS,
				      .bound_ns = PATH_SIGHT_NONE,
				      .connection = 1,
				      .has_marks = true};

	(void)state;
	path_sight_update(&s, 0, &no_marks);
	assert_true(why(&s, 1500, 1600) & 1 << PATH_BLIND_MARKS);
	s = make();
	path_sight_update(&s, 0, &no_clock);
	assert_int_equal(why(&s, 1500, 1600), 1 << PATH_BLIND_START);
	look(&s, 1000, 1030, 0, 1);
	path_sight_update(&s, 0, &no_clock);
	assert_int_equal(why(&s, 1500, 1600), 1 << PATH_BLIND_CLOCK);
}

static void
more_intervals_than_have_room_are_joined(void **state)
{
	struct path_sight s = make();

	(void)state;
	look(&s, 1000, 1030, 0, 1);
	for (uint64_t i = 1; i <= 3 * PATH_SIGHT_INTERVALS; i++)
		path_sight_darken(&s, 0, i * 10000 * MS, (i * 10000 + 1) * MS,
				  PATH_BLIND_DROPS);
	for (uint64_t i = 1; i <= 3 * PATH_SIGHT_INTERVALS; i++)
		assert_int_equal(why(&s, i * 10000, i * 10000), 1 << PATH_BLIND_DROPS);
}

static void
a_file_knows_what_lies_between_its_first_and_last_record(void **state)
{
	struct path_sight s = make();
	struct path_state over = {.is_file = true, .is_over = true};

	(void)state;
	path_sight_note_file(&s, 0, 1000 * MS);
	path_sight_note_file(&s, 0, 2000 * MS);
	path_sight_update(&s, 0, &over);
	assert_int_equal(why(&s, 999, 1500), 1 << PATH_BLIND_START);
	assert_int_equal(why(&s, 1001, 1999), 0);
	assert_int_equal(why(&s, 1001, 2001), 1 << PATH_BLIND_OPEN);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_begins_behind_the_margin_of_the_first_mark),
	    cmocka_unit_test(
		drops_lie_between_the_mark_before_and_the_arrival_of_their_count),
	    cmocka_unit_test(a_gap_lasts_from_the_last_mark_to_the_first_new_one),
	    cmocka_unit_test(behind_its_end_it_is_blind),
	    cmocka_unit_test(without_watermarks_or_a_clock_it_proves_nothing),
	    cmocka_unit_test(more_intervals_than_have_room_are_joined),
	    cmocka_unit_test(a_file_knows_what_lies_between_its_first_and_last_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
