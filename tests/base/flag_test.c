/* Flags by table: every kind, every way to give a value, and what messages and help say. */
#include "base/flag.h"

#include <string.h>

#include "support/check.h"

#define ARGS_MAX 8

enum colour { RED, GREEN, BLUE };

struct settings {
	bool is_on;
	bool is_second;
	const char *text;
	const char *optional;
	uint32_t number;
	uint64_t big;
	uint64_t bytes;
	uint64_t ns;
	enum colour colour;
	uint32_t custom;
	struct flag_query query;
};

static const char *
set_custom(void *base, struct span value, const void *context)
{
	struct settings *s = base;

	s->custom = (uint32_t)value.n + (context ? *(const uint32_t *)context : 0);
	return value.n < 4 ? NULL : "not short";
}

#define AT(member) FLAG_AT(struct settings, member)
#define S	   UINT64_C(1000000000)

static const struct flag rows[] = {
    {"on", 'o', FLAG_TRUE, AT(is_on), NULL, .help = "turn it on"},
    {"text", 't', FLAG_TEXT, AT(text), "TEXT", .help = "a text\nin two lines"},
    {"optional", 'O', FLAG_OPTIONAL, AT(optional), "FILE", .help = "maybe"},
    {"number", 'n', FLAG_NUMBER, AT(number), "N", .help = "small", .min = 2, .max = 62},
    {"big", 0, FLAG_NUMBER, AT(big), "N", .help = NULL, .max = UINT64_MAX},
    {"bytes", 0, FLAG_SIZE, AT(bytes), "SIZE", .min = 512 * 1024, .max = 1u << 30},
    {"time-that-is-long", 0, FLAG_TIME, AT(ns), "TIME", .help = "a time", .min = S,
     .max = 5 * UINT64_C(1000) * S},
    {"colour", 0, FLAG_WORD, AT(colour), "red|green|blue", .help = NULL},
    {"which", 0, FLAG_WORD, AT(is_second), "first|second", .help = NULL},
    {"custom", 0, FLAG_CUSTOM, AT(custom), "X", .help = NULL, .set = set_custom},
    {"filter", 'f', FLAG_TEXT, AT(query), "EXPR", .query = "filter"},
    {"length", 0, FLAG_NUMBER, AT(query), "N", .max = UINT32_MAX, .query = "snaplen"},
    {"help", 'h', FLAG_HELP, 0, 0, NULL, .help = NULL},
    {"version", 'V', FLAG_VERSION, 0, 0, NULL, .help = NULL},
};

static const struct flag_table table = {.rows = rows,
					.n = sizeof(rows) / sizeof(rows[0])};

static struct settings s;
static const char *operands[ARGS_MAX + 1];
static size_t n_operands;
static char mem[256];
static struct text why;

/* Splits a line at spaces; "''" is an empty argument. */
static enum flag_result
parse(const char *line)
{
	static char copy[256];
	char *argv[ARGS_MAX + 1] = {"program"};
	int argc = 1;

	strcpy(copy, line);
	for (char *arg = strtok(copy, " "); arg; arg = strtok(NULL, " ")) {
		assert_true(argc <= ARGS_MAX);
		argv[argc++] = strcmp(arg, "''") == 0 ? arg + 2 : arg;
	}
	memset(&s, 0, sizeof(s));
	text_init(&why, mem, sizeof(mem));
	return flag_parse(&table, &s, argc, argv, operands, &n_operands, &why);
}

static void
a_value_follows_equals_the_name_or_the_letter(void **state)
{
	static const char *const lines[] = {
	    "-n 7 a",	    "-n7 a",	   "-n=7 a",	  "--n 7 a",  "--number 7 a",
	    "--number=7 a", "-number=7 a", "a -number 7", "-n7 -- a", "-n 9 -n 7 a",
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(lines); i++)
		check_true(__FILE__, __LINE__, span_str(lines[i]),
			   parse(lines[i]) == FLAG_RESULT_RUN && s.number == 7 &&
			       n_operands == 1 && strcmp(operands[0], "a") == 0,
			   "number 7, operand a");
}

static void
every_kind_is_stored_in_its_member(void **state)
{
	(void)state;
	assert_int_equal(parse("-o -t x --big 18446744073709551615 --bytes 1M"),
			 FLAG_RESULT_RUN);
	assert_true(s.is_on);
	assert_string_equal(s.text, "x");
	assert_true(s.big == UINT64_MAX);
	assert_int_equal(s.bytes, 1 << 20);
	assert_int_equal(parse("--time-that-is-long 1.5m --colour blue --which second"),
			 FLAG_RESULT_RUN);
	assert_int_equal(s.ns, 90 * S);
	assert_int_equal(s.colour, BLUE);
	assert_true(s.is_second);
	assert_int_equal(parse("--custom abc --which second --which first"),
			 FLAG_RESULT_RUN);
	assert_int_equal(s.custom, 3);
	assert_false(s.is_second);
	/* nothing beside the members is written */
	assert_true(!s.is_on && !s.text && s.number == 0 && s.query.n == 0);
}

static void
an_optional_value_is_never_the_next_argument(void **state)
{
	(void)state;
	assert_int_equal(parse("-optional a"), FLAG_RESULT_RUN);
	assert_string_equal(s.optional, "");
	assert_string_equal(operands[0], "a");
	assert_int_equal(parse("--optional=b"), FLAG_RESULT_RUN);
	assert_string_equal(s.optional, "b");
	assert_int_equal(parse("-Ob"), FLAG_RESULT_RUN);
	assert_string_equal(s.optional, "b");
}

static void
a_query_keeps_the_last_value_of_each_name(void **state)
{
	(void)state;
	assert_int_equal(parse("--length 5 -f x -f y"), FLAG_RESULT_RUN);
	assert_int_equal(s.query.n, 2);
	assert_string_equal(s.query.list[0].name, "snaplen");
	assert_string_equal(s.query.list[0].value, "5");
	assert_string_equal(s.query.list[1].name, "filter");
	assert_string_equal(s.query.list[1].value, "y");
}

static void
two_dashes_end_the_flags_and_one_is_an_operand(void **state)
{
	(void)state;
	assert_int_equal(parse("-o - -- -n -- 7"), FLAG_RESULT_RUN);
	assert_int_equal(n_operands, 4);
	assert_string_equal(operands[0], "-");
	assert_string_equal(operands[1], "-n");
	assert_string_equal(operands[2], "--");
}

static void
help_and_version_end_the_parsing(void **state)
{
	(void)state;
	assert_int_equal(parse("-h --bogus"), FLAG_RESULT_HELP);
	assert_int_equal(parse("--version"), FLAG_RESULT_VERSION);
	assert_int_equal(parse("-V"), FLAG_RESULT_VERSION);
	assert_int_equal(parse("--bogus -h"), FLAG_RESULT_BAD);
}

static void
a_refusal_names_the_flag_and_the_legal_values_only(void **state)
{
	static const char *const rows_of[][2] = {
	    {"--bogus=x", "--bogus: no such option; see --help"},
	    {"-x", "-x: no such option; see --help"},
	    {"--n7", "--n7: no such option; see --help"},
	    {"-ox", "-x: no such option; see --help"},
	    {"-n", "-n: needs a value"},
	    {"--on=1", "--on: takes no value"},
	    {"-h=1", "-h: takes no value"},
	    {"--number=63", "--number: not a number from 2 to 62"},
	    {"-n1", "-n: not a number from 2 to 62"},
	    {"-nsecret", "-n: not a number from 2 to 62"},
	    {"--big -1", "--big: not a number"},
	    {"--bytes 511K", "--bytes: not a size from 512K to 1G"},
	    {"--bytes 2G", "--bytes: not a size from 512K to 1G"},
	    {"--time-that-is-long 1ms",
	     "--time-that-is-long: not a duration like 10, 1.5m or 500ms, at least 1s"},
	    {"--colour pink", "--colour: none of red, green, blue"},
	    {"--colour red|green", "--colour: none of red, green, blue"},
	    {"--which third", "--which: neither first nor second"},
	    {"--text=", "--text: not a value: it is empty"},
	    {"--filter ''", "--filter: not a value: it is empty"},
	    {"--optional=", "--optional: not a value: it is empty"},
	    {"--custom long", "--custom: not short"},
	    {"--length x", "--length: not a number"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows_of); i++) {
		check_true(__FILE__, __LINE__, span_str(rows_of[i][0]),
			   parse(rows_of[i][0]) == FLAG_RESULT_BAD, "refused");
		check_span(__FILE__, __LINE__, span_str(rows_of[i][0]), text_span(&why),
			   span_str(rows_of[i][1]), "message");
	}
}

static void
operands_are_refused_where_none_are_legal(void **state)
{
	char *argv[] = {"program", "x"};

	(void)state;
	text_init(&why, mem, sizeof(mem));
	assert_int_equal(flag_parse(&table, &s, 2, argv, NULL, &n_operands, &why),
			 FLAG_RESULT_BAD);
	assert_string_equal(text_cstr(&why), "x: not an option; see --help");
}

static void
a_setter_gets_the_context(void **state)
{
	uint32_t context = 40;

	(void)state;
	text_init(&why, mem, sizeof(mem));
	assert_true(flag_set(flag_find(&table, span_str("custom")), &s, span_str("ab"),
			     &context, &why));
	assert_int_equal(s.custom, 42);
	assert_int_equal(why.n, 0);
	assert_null(flag_find(&table, span_str("")));
	assert_null(flag_find(&table, span_str("numbers")));
}

static void
a_fault_is_a_value_that_no_text_gives(void **state)
{
	(void)state;
	assert_int_equal(parse("-n 2 --bytes 1G --time-that-is-long 1"), FLAG_RESULT_RUN);
	s.custom = UINT32_MAX;
	assert_null(flag_fault(&table, &s));
	s.number = 63;
	assert_string_equal(flag_fault(&table, &s), "number");
	s.number = 62;
	s.bytes = 1;
	assert_string_equal(flag_fault(&table, &s), "bytes");
	s.bytes = 1 << 20;
	s.colour = (enum colour)3;
	assert_string_equal(flag_fault(&table, &s), "colour");
	s.colour = BLUE;
	memset(&s.is_second, 2, 1);
	assert_string_equal(flag_fault(&table, &s), "which");
}

static void
help_has_a_line_for_each_row(void **state)
{
	const struct flag_table some = {.rows = rows, .n = 7};
	const struct flag_table two = {.rows = rows + 6, .n = 2};
	char help_mem[1024];
	struct text help;

	(void)state;
	text_init(&help, help_mem, sizeof(help_mem));
	flag_put_help(&some, "--", &help);
	assert_string_equal(text_cstr(&help), "  -o, --on               turn it on\n"
					      "  -t, --text TEXT        a text\n"
					      "                         in two lines\n"
					      "  -O, --optional[=FILE]  maybe\n"
					      "  -n, --number N         small\n"
					      "      --big N\n"
					      "      --bytes SIZE\n"
					      "      --time-that-is-long TIME\n"
					      "                         a time\n");
	help.n = 0;
	flag_put_help(&two, "-", &help);
	flag_put_query_help(&two, &help);
	assert_string_equal(text_cstr(&help), "  -time-that-is-long TIME\n"
					      "                         a time\n"
					      "  -colour red|green|blue\n"
					      "    time-that-is-long=TIME\n"
					      "                         a time\n"
					      "    colour=red|green|blue\n");
	help.n = 0;
	flag_put_row(&(struct flag){"tt", .kind = FLAG_TRUE, .help = "twice"}, "--",
		     &help);
	flag_put_row(&(struct flag){"e", .letter = 'e', .kind = FLAG_TRUE}, "--", &help);
	assert_string_equal(text_cstr(&help), "  -tt                    twice\n  -e\n");
	text_init(&help, help_mem, 40);
	flag_put_help(&some, "--", &help);
	assert_true(help.is_cut);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_value_follows_equals_the_name_or_the_letter),
	    cmocka_unit_test(every_kind_is_stored_in_its_member),
	    cmocka_unit_test(an_optional_value_is_never_the_next_argument),
	    cmocka_unit_test(a_query_keeps_the_last_value_of_each_name),
	    cmocka_unit_test(two_dashes_end_the_flags_and_one_is_an_operand),
	    cmocka_unit_test(help_and_version_end_the_parsing),
	    cmocka_unit_test(a_refusal_names_the_flag_and_the_legal_values_only),
	    cmocka_unit_test(operands_are_refused_where_none_are_legal),
	    cmocka_unit_test(a_setter_gets_the_context),
	    cmocka_unit_test(a_fault_is_a_value_that_no_text_gives),
	    cmocka_unit_test(help_has_a_line_for_each_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
