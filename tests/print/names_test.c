/* Names of addresses. */
#include "print/names.h"

#include <string.h>

#include "support/check.h"

static void
each_address_has_its_own_name(void **state)
{
	struct print_name list[64];
	struct print_names names = {list, CHECK_COUNT(list)};
	static const char *const words[] = {"a", "b", "c", "d"};
	uint8_t other[16] = {0};

	(void)state;
	memset(list, 0, sizeof(list));
	for (size_t i = 0; i < CHECK_COUNT(list); i++) {
		list[i].size = i < 32 ? 4 : 16;
		list[i].address[3] = (uint8_t)(2 * i);
		list[i].name = span_str(words[i % 4]);
	}
	for (size_t i = 0; i < CHECK_COUNT(list); i++) {
		struct span got = print_names_find(&names, list[i].address, list[i].size);

		assert_true(span_eq(got, list[i].name));
		if (i > 0)
			assert_true(print_names_compare(&list[i - 1], &list[i]) < 0);
	}
	other[3] = 1;
	assert_int_equal(print_names_find(&names, other, 4).n, 0);
	assert_int_equal(print_names_find(&names, other, 16).n, 0);
	names.n = 0;
	assert_int_equal(print_names_find(&names, other, 4).n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_address_has_its_own_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
