/* --help: every flag once, on a terminal of 80 columns. */
#include "cli/options/help.h"

#include <string.h>

#include "cli/options/options.h"
#include "support/check.h"

#define FLAGS_MAX 128

static void
help_fits_its_memory_and_a_terminal(void **state)
{
	char mem[HELP_MAX];
	struct text help;

	(void)state;
	text_init(&help, mem, sizeof(mem));
	options_put_help(&help);
	assert_non_null(strstr(text_cstr(&help), "\n  -w, --write FILE       output"));
	assert_non_null(strstr(text_cstr(&help), "\n  -t                     print no"));
	assert_non_null(strstr(text_cstr(&help), "\n  -tttt                  print"));
	assert_false(help.is_cut);
	for (struct span rest = text_span(&help); rest.n > 0;) {
		struct span line = span_split(&rest, '\n');

		check_true(__FILE__, __LINE__, line, line.n <= 80, "80 columns");
	}
}

static void
each_flag_stands_in_one_group(void **state)
{
	struct span seen[FLAGS_MAX];
	char mem[HELP_MAX];
	struct text help;
	size_t n = 0;

	(void)state;
	text_init(&help, mem, sizeof(mem));
	options_put_help(&help);
	for (struct span rest = text_span(&help); rest.n > 0;) {
		struct span line = span_split(&rest, '\n');
		struct span name = span_trim(line);

		if (!span_starts(line, span_str("  -")) &&
		    !span_starts(line, span_str("      -")))
			continue;
		if (name.p[2] == ',')
			span_take(&name, 4);
		name.n = span_find(name, ' ');
		assert_true(n < FLAGS_MAX);
		for (size_t i = 0; i < n; i++)
			check_true(__FILE__, __LINE__, line, !span_eq(seen[i], name),
				   "once");
		seen[n++] = name;
	}
	assert_true(n > 50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(help_fits_its_memory_and_a_terminal),
	    cmocka_unit_test(each_flag_stands_in_one_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
