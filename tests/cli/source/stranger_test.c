/* What is said of an answer that is no capture. */
#include "cli/source/stranger.h"

#include <string.h>

#include "support/check.h"

static const char *
words_of(const char *type, const char *first, const char *second)
{
	static char mem[256];
	static struct text t;

	text_init(&t, mem, sizeof(mem));
	stranger_put(&t, type, span_str(first), span_str(second));
	return text_cstr(&t);
}

static void
type_and_first_line_tell_what_it_is(void **state)
{
	(void)state;
	assert_string_equal(words_of("text/html", "<!DO", "CTYPE html>\r\n<p>"),
			    "text/html: \"<!DOCTYPE html>\"");
	assert_string_equal(words_of("", "\r\n\n he", "llo\nyou"),
			    "without a Content-Type: \"hello\"");
	assert_string_equal(words_of("text/plain", "", " \n"), "text/plain, empty");
	assert_string_equal(words_of("text/plain", "a\x1b", "[m"),
			    "text/plain: \"a\\x1b[m\"");
}

static void
a_long_line_is_cut(void **state)
{
	char line[2 * STRANGER_LINE_MAX + 1];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	assert_non_null(strstr(words_of("a/b", line, ""), "xxx...\""));
}

static void
the_advice_is_for_a_file_or_a_port(void **state)
{
	(void)state;
	assert_non_null(strstr(stranger_advice(true), "port"));
	assert_non_null(strstr(stranger_advice(false), "compressed"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(type_and_first_line_tell_what_it_is),
	    cmocka_unit_test(a_long_line_is_cut),
	    cmocka_unit_test(the_advice_is_for_a_file_or_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
