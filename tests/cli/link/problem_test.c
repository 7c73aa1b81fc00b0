/* What a refusal says, from what servers send. */
#include "cli/link/problem.h"

#include <string.h>

#include "support/check.h"
#include "support/edge.h"

#define JSON "application/problem+json"

struct row {
	int line;
	const char *type;
	const char *body;
	const char *want;
};

static const struct row rows[] = {
    {__LINE__, JSON, "{\"title\":\"Bad Request\",\"detail\":\"syntax error\"}",
     "syntax error"},
    {__LINE__, JSON "; charset=utf-8", "{ \"detail\" : \"a\\nb\\\"c\\\"\" }", "a b\"c\""},
    {__LINE__, "application/json", "{\"error\":\"no\"}", "no"},
    {__LINE__, JSON, "{\"title\":\"only a title\",\"status\":400}", "only a title"},
    {__LINE__, JSON, "{\"detail\":\"\",\"title\":\"t\"}", "t"},
    {__LINE__, JSON, "{\"x\":\"detail\",\"detail\":\"right\"}", "right"},
    {__LINE__, JSON, "{\"detail\":\"\\u001b[31m red \\u00e9\"}", "\\x1b[31m red ?"},
    {__LINE__, JSON, "{\"detail\":\"cut", ""},
    {__LINE__, JSON, "{\"detail\":\"cut\\", ""},
    {__LINE__, JSON, "{\"detail\":\"cut\\u00", ""},
    {__LINE__, JSON, "{\"detail\":17}", ""},
    {__LINE__, JSON, "", ""},
    {__LINE__, JSON, "\"", ""},
    {__LINE__, JSON, "\"a\":", ""},
    {__LINE__, "text/plain", "  two\r\nlines\n", "two lines"},
    {__LINE__, "Text/Plain; charset=utf-8", "a\x1b]0;b\x07", "a\\x1b]0;b\\x07"},
    {__LINE__, "text/html", "<html>no</html>", ""},
    {__LINE__, "", "words of no type", ""},
};

static void
a_refusal_says_its_words_and_no_markup(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		size_t n = strlen(rows[i].body);
		uint8_t *body = edge_copy((const uint8_t *)rows[i].body, n);
		char mem[1024];
		struct text t;

		text_init(&t, mem, sizeof(mem));
		problem_put(&t, span_str(rows[i].type), span_of(body, n));
		check_span(__FILE__, rows[i].line, span_str(rows[i].body), text_span(&t),
			   span_str(rows[i].want), "words");
		edge_free(body);
	}
}

static void
the_words_are_bounded(void **state)
{
	char body[4000];
	char mem[1024];
	struct text t;

	(void)state;
	memset(body, 1, sizeof(body));
	text_init(&t, mem, sizeof(mem));
	problem_put(&t, span_str("text/plain"), span_of(body, sizeof(body)));
	assert_in_range(t.n, 100, PROBLEM_MAX);
	assert_memory_equal(t.p + t.n - 3, "...", 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_refusal_says_its_words_and_no_markup),
	    cmocka_unit_test(the_words_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
