/* The worker's command line: defaults, bounds, and what is refused. */
#include "worker/launcher/opts.h"

#include <string.h>

#include "support/check.h"

#define ARGS_MAX 12

static struct opts o;
static char mem[256];
static struct text why;

/* Splits a line at semicolons. */
static enum flag_result
parse(const char *line)
{
	static char copy[512];
	char *argv[ARGS_MAX + 1] = {"ddump-worker"};
	int argc = 1;

	strcpy(copy, line);
	for (char *arg = strtok(copy, ";"); arg; arg = strtok(NULL, ";")) {
		assert_true(argc <= ARGS_MAX);
		argv[argc++] = arg;
	}
	text_init(&why, mem, sizeof(mem));
	return opts_parse(&o, argc, argv, &why);
}

static void
without_flags_the_defaults_hold(void **state)
{
	(void)state;
	assert_int_equal(parse(""), FLAG_RESULT_RUN);
	assert_string_equal(o.listen, ":8475");
	assert_int_equal(net_port(&o.address), 8475);
	assert_int_equal(o.max_captures, 16);
	assert_int_equal(o.max_connections, 1024);
	assert_int_equal(o.max_buffer, 64 << 20);
	assert_int_equal(o.max_snaplen, SAVEFILE_SNAPLEN_MAX);
	assert_int_equal(o.max_duration_ns, 0);
	assert_int_equal(o.unix_mode, 0660);
	assert_string_equal(o.allow_hosts, "");
	assert_string_equal(o.interfaces, "");
}

static void
flags_are_read_into_numbers(void **state)
{
	(void)state;
	assert_int_equal(parse("-listen;[::1]:80;--max-captures=62;-max-buffer;512K"),
			 FLAG_RESULT_RUN);
	assert_int_equal(net_port(&o.address), 80);
	assert_int_equal(o.max_captures, 62);
	assert_int_equal(o.max_buffer, 512 << 10);
	assert_int_equal(parse("-unix-mode=7;-unix-mode;0600;-interfaces=eth0, lo;-q;-v"),
			 FLAG_RESULT_RUN);
	assert_int_equal(o.unix_mode, 0600);
	assert_string_equal(o.interfaces, "eth0, lo");
	assert_true(o.is_quiet && o.is_verbose && !o.is_json_log);
	assert_int_equal(parse("-exclude;udp;-exclude=icmp;-log-format;json;-resolve"),
			 FLAG_RESULT_RUN);
	assert_int_equal(o.n_excludes, 2);
	assert_string_equal(o.excludes[1], "icmp");
	assert_true(o.is_json_log && o.may_resolve && !o.wants_check);
	assert_int_equal(parse("-check;-max-duration;1h;-allow-host;a,b"),
			 FLAG_RESULT_RUN);
	assert_true(o.wants_check);
	assert_true(o.max_duration_ns == 3600 * UINT64_C(1000000000));
	assert_string_equal(o.allow_hosts, "a,b");
	assert_int_equal(parse("-help"), FLAG_RESULT_HELP);
	assert_int_equal(parse("-V"), FLAG_RESULT_VERSION);
}

static void
what_cannot_be_is_refused(void **state)
{
	static const char *const lines[][2] = {
	    {"x", "x: not an option"},
	    {"-listen;x:y:z", "-listen: "},
	    {"-listen;:1;-stdio", "-stdio and -listen exclude each other"},
	    {"-stdio", NULL},
	    {"-max-captures;63", "not a number from 1 to 62"},
	    {"-max-connections;0", "not a number from 1 to 65535"},
	    {"-max-buffer;2G", "not a size from 512K to 1G"},
	    {"-max-snaplen;262145", "not a number from 1 to 262144"},
	    {"-max-duration;x", "not a duration"},
	    {"-unix-mode;8", "not an octal mode"},
	    {"-unix-mode;1000", "not an octal mode"},
	    {"-unix-mode;00600", "not an octal mode"},
	    {"-unix-mode=", "not an octal mode"},
	    {"-exclude; ", "an empty filter"},
	    {"-exclude;1;-exclude;2;-exclude;3;-exclude;4;-exclude=5;-exclude=6;"
	     "-exclude=7;-exclude=8",
	     NULL},
	    {"-exclude=1;-exclude=2;-exclude=3;-exclude=4;-exclude=5;-exclude=6;"
	     "-exclude=7;-exclude=8;-exclude=9",
	     "at most 8"},
	    {"-interfaces=", "not a list of at most 32 interface names"},
	    {"-interfaces;a,,b", "not a list"},
	    {"-interfaces;any", "not a list"},
	    {"-interfaces;0123456789abcdef", "not a list"},
	    {"-interfaces;0123456789abcde", NULL},
	    {"-interfaces;a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a",
	     NULL},
	    {"-interfaces;a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a",
	     "not a list"},
	    {"-allow-host=", "-allow-host: "},
	    {"-log-format;xml", "neither text nor json"},
	    {"-q=1", "takes no value"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(lines); i++) {
		enum flag_result rc = parse(lines[i][0]);
		const char *says = lines[i][1];

		check_true(__FILE__, __LINE__, span_str(lines[i][0]),
			   rc == (says ? FLAG_RESULT_BAD : FLAG_RESULT_RUN), "result");
		check_true(__FILE__, __LINE__, span_str(lines[i][0]),
			   !says || strstr(text_cstr(&why), says), text_cstr(&why));
	}
}

static void
help_fits_its_memory_and_a_terminal(void **state)
{
	char help_mem[OPTS_HELP_MAX];
	struct text help;

	(void)state;
	text_init(&help, help_mem, sizeof(help_mem));
	opts_put_help(&help);
	assert_non_null(strstr(text_cstr(&help), "\n  -max-captures N        limit"));
	assert_false(help.is_cut);
	for (struct span rest = text_span(&help); rest.n > 0;) {
		struct span line = span_split(&rest, '\n');

		check_true(__FILE__, __LINE__, line, line.n <= 80, "80 columns");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_flags_the_defaults_hold),
	    cmocka_unit_test(flags_are_read_into_numbers),
	    cmocka_unit_test(what_cannot_be_is_refused),
	    cmocka_unit_test(help_fits_its_memory_and_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
