/* Lists of groups. */
#include "path/groups.h"

#include "support/check.h"

static void
what_is_alike_is_one_group_and_a_dropped_list_has_room_again(void **state)
{
	struct path_group mem[4];
	struct path_groups g;
	uint32_t first = PATH_NONE;
	struct path_group like = {.class = 1};

	(void)state;
	path_groups_init(&g, mem, 4);
	assert_ptr_equal(path_groups_get(&g, &first, &like), &mem[0]);
	assert_ptr_equal(path_groups_get(&g, &first, &like), &mem[0]);
	path_groups_count(&mem[0], 3, 100, 50, 60);
	path_groups_count(&mem[0], 1, 10, 40, 55);
	assert_int_equal(mem[0].packets, 4);
	assert_int_equal(mem[0].first_ns, 40);
	assert_int_equal(mem[0].last_ns, 60);
	for (uint16_t i = 2; i < 5; i++) {
		like.class = i;
		assert_non_null(path_groups_get(&g, &first, &like));
	}
	like.class = 9;
	assert_null(path_groups_get(&g, &first, &like));
	path_groups_drop(&g, first);
	first = PATH_NONE;
	assert_non_null(path_groups_get(&g, &first, &like));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		what_is_alike_is_one_group_and_a_dropped_list_has_room_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
