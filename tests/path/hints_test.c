/* Where packets went on. */
#include "path/hints.h"

#include "path/build.h"

static void
a_hint_is_of_its_point_and_address(void **state)
{
	struct chain c = chain_make(1 << 20);
	struct path_tuple to = {.version = 4, .address = {{0}, {10, 0, 0, 2}}};
	struct path_tuple other = {.version = 4, .address = {{0}, {10, 0, 0, 3}}};

	(void)state;
	path_hints_put(c.path, AT_A, AT_R0, &to);
	assert_int_equal(path_hints_get(c.path, AT_A, &to), AT_R0);
	assert_int_equal(path_hints_get(c.path, AT_A, &other), PATH_NO_CLASS);
	assert_int_equal(path_hints_get(c.path, AT_A, NULL), AT_R0);
	assert_int_equal(path_hints_get(c.path, AT_B, NULL), PATH_NO_CLASS);
	chain_free(&c);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_hint_is_of_its_point_and_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
