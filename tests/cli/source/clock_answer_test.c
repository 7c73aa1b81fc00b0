/* A worker's clock from the words of a server. */
#include "cli/source/clock_answer.h"

#include <string.h>

#include "support/check.h"
#include "support/edge.h"

static const struct {
	int line;
	const char *body;
	bool is_good;
	uint64_t time_ns;
} rows[] = {
    {__LINE__, "{\"time_ns\":1700000000123456789}\n", true, 1700000000123456789u},
    {__LINE__, "{\"time_ns\":0}", true, 0},
    {__LINE__, " \t\r\n{ \"time_ns\" : 17\n} \n", true, 17},
    {__LINE__, "{\"time_ns\":18446744073709551615}", true, UINT64_MAX},
    {__LINE__, "{\"time_ns\":18446744073709551616}", false, 0},
    {__LINE__, "{\"time_ns\":}", false, 0},
    {__LINE__, "{\"time_ns\":017}", false, 0},
    {__LINE__, "{\"time_ns\":07}", false, 0},
    {__LINE__, "{\"time_ns\":00}", false, 0},
    {__LINE__, "{\"time_ns\":-17}", false, 0},
    {__LINE__, "{\"time_ns\":+17}", false, 0},
    {__LINE__, "{\"time_ns\":17.5}", false, 0},
    {__LINE__, "{\"time_ns\":1e9}", false, 0},
    {__LINE__, "{\"time_ns\":0x17}", false, 0},
    {__LINE__, "{\"time_ns\":\"17\"}", false, 0},
    {__LINE__, "{\"time_ns\":1 7}", false, 0},
    {__LINE__, "{\"time_ns\":17", false, 0},
    {__LINE__, "{\"time_ns\":17,}", false, 0},
    {__LINE__, "{\"time_ns\":17,\"x\":1}", false, 0},
    {__LINE__, "{\"x\":1,\"time_ns\":17}", false, 0},
    {__LINE__, "{\"time_ns\":17}}", false, 0},
    {__LINE__, "{\"time_ns\":17}{\"time_ns\":18}", false, 0},
    {__LINE__, "{\"TIME_NS\":17}", false, 0},
    {__LINE__, "{time_ns:17}", false, 0},
    {__LINE__, "{\"time_ns\" 17}", false, 0},
    {__LINE__, "[17]", false, 0},
    {__LINE__, "17", false, 0},
    {__LINE__, "{}", false, 0},
    {__LINE__, "{", false, 0},
    {__LINE__, "", false, 0},
    {__LINE__, "<html>it works</html>", false, 0},
};

static void
a_clocks_answer_is_one_number_of_ns(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		size_t n = strlen(rows[i].body);
		uint8_t *body = edge_copy((const uint8_t *)rows[i].body, n);
		uint64_t time_ns = 1;

		check_true(__FILE__, rows[i].line, span_str(rows[i].body),
			   clock_answer_parse(span_of(body, n), &time_ns) ==
			       rows[i].is_good,
			   "is taken as it should be");
		check_u64(__FILE__, rows[i].line, span_str(rows[i].body), time_ns,
			  rows[i].time_ns, "time");
		edge_free(body);
	}
}

/* No answer of ours is so long, however good it looks. */
static void
a_long_answer_is_none(void **state)
{
	char body[CLOCK_ANSWER_MAX + 2];
	uint64_t time_ns;

	(void)state;
	memset(body, ' ', sizeof(body));
	memcpy(body, "{\"time_ns\":17}", 14);
	assert_true(clock_answer_parse(span_of(body, CLOCK_ANSWER_MAX), &time_ns));
	assert_false(clock_answer_parse(span_of(body, CLOCK_ANSWER_MAX + 1), &time_ns));
}

/* Cut anywhere, it is none. */
static void
an_answer_that_is_cut_is_none(void **state)
{
	static const char body[] = "{\"time_ns\":1700000000123456789}";
	uint64_t time_ns;

	(void)state;
	for (size_t n = 0; n < sizeof(body) - 1; n++) {
		uint8_t *cut = edge_copy((const uint8_t *)body, n);

		assert_false(clock_answer_parse(span_of(cut, n), &time_ns));
		edge_free(cut);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_clocks_answer_is_one_number_of_ns),
	    cmocka_unit_test(a_long_answer_is_none),
	    cmocka_unit_test(an_answer_that_is_cut_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
