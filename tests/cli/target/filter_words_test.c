/* Which targets read as a filter. */
#include "cli/target/filter_words.h"

#include <string.h>

#include "support/check.h"

static void
words_of_filters_are_counted(void **state)
{
	static const struct {
		int line;
		const char *words; /* separated by ";" */
		size_t want;
	} rows[] = {
	    {__LINE__, "tcp;port;80", 3},
	    {__LINE__, "tcp;port;80;db1", 3},
	    {__LINE__, "tcp;db1", 1},
	    {__LINE__, "icmp", 1},
	    {__LINE__, "80", 1},
	    {__LINE__, "host;10.0.0.1;and;not;port;ssh", 6},
	    {__LINE__, "src;net;10.0.0.0/8", 3},
	    {__LINE__, "(;tcp;or;udp;);db1", 5},
	    {__LINE__, "tcp port 80", 1},
	    {__LINE__, "!arp", 1},
	    {__LINE__, "!(arp or icmp)", 1},
	    {__LINE__, "tcp[13]&2!=0", 1},
	    {__LINE__, "len>100", 1},
	    {__LINE__, "gateway", 1},
	    {__LINE__, "host", 1},
	    {__LINE__, "db1", 0},
	    {__LINE__, "10.0.0.1", 0},
	    {__LINE__, "tcp.example", 0},
	    {__LINE__, "tcp:8475", 0},
	    {__LINE__, "tcp/capture", 0},
	    {__LINE__, "http://tcp", 0},
	    {__LINE__, "tcp=db1", 0},
	    {__LINE__, "x=tcp", 0},
	    {__LINE__, "TCP", 0},
	    {__LINE__, "port-80", 0},
	    {__LINE__, "", 0},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		char copy[128];
		const char *list[8];
		size_t n = 0;
		char *rest = copy;

		strcpy(copy, rows[i].words);
		for (char *end; (end = strchr(rest, ';')) != NULL; rest = end + 1) {
			*end = '\0';
			list[n++] = rest;
		}
		list[n++] = rest;
		check_true(__FILE__, rows[i].line, span_str(rows[i].words),
			   filter_words_count(list, n) == rows[i].want, "so many");
	}
	assert_int_equal(filter_words_count(NULL, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_of_filters_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
