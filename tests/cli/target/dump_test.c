/* A worker's query in tcpdump's words. */
#include <string.h>

#include "cli/target/target.h"
#include "support/check.h"

static void
a_query_is_said_in_tcpdumps_words(void **state)
{
	static const struct {
		int line;
		const char *target;
		const char *arguments; /* NULL: tcpdump will not do */
		const char *filter;
	} rows[] = {
	    {__LINE__, "ssh://h", "-i any", "tcp"},
	    {__LINE__, "ssh://h?filter=udp+port%2053&sudo=auto", "-i any", "udp port 53"},
	    {__LINE__, "ssh://h?interface=eth0&snaplen=96&direction=in",
	     "-i eth0 -s 96 -Q in", "tcp"},
	    {__LINE__, "ssh://h?interface=eth0,eth1", NULL, ""},
	    {__LINE__, "ssh://h?interface=%24(x)", NULL, ""},
	    {__LINE__, "ssh://h?interface=-w", NULL, ""},
	    {__LINE__, "ssh://h?count=1", NULL, ""},
	    {__LINE__, "ssh://h?snaplen=headers", NULL, ""},
	    {__LINE__, "exec+sh:env", "-i any", "tcp"},
	};
	struct options o = {.query = {.n = 1}};

	(void)state;
	o.query.list[0].name = "filter";
	o.query.list[0].value = "tcp";
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		char mem[2][256];
		struct text filter;
		struct text arguments;
		struct target t;
		const char *why;

		assert_null(target_parse(&t, rows[i].target));
		text_init(&filter, mem[0], sizeof(mem[0]));
		text_init(&arguments, mem[1], sizeof(mem[1]));
		why = target_put_dump(&t, &o, &filter, &arguments);
		check_true(__FILE__, rows[i].line, span_str(rows[i].target),
			   !why == !!rows[i].arguments, why ? why : "taken");
		if (!rows[i].arguments)
			continue;
		check_span(__FILE__, rows[i].line, span_str(rows[i].target),
			   text_span(&arguments), span_str(rows[i].arguments),
			   "arguments");
		check_span(__FILE__, rows[i].line, span_str(rows[i].target),
			   text_span(&filter), span_str(rows[i].filter), "filter");
	}
}

static void
a_setting_is_no_part_of_the_workers_query(void **state)
{
	struct options o = {.query = {.n = 0}};
	char mem[4096];
	char word[32];
	struct text request;
	struct text setting;
	struct target t;

	(void)state;
	assert_null(
	    target_parse(&t, "ssh://ann@h?sudo=doas%20-n&filter=icmp&via=worker"));
	text_init(&setting, word, sizeof(word));
	assert_true(target_put_setting(&t, "sudo", &setting));
	assert_string_equal(text_cstr(&setting), "doas -n");
	assert_false(target_put_setting(&t, "worker", &setting));
	text_init(&request, mem, sizeof(mem));
	assert_true(target_request(&t, &o, NULL, "[fe80::1]:50396", &request));
	assert_non_null(
	    strstr(text_cstr(&request), "GET /capture?filter=icmp HTTP/1.1\r\n"));
	assert_non_null(strstr(mem, "\r\nForwarded: for=\"[fe80::1]:50396\"\r\n"));
	assert_null(strstr(mem, "Authorization"));
	assert_null(target_parse(&t, "http://h?sudo=x"));
	assert_false(target_put_setting(&t, "sudo", &setting));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_query_is_said_in_tcpdumps_words),
	    cmocka_unit_test(a_setting_is_no_part_of_the_workers_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
