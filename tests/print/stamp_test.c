/* Times as tcpdump's -t to -ttttt show them. */
#include "print/stamp.h"

#include "support/check.h"

#define S UINT64_C(1000000000)

static const struct {
	int line;
	enum print_time time;
	bool is_nano;
	uint64_t first_ns, time_ns;
	int32_t zone_s;
	const char *want;
} rows[] = {
    {__LINE__, PRINT_TIME_CLOCK, false, 0, 1492518365 * S + 663977999, 0,
     "12:26:05.663977 "},
    {__LINE__, PRINT_TIME_CLOCK, true, 0, 1492518365 * S + 7, -4 * 3600,
     "08:26:05.000000007 "},
    {__LINE__, PRINT_TIME_CLOCK, false, 0, 5 * S, -3600, "23:00:05.000000 "},
    {__LINE__, PRINT_TIME_NONE, false, 0, 5 * S, 0, ""},
    {__LINE__, PRINT_TIME_EPOCH, false, 0, 1492518365 * S + 663977000, 3600,
     "1492518365.663977 "},
    {__LINE__, PRINT_TIME_DATE, false, 0, 1492518365 * S + 663977000, 0,
     "2017-04-18 12:26:05.663977 "},
    {__LINE__, PRINT_TIME_DATE, false, 0, 951782400 * S, 0,
     "2000-02-29 00:00:00.000000 "},
    {__LINE__, PRINT_TIME_DATE, false, 0, 0, -1, "1969-12-31 23:59:59.000000 "},
    {__LINE__, PRINT_TIME_DATE, false, 0, 4107542399 * S, 1,
     "2100-03-01 00:00:00.000000 "},
    {__LINE__, PRINT_TIME_DELTA, false, 100 * S + 5999, 100 * S + 6000, 0,
     " 00:00:00.000001 "},
    {__LINE__, PRINT_TIME_DELTA, false, 100 * S + 5000, 99 * S + 999999000, 0,
     "-00:00:00.000006 "},
    {__LINE__, PRINT_TIME_FIRST, false, 1000 * S, 1103 * S, 9, " 00:01:43.000000 "},
    {__LINE__, PRINT_TIME_FIRST, true, 0, 100000 * S, 0, " 27:46:40.000000000 "},
};

static void
times_print_as_asked_for(void **state)
{
	char mem[64];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct print p = {
		    .options = {.time = rows[i].time, .is_nano = rows[i].is_nano}};
		struct line l = {.p = mem, .cap = sizeof(mem)};

		stamp_print(&l, &p, rows[i].first_ns, 0);
		l.n = 0;
		stamp_print(&l, &p, rows[i].time_ns, rows[i].zone_s);
		check_span(__FILE__, rows[i].line, span_str(rows[i].want),
			   span_of(mem, l.n), span_str(rows[i].want), rows[i].want);
	}
}

static void
a_difference_is_to_the_packet_before_or_to_the_first(void **state)
{
	struct print delta = {.options = {.time = PRINT_TIME_DELTA}};
	struct print first = {.options = {.time = PRINT_TIME_FIRST}};
	char mem[64];

	(void)state;
	for (unsigned i = 1; i <= 3; i++) {
		struct line l = {.p = mem, .cap = sizeof(mem)};

		stamp_print(&l, &delta, i * S, 0);
		assert_int_equal(mem[8], i == 1 ? '0' : '1');
		l.n = 0;
		stamp_print(&l, &first, i * S, 0);
		assert_int_equal(mem[8], '0' + (int)i - 1);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(times_print_as_asked_for),
	    cmocka_unit_test(a_difference_is_to_the_packet_before_or_to_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
