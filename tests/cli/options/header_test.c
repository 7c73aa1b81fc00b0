/* Fields that may be given, and those that may not. */
#include "cli/options/header.h"

#include <string.h>

#include "support/check.h"

#define OURS	"not a field that can be given: ddump or its proxy sets it"
#define FORM	"not a field like 'Name: value'"
#define CONTROL "not a field: it has a CR, an LF or another control byte"

static void
what_frames_a_request_cannot_be_given(void **state)
{
	static const struct {
		int line;
		const char *field;
		const char *want;
	} rows[] = {
	    {__LINE__, "Authorization: Bearer abc", NULL},
	    {__LINE__, "X-Api-Key:abc", NULL},
	    {__LINE__, "Cookie: a=\"b\"; c=d:e", NULL},
	    {__LINE__, "Accept: */*", NULL},
	    {__LINE__, "x: \xc3\xa9\ty", NULL},
	    {__LINE__, "Host: x", OURS},
	    {__LINE__, "hOST:x", OURS},
	    {__LINE__, "Connection: close", OURS},
	    {__LINE__, "Content-Length: 0", OURS},
	    {__LINE__, "Transfer-Encoding: chunked", OURS},
	    {__LINE__, "Forwarded: for=1.2.3.4", OURS},
	    {__LINE__, "X-Forwarded-For: 1.2.3.4", OURS},
	    {__LINE__, "ddump-ports: remote=1", OURS},
	    {__LINE__, "Sec-Fetch-Site: none", OURS},
	    {__LINE__, "Host : x", FORM},
	    {__LINE__, " Host: x", FORM},
	    {__LINE__, "Bearer abc", FORM},
	    {__LINE__, ": x", FORM},
	    {__LINE__, "", FORM},
	    {__LINE__, "a: b\r\nHost: c", CONTROL},
	    {__LINE__, "a: b\n", CONTROL},
	    {__LINE__, "a: b\rc", CONTROL},
	    {__LINE__, "a\n: b", CONTROL},
	    {__LINE__, "a: \x7f", CONTROL},
	    {__LINE__, "a:", "not a field: its value is empty"},
	    {__LINE__, "a:  ", "not a field: its value is empty"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const char *got = header_check(span_str(rows[i].field));

		check_span(__FILE__, rows[i].line, span_str(rows[i].field),
			   span_str(got ? got : ""),
			   span_str(rows[i].want ? rows[i].want : ""), "answer");
	}
}

static void
a_field_is_its_name_and_its_value(void **state)
{
	struct span field = span_str("A-b: \t c:d ");

	(void)state;
	assert_true(span_eq(header_name(field), span_str("A-b")));
	assert_true(span_eq(header_value(field), span_str("c:d")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_frames_a_request_cannot_be_given),
	    cmocka_unit_test(a_field_is_its_name_and_its_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
