/* The file of --names: what is taken, and which line is not. */
#include "cli/output/names_file.h"

#include <string.h>

#include "support/check.h"

static void
the_first_name_of_an_address_counts(void **state)
{
	static const uint8_t v4[] = {10, 0, 0, 1};
	static const uint8_t v6[16] = {0xfd, [15] = 1};
	char mem[256];
	struct names_file f;
	struct text why;

	(void)state;
	text_init(&why, mem, sizeof(mem));
	assert_true(names_file_parse(
	    &f,
	    span_str("# pods\n10.0.0.1\tweb-1.shop alias\r\n\n"
		     "fd00::1 db # v6\n10.0.0.1 other\n 127.0.0.1 localhost"),
	    &why));
	assert_int_equal(f.names.n, 3);
	assert_true(span_eq(print_names_find(&f.names, v4, 4), span_str("web-1.shop")));
	assert_true(span_eq(print_names_find(&f.names, v6, 16), span_str("db")));
	names_file_fini(&f);
	assert_true(names_file_parse(&f, span_str(""), &why));
	assert_int_equal(f.names.n, 0);
	names_file_fini(&f);
}

static void
a_line_that_is_wrong_is_named(void **state)
{
	static const char *const rows[][2] = {
	    {"10.0.0.1 a\nweb 10.0.0.2\n", "--names: line 2: not an address"},
	    {"\n10.0.0.1\n", "--names: line 2: an address without a name"},
	    {"10.0.0.1 # a", "--names: line 1: an address without a name"},
	    {"10.0.0.256 a", "--names: line 1: not an address"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		char mem[256];
		struct names_file f;
		struct text why;

		text_init(&why, mem, sizeof(mem));
		assert_false(names_file_parse(&f, span_str(rows[i][0]), &why));
		assert_string_equal(text_cstr(&why), rows[i][1]);
		assert_null(f.list);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_first_name_of_an_address_counts),
	    cmocka_unit_test(a_line_that_is_wrong_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
