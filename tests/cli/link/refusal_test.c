/* What a refusal says, from an answer's head and the pieces of its body. */
#include "cli/link/refusal.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

#define JSON "Content-Type: application/problem+json\r\n"

static struct refusal refusal;

static void
begin(const char *status, const char *fields)
{
	static char in[2048];
	struct http_response_head head;
	size_t seen = 0;
	size_t size;

	snprintf(in, sizeof(in), "HTTP/1.1 %s\r\n%s\r\n", status, fields);
	assert_int_equal(http_head_parse_response(span_str(in), &seen, &head, &size),
			 HTTP_HEAD_OK);
	memset(&refusal, 0xff, sizeof(refusal));
	refusal_begin(&refusal, &head);
	memset(in, 'X', sizeof(in)); /* nothing is borrowed */
}

static bool
put(char *mem, size_t size)
{
	struct text t;
	bool has_words;

	text_init(&t, mem, size - 1);
	has_words = refusal_put(&refusal, &t);
	text_cstr(&t);
	return has_words;
}

static void
the_status_line_and_the_words_are_one_sentence(void **state)
{
	static const struct {
		int line;
		const char *status;
		const char *fields;
		const char *body;
		const char *said;
	} rows[] = {
	    {__LINE__, "403 Forbidden", "", "", "403 Forbidden"},
	    {__LINE__, "403 ", "", "", "403 Forbidden"},
	    {__LINE__, "400 Bad Request", JSON, "{\"detail\":\"syntax error\"}",
	     "400 Bad Request: syntax error"},
	    {__LINE__, "502 Bad Gateway", "Content-Type: text/html\r\n", "<p>x</p>",
	     "502 Bad Gateway"},
	    {__LINE__, "301 Moved", "Location: https://a/\r\n", "",
	     "301 Moved: redirects are not followed; it names https://a/"},
	    {__LINE__, "401 Moved", "Location: https://a/\r\n", "", "401 Moved"},
	};
	char said[1024];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str(rows[i].status);
		bool has_words;

		begin(rows[i].status, rows[i].fields);
		refusal_take(&refusal, span_str(rows[i].body));
		has_words = put(said, sizeof(said));
		check_span(__FILE__, rows[i].line, in, span_str(said),
			   span_str(rows[i].said), "said");
		check_true(__FILE__, rows[i].line, in,
			   has_words == (strstr(rows[i].said, "syntax") != NULL),
			   "words");
	}
}

static void
a_body_in_pieces_is_taken_up_to_its_bound(void **state)
{
	static uint8_t many[REFUSAL_BODY_MAX];

	(void)state;
	begin("400 x", JSON);
	for (const char *p = "{\"detail\":\"in pieces\"}"; *p; p++)
		assert_false(refusal_take(&refusal, span_of(p, 1)));
	assert_true(refusal_take(&refusal, span_of(many, sizeof(many))));
	assert_true(refusal_take(&refusal, span_of(many, 1)));
	assert_int_equal(refusal.body_size, REFUSAL_BODY_MAX);
}

static void
the_longest_lines_fit(void **state)
{
	static char fields[1024];
	char said[1024];

	(void)state;
	strcpy(fields, "Location: ");
	memset(fields + 10, '%', 900);
	strcpy(fields + 910, "\r\n");
	begin("301 long", fields);
	assert_false(put(said, sizeof(said)));
	assert_true(strlen(said) < REFUSAL_STATUS_MAX);
	memset(fields, 0, sizeof(fields));
	strcpy(fields, "Content-Type: ");
	memset(fields + 14, 'a', 500);
	strcat(fields, "\r\n");
	begin("400 x", fields);
	assert_int_equal(refusal.type_size, sizeof(refusal.type));
}

static void
an_absent_interface_is_known_by_its_type_and_status(void **state)
{
	const char *body = "{\"type\":\"urn:ddump:no-interface\",\"detail\":\"x\"}";

	(void)state;
	begin("400 Bad Request", JSON);
	refusal_take(&refusal, span_str(body));
	assert_true(refusal_is_no_interface(&refusal));
	begin("404 Not Found", JSON);
	refusal_take(&refusal, span_str(body));
	assert_false(refusal_is_no_interface(&refusal));
	begin("400 Bad Request", "Content-Type: text/plain\r\n");
	refusal_take(&refusal, span_str(body));
	assert_false(refusal_is_no_interface(&refusal));
}

static void
what_may_be_better_soon_is_tried_again(void **state)
{
	static const struct {
		const char *status;
		bool is_passing;
	} rows[] = {{"500 a", true},  {"502 a", true},	{"503 a", true},
		    {"429 a", true},  {"408 a", true},	{"400 a", false},
		    {"401 a", false}, {"403 a", false}, {"404 a", false},
		    {"301 a", false}};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		begin(rows[i].status, "");
		check_true(__FILE__, __LINE__, span_str(rows[i].status),
			   refusal_is_passing(&refusal) == rows[i].is_passing, "passing");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_status_line_and_the_words_are_one_sentence),
	    cmocka_unit_test(a_body_in_pieces_is_taken_up_to_its_bound),
	    cmocka_unit_test(the_longest_lines_fit),
	    cmocka_unit_test(an_absent_interface_is_known_by_its_type_and_status),
	    cmocka_unit_test(what_may_be_better_soon_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
