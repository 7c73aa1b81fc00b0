/* A capture's counts, as any server may send them. */
#include "cli/source/tally_answer.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

#define ALL "\"offered\":9,\"captured\":5,\"dropped_by_kernel\":3,\"own_traffic\":1"

static void
a_tally_is_read_with_what_it_promises(void **state)
{
	static const struct {
		int line;
		const char *body;
		bool is_good, is_exact, is_limit;
	} rows[] = {
	    {__LINE__,
	     "{\"state\":\"ended\",\"counts\":\"exact\"," ALL
	     ",\"own_bytes\":7,\"end\":\"stopped\"}\n",
	     true, true, false},
	    {__LINE__, " { \"end\" : \"limit\" , " ALL " } ", true, false, true},
	    {__LINE__, "{" ALL "}", true, false, false},
	    {__LINE__, "{\"counts\":\"at_least\"," ALL "}", true, false, false},
	    {__LINE__, "{\"counts\":\"exactly\"," ALL "}", true, false, false},
	    {__LINE__, "{\"end\":\"exact\",\"counts\":\"limit\"," ALL "}", true, false,
	     false},
	    {__LINE__, "", false, false, false},
	    {__LINE__, "{}", false, false, false},
	    {__LINE__, "{\"counts\":\"exact\"}", false, false, false},
	    {__LINE__, "{" ALL, false, false, false},
	    {__LINE__, "{" ALL ",}", false, false, false},
	    {__LINE__, "{" ALL "}x", false, false, false},
	    {__LINE__, "{" ALL ",\"offered\":9}", false, false, false},
	    {__LINE__, "{" ALL ",\"captured\":5}", false, false, false},
	    {__LINE__, "{" ALL ",\"dropped_by_kernel\":3}", false, false, false},
	    {__LINE__, "{" ALL ",\"own_traffic\":1}", false, false, false},
	    {__LINE__, "{" ALL ",\"x\":-1}", false, false, false},
	    {__LINE__, "{" ALL ",\"x\":[1]}", false, false, false},
	    {__LINE__, "{" ALL ",\"x\":\"a\\\"b\"}", false, false, false},
	    {__LINE__, "{" ALL ",\"x\":18446744073709551616}", false, false, false},
	    {__LINE__, "{" ALL ",\"x}", false, false, false},
	    {__LINE__,
	     "{\"offered\":9,\"captured\":5,\"dropped_by_kernel\":3,\"own_bytes\":1}",
	     false, false, false},
	    {__LINE__, "<html>404</html>", false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str(rows[i].body);
		struct tally_answer a;
		bool is_good = tally_answer_parse(in, &a);

		check_true(__FILE__, rows[i].line, in, is_good == rows[i].is_good,
			   "good");
		if (!is_good)
			continue;
		check_true(__FILE__, rows[i].line, in, a.is_exact == rows[i].is_exact,
			   "exact");
		check_true(__FILE__, rows[i].line, in, a.is_limit == rows[i].is_limit,
			   "limit");
		check_true(__FILE__, rows[i].line, in,
			   a.counts.offered == 9 && a.counts.captured == 5 &&
			       a.counts.dropped == 3 && a.counts.own == 1,
			   "counts");
	}
}

static void
a_long_answer_is_none(void **state)
{
	char body[TALLY_ANSWER_MAX + 1];
	struct tally_answer a;

	(void)state;
	memset(body, ' ', sizeof(body));
	memcpy(body, "{" ALL "}", strlen("{" ALL "}"));
	assert_true(tally_answer_parse(span_of(body, TALLY_ANSWER_MAX), &a));
	assert_false(tally_answer_parse(span_of(body, TALLY_ANSWER_MAX + 1), &a));
}

static void
an_end_that_nobody_wanted_is_a_cut(void **state)
{
	static const struct {
		const char *end;
		bool is_cut;
	} rows[] = {{"died", true},	 {"failed", true}, {"interface", true},
		    {"shutdown", true},	 {"loop", true},   {"client", false},
		    {"stopped", false},	 {"limit", false}, {"count", false},
		    {"duration", false}, {"diedx", false}};
	char body[256];
	struct tally_answer a;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		snprintf(body, sizeof(body), "{" ALL ",\"end\":\"%s\"}", rows[i].end);
		assert_true(tally_answer_parse(span_str(body), &a));
		assert_true(a.is_cut == rows[i].is_cut);
		assert_true(span_eq(a.end, span_str(rows[i].end)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_tally_is_read_with_what_it_promises),
	    cmocka_unit_test(an_end_that_nobody_wanted_is_a_cut),
	    cmocka_unit_test(a_long_answer_is_none)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
