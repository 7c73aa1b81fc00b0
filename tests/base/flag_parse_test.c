/* Letters behind one dash, names that are nearly right, and flags of other programs. */
#include "base/flag.h"

#include <string.h>

#include "support/check.h"

#define ARGS_MAX 8

struct settings {
	bool is_quiet;
	bool is_numeric;
	uint8_t time;
	uint8_t hex;
	const char *interface;
	const char *ca;
	const char *proxy;
	uint64_t count;
};

#define AT(member) FLAG_AT(struct settings, member)

static const struct flag rows[] = {
    {"quiet", 'q', FLAG_TRUE, AT(is_quiet), NULL, .help = NULL},
    {"n", 'n', FLAG_TRUE, AT(is_numeric), NULL, .help = NULL},
    {"t", 't', FLAG_COUNT, AT(time), NULL, .min = 1, .max = 5},
    {"ttt", 0, FLAG_COUNT, AT(time), NULL, .min = 3, .max = 5},
    {"hex", 'x', FLAG_COUNT, AT(hex), NULL, .min = 1, .max = 2},
    {"interface", 'i', FLAG_TEXT, AT(interface), "NAME", .help = NULL},
    {"ca", 0, FLAG_TEXT, AT(ca), "FILE", .help = NULL},
    {"count", 'c', FLAG_NUMBER, AT(count), "N", .max = UINT64_MAX},
    {"proxy", 0, FLAG_TEXT, AT(proxy), "URL", .url_letter = 'x'},
    {"connect-timeout", 0, FLAG_TEXT, AT(proxy), "URL", .help = NULL},
    {"help", 'h', FLAG_HELP, 0, 0, NULL, .help = NULL},
};

static const struct flag_foreign foreign[] = {
    {"C", "use --rotate"},
    {"silent", "use -q"},
};

static const struct flag_table table = {.rows = rows,
					.n = CHECK_COUNT(rows),
					.foreign = foreign,
					.n_foreign = CHECK_COUNT(foreign)};

static struct settings s;
static const char *operands[ARGS_MAX + 1];
static size_t n_operands;
static char mem[256];
static struct text why;

static enum flag_result
parse(const char *line)
{
	static char copy[256];
	char *argv[ARGS_MAX + 1] = {"program"};
	int argc = 1;

	strcpy(copy, line);
	for (char *arg = strtok(copy, " "); arg; arg = strtok(NULL, " ")) {
		assert_true(argc <= ARGS_MAX);
		argv[argc++] = arg;
	}
	memset(&s, 0, sizeof(s));
	text_init(&why, mem, sizeof(mem));
	return flag_parse(&table, &s, argc, argv, operands, &n_operands, &why);
}

static void
letters_are_read_as_getopt_reads_them(void **state)
{
	static const struct {
		int line;
		const char *args;
		struct settings want;
		size_t n_operands;
	} cases[] = {
	    {__LINE__, "-nn a", {.is_numeric = true}, 1},
	    {__LINE__, "-nni eth0 a", {.is_numeric = true, .interface = "eth0"}, 1},
	    {__LINE__,
	     "-nqi=eth0",
	     {.is_numeric = true, .is_quiet = true, .interface = "eth0"},
	     0},
	    {__LINE__, "-qieth0 a", {.is_quiet = true, .interface = "eth0"}, 1},
	    {__LINE__, "-inq a", {.interface = "nq"}, 1},
	    {__LINE__, "-qc7 a", {.is_quiet = true, .count = 7}, 1},
	    {__LINE__, "-t -t a", {.time = 2}, 1},
	    {__LINE__, "-ttt a", {.time = 3}, 1},
	    {__LINE__, "-nttt a", {.is_numeric = true, .time = 3}, 1},
	    {__LINE__, "-ttttttt a", {.time = 5}, 1},
	    {__LINE__, "-xxx a", {.hex = 2}, 1},
	    /* a long name behind one dash stays one */
	    {__LINE__, "-ca x a", {.ca = "x"}, 1},
	    {__LINE__, "-ca=x a", {.ca = "x"}, 1},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
		const struct settings *w = &cases[i].want;
		bool is_good = parse(cases[i].args) == FLAG_RESULT_RUN;

		is_good = is_good && s.is_quiet == w->is_quiet &&
			  s.is_numeric == w->is_numeric && s.time == w->time &&
			  s.hex == w->hex && s.count == w->count &&
			  n_operands == cases[i].n_operands;
		is_good = is_good && strcmp(s.interface ? s.interface : "",
					    w->interface ? w->interface : "") == 0;
		is_good = is_good && strcmp(s.ca ? s.ca : "", w->ca ? w->ca : "") == 0;
		check_true(__FILE__, cases[i].line, span_str(cases[i].args), is_good,
			   "as getopt(3) reads it");
	}
}

static void
a_letter_before_a_url_is_another_flag(void **state)
{
	(void)state;
	assert_int_equal(parse("-x http://p:1 a"), FLAG_RESULT_RUN);
	assert_string_equal(s.proxy, "http://p:1");
	assert_int_equal(s.hex, 0);
	assert_int_equal(n_operands, 1);
	assert_int_equal(parse("-nxhttp://p:1 a"), FLAG_RESULT_RUN);
	assert_string_equal(s.proxy, "http://p:1");
	assert_int_equal(parse("-x a http://p:1"), FLAG_RESULT_RUN);
	assert_null(s.proxy);
	assert_int_equal(s.hex, 1);
	assert_int_equal(n_operands, 2);
	assert_int_equal(parse("a -x"), FLAG_RESULT_RUN);
	assert_int_equal(s.hex, 1);
}

static void
what_is_unknown_is_answered_with_what_there_is(void **state)
{
	static const char *const cases[][2] = {
	    {"--interfaec eth0",
	     "--interfaec: no such option; the nearest is --interface"},
	    {"--interf eth0", "--interf: no such option; the nearest is --interface"},
	    {"--qiuet", "--qiuet: no such option; the nearest is --quiet"},
	    {"--silent=1", "--silent: no such option; use -q"},
	    {"-silent", "-silent: no such option; use -q"},
	    {"-C 5", "-C: no such option; use --rotate"},
	    {"-nnC 5", "-C: no such option; use --rotate"},
	    {"-z", "-z: no such option; see --help"},
	    {"-nz", "-z: no such option; see --help"},
	    {"--zzzzzz", "--zzzzzz: no such option; see --help"},
	    {"-prxoy x", "-prxoy: no such option; the nearest is --proxy"},
	    {"-connect_timeout=5",
	     "-c: not a number"}, /* getopt's reading of a letter that takes a value */
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
		check_true(__FILE__, __LINE__, span_str(cases[i][0]),
			   parse(cases[i][0]) == FLAG_RESULT_BAD, "refused");
		check_span(__FILE__, __LINE__, span_str(cases[i][0]), text_span(&why),
			   span_str(cases[i][1]), "message");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(letters_are_read_as_getopt_reads_them),
	    cmocka_unit_test(a_letter_before_a_url_is_another_flag),
	    cmocka_unit_test(what_is_unknown_is_answered_with_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
