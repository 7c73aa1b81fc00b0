/* What Wireshark and tshark say to a capture program, and what becomes of it. */
#include "cli/extcap/extcap.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

#define WORDS_MAX 32

static char mem[4096];
static char *argv[WORDS_MAX];
static int argc;
static char *args[256];
static int n;
static size_t room;
static char answer_mem[EXTCAP_TEXT_MAX];
static struct text answer;

/* A command line whose words are separated by "|". */
static enum extcap_call
read_line(const char *line)
{
	char *save = NULL;

	snprintf(mem, sizeof(mem), "%s", line);
	argc = 0;
	for (char *w = strtok_r(mem, "|", &save); w; w = strtok_r(NULL, "|", &save))
		argv[argc++] = w;
	argv[argc] = NULL;
	text_init(&answer, answer_mem, sizeof(answer_mem));
	n = -1;
	room = extcap_args_max(argc, argv);
	assert_true(room <= CHECK_COUNT(args));
	return extcap_read(argc, argv, args, &n, &answer);
}

static void
only_a_call_of_wireshark_is_one(void **state)
{
	(void)state;
	assert_int_equal(read_line("ddump"), EXTCAP_NONE);
	assert_int_equal(read_line("ddump|-f|icmp|db1|--targets|list"), EXTCAP_NONE);
	assert_int_equal(read_line("ddump|--fifo|x|--captures"), EXTCAP_NONE);
	assert_int_equal(read_line("--capture"), EXTCAP_NONE);
	assert_int_equal(argc, 1);
	assert_int_equal(extcap_read(0, argv, args, &n, &answer), EXTCAP_NONE);
}

static void
questions_get_their_answers(void **state)
{
	static const struct {
		int line;
		const char *asked;
		const char *begin;
	} rows[] = {
	    {__LINE__, "d|--extcap-interfaces", "extcap {version="},
	    {__LINE__, "d|--extcap-interfaces|--extcap-version=4.0", "extcap {version="},
	    {__LINE__, "d|--extcap-dlts|--extcap-interface|ddump", "dlt {number=276}"},
	    {__LINE__, "d|--extcap-config|--extcap-interface=ddump", "arg {number=0}"},
	    /* a filter that is to be checked, both ways that are documented */
	    {__LINE__, "d|--extcap-capture-filter|icmp|--extcap-interface|ddump", ""},
	    {__LINE__, "d|--capture|--extcap-capture-filter|icmp", ""},
	    {__LINE__, "d|--capture|--fifo", ""},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str(rows[i].asked);
		struct span said;

		check_u64(__FILE__, rows[i].line, in, read_line(rows[i].asked),
			  EXTCAP_TEXT, "call");
		said = text_span(&answer);
		assert_false(answer.is_cut);
		check_true(__FILE__, rows[i].line, in,
			   span_starts(said, span_str(rows[i].begin)) &&
			       (said.n > 0) == (rows[i].begin[0] != '\0'),
			   "answer");
	}
}

static void
a_capture_is_our_own_command_line(void **state)
{
	static const struct {
		int line;
		const char *asked;
		const char *ours;
	} rows[] = {
	    {__LINE__, "d|--capture|--extcap-interface|ddump|--fifo|/tmp/f|--targets|db1",
	     "d|--write|/tmp/f|--quiet|--format|pcapng|--|db1"},
	    {__LINE__,
	     "d|--capture|--fifo=/tmp/f|--extcap-capture-filter=a=b|--targets=  x  -y\tz=1 ",
	     "d|--write|/tmp/f|--filter|a=b|--quiet|--format|pcapng|--|x|-y|z=1"},
	    {__LINE__, "d|--snaplen|96|--capture|--netrc|--fifo|f|--ca|c|--targets|a",
	     "d|--snaplen|96|--netrc|--write|f|--ca|c|--quiet|--format|pcapng|--|a"},
	    {__LINE__, "d|--capture|--fifo|f|--extcap-capture-filter=",
	     "d|--write|f|--quiet|--format|pcapng|--"},
	    {__LINE__, "d|--capture|--fifo|f|--extcap-control-in|i|--targets",
	     "d|--write|f|--quiet|--format|pcapng|--"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str(rows[i].asked);
		char got_mem[1024];
		struct text got;

		text_init(&got, got_mem, sizeof(got_mem));
		check_u64(__FILE__, rows[i].line, in, read_line(rows[i].asked),
			  EXTCAP_CAPTURE, "call");
		assert_null(args[n]);
		for (int j = 0; j < n; j++) {
			text_str(&got, j > 0 ? "|" : "");
			text_str(&got, args[j]);
		}
		check_span(__FILE__, rows[i].line, in, text_span(&got),
			   span_str(rows[i].ours), "command line");
	}
}

static void
no_preference_runs_a_command(void **state)
{
	(void)state;
	assert_int_equal(read_line("d|--capture|--fifo|f|--targets|db1 exec:x"),
			 EXTCAP_BAD);
	assert_true(answer.n > 0);
	assert_int_equal(read_line("d|--capture|--fifo|f|--targets|a=exec:x"),
			 EXTCAP_BAD);
	assert_int_equal(read_line("d|--capture|--fifo|f|--targets|a=b=exec:x"),
			 EXTCAP_CAPTURE);
}

static void
as_many_targets_as_fit_into_an_argument_have_room(void **state)
{
	char line[200] = "d|--capture|--fifo|f|--targets|";

	(void)state;
	for (size_t i = strlen(line); i + 2 < sizeof(line); i += 2)
		memcpy(line + i, "a ", 3);
	assert_int_equal(read_line(line), EXTCAP_CAPTURE);
	assert_in_range(n, 80, room - 1);
	assert_string_equal(args[n - 1], "a");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_a_call_of_wireshark_is_one),
	    cmocka_unit_test(questions_get_their_answers),
	    cmocka_unit_test(a_capture_is_our_own_command_line),
	    cmocka_unit_test(no_preference_runs_a_command),
	    cmocka_unit_test(as_many_targets_as_fit_into_an_argument_have_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
