/* The command line: every flag, both ways to write it, and what is refused. */
#include "cli/options/options.h"

#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"
#include "support/check.h"

#define ARGS_MAX 16
#define S	 UINT64_C(1000000000)

struct parsed {
	struct options o;
	const char *targets[ARGS_MAX + 2];
	char mem[512];
	struct text why;
	enum flag_result rc;
};

/* Splits a line at spaces. */
static void
parse(struct parsed *p, const char *line)
{
	static char copy[512];
	char *argv[ARGS_MAX + 2] = {"ddump"};
	int argc = 1;

	strcpy(copy, line);
	for (char *arg = strtok(copy, " "); arg; arg = strtok(NULL, " ")) {
		assert_true(argc <= ARGS_MAX);
		argv[argc++] = arg;
	}
	text_init(&p->why, p->mem, sizeof(p->mem));
	p->rc = options_parse(&p->o, argc, argv, p->targets, &p->why);
}

static void
without_flags_the_defaults_hold(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "db1 db2:80");
	assert_int_equal(p.rc, FLAG_RESULT_RUN);
	assert_int_equal(p.o.n_targets, 2);
	assert_string_equal(p.o.targets[1], "db2:80");
	assert_null(p.o.write_path);
	assert_int_equal(p.o.count, 0);
	assert_int_equal(p.o.duration_ns, 0);
	assert_true(p.o.is_hold_back_auto);
	assert_int_equal(p.o.hold_back_ns, MERGE_HOLD_BACK_NS);
	assert_int_equal(p.o.slack_ns, MERGE_SLACK_NS);
	assert_int_equal(p.o.buffer_bytes, 64 * 1024 * 1024);
	assert_int_equal(p.o.linktype, OPTIONS_LINKTYPE_AUTO);
	assert_false(p.o.is_nano);
	assert_string_equal(p.o.format->name, "pcap");
}

static void
every_way_to_write_a_value(void **state)
{
	static const char *const lines[] = {
	    "-c 7 a",	   "-c7 a",	  "-c=7 a",	 "--c 7 a",
	    "--count 7 a", "--count=7 a", "-count 7 a",	 "-count=7 a",
	    "a -c 7",	   "-c 7 -- a",	  "-c 9 -c 7 a",
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(lines); i++) {
		struct parsed p;

		parse(&p, lines[i]);
		check_true(__FILE__, __LINE__, span_str(lines[i]),
			   p.rc == FLAG_RESULT_RUN && p.o.count == 7 &&
			       p.o.n_targets == 1 && strcmp(p.o.targets[0], "a") == 0,
			   "count 7, target a");
	}
}

static void
each_flag_is_stored_in_its_member(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "-w x.pcap -d 1.5m --hold-back 50ms --slack 0 --buffer 2M a");
	assert_string_equal(p.o.write_path, "x.pcap");
	assert_int_equal(p.o.duration_ns, 90 * S);
	assert_false(p.o.is_hold_back_auto);
	assert_int_equal(p.o.hold_back_ns, S / 20);
	assert_int_equal(p.o.slack_ns, 0);
	assert_int_equal(p.o.buffer_bytes, 2 * 1024 * 1024);
	parse(&p, "--linktype sll2 --time-stamp-precision=nano --format pcap -q a");
	assert_int_equal(p.o.linktype, OPTIONS_LINKTYPE_SLL2);
	assert_true(p.o.is_nano);
	assert_string_equal(p.o.format->name, "pcap");
	assert_true(p.o.is_quiet);
	parse(&p, "--linktype sll2 --linktype sll --require-all -v -w - a");
	assert_int_equal(p.o.linktype, OPTIONS_LINKTYPE_SLL);
	assert_true(p.o.requires_all && p.o.is_verbose);
	assert_null(p.o.write_path);
	parse(&p, "--format=pcapng --linktype native a");
	assert_string_equal(p.o.format->name, "pcapng");
	assert_int_equal(p.o.linktype, OPTIONS_LINKTYPE_NATIVE);
	parse(&p, "--linktype native --linktype auto a");
	assert_int_equal(p.o.linktype, OPTIONS_LINKTYPE_AUTO);
	parse(&p, "-f icmp -i eth0,lo -s 96 --direction in a");
	assert_int_equal(p.o.query.n, 4);
	assert_string_equal(p.o.query.list[0].name, "filter");
	assert_string_equal(p.o.query.list[0].value, "icmp");
	assert_string_equal(p.o.query.list[3].name, "direction");
	assert_string_equal(p.o.query.list[3].value, "in");
	parse(&p, "--direction out --direction inout a");
	assert_int_equal(p.o.query.n, 1);
	assert_string_equal(p.o.query.list[0].value, "inout");
	parse(&p,
	      "-ca ca.pem --cert=c -key k --key-pass-file p --tls-max 1.2 --insecure a");
	assert_string_equal(p.o.tls.ca, "ca.pem");
	assert_string_equal(p.o.tls.cert_file, "c");
	assert_string_equal(p.o.tls.key_file, "k");
	assert_string_equal(p.o.tls.key_pass_file, "p");
	assert_int_equal(p.o.tls.max, TLS_MAX_1_2);
	assert_true(p.o.tls.is_insecure);
	assert_int_equal(p.o.retry_ns, 300 * S);
	assert_null(p.o.stats_path);
	assert_int_equal(p.o.progress, OPTIONS_PROGRESS_AUTO);
	parse(&p, "--progress always a");
	assert_int_equal(p.o.progress, OPTIONS_PROGRESS_ALWAYS);
	parse(&p, "--progress never --progress=auto a");
	assert_int_equal(p.o.progress, OPTIONS_PROGRESS_AUTO);
	parse(&p, "--progress never a");
	assert_int_equal(p.o.progress, OPTIONS_PROGRESS_NEVER);
	parse(&p, "--stats-json - -w x a");
	assert_string_equal(p.o.stats_path, "-");
	parse(&p, "--stats-json y a");
	assert_string_equal(p.o.stats_path, "y");
	parse(&p, "--retry 90s a");
	assert_int_equal(p.o.retry_ns, 90 * S);
	parse(&p, "--retry 0 a");
	assert_int_equal(p.o.retry_ns, 0);
	parse(&p, "-w x.PcapNG a");
	assert_string_equal(p.o.format->name, "pcapng");
	parse(&p, "-w x.pcapng --format pcap a");
	assert_string_equal(p.o.format->name, "pcap");
	parse(&p, "-w pcapng a");
	assert_string_equal(p.o.format->name, "pcap");
	parse(&p, "-w x --rotate-size 100M --rotate-every 1h --rotate-keep 7 a");
	assert_int_equal(p.o.rotate_bytes, 100 * 1024 * 1024);
	assert_int_equal(p.o.rotate_ns, 3600 * S);
	assert_int_equal(p.o.rotate_keep, 7);
	parse(&p, "--hold-back 0 a");
	assert_int_equal(p.o.hold_back_ns, 0);
	assert_false(p.o.is_hold_back_auto);
	parse(&p, "--hold-back 1s --hold-back auto a");
	assert_int_equal(p.o.hold_back_ns, MERGE_HOLD_BACK_NS);
}

static void
flags_of_printing_are_tcpdumps_and_imply_it(void **state)
{
	static const struct {
		int line;
		const char *args;
		struct print_options want;
	} rows[] = {
	    {__LINE__, "-P a", {.time = PRINT_TIME_CLOCK}},
	    {__LINE__, "-t a", {.time = PRINT_TIME_NONE}},
	    {__LINE__, "-tt a", {.time = PRINT_TIME_EPOCH}},
	    {__LINE__, "-ttt a", {.time = PRINT_TIME_DELTA}},
	    {__LINE__, "-tttt a", {.time = PRINT_TIME_DATE}},
	    {__LINE__, "-ttttt a", {.time = PRINT_TIME_FIRST}},
	    {__LINE__, "-e -S a", {.has_link = true, .is_absolute = true}},
	    {__LINE__, "-x a", {.dump = PRINT_DUMP_HEX}},
	    {__LINE__, "-xx a", {.dump = PRINT_DUMP_HEX, .dumps_link = true}},
	    {__LINE__, "-X a", {.dump = PRINT_DUMP_BOTH}},
	    {__LINE__, "-XX a", {.dump = PRINT_DUMP_BOTH, .dumps_link = true}},
	    {__LINE__, "-A a", {.dump = PRINT_DUMP_TEXT}},
	    {__LINE__, "-AA a", {.dump = PRINT_DUMP_TEXT, .dumps_link = true}},
	};
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct print_options got;

		parse(&p, rows[i].args);
		got = options_of_print(&p.o);
		check_true(__FILE__, rows[i].line, span_str(rows[i].args),
			   p.rc == FLAG_RESULT_RUN && p.o.format == &format_text &&
			       got.time == rows[i].want.time &&
			       got.dump == rows[i].want.dump &&
			       got.dumps_link == rows[i].want.dumps_link &&
			       got.has_link == rows[i].want.has_link &&
			       got.is_absolute == rows[i].want.is_absolute,
			   "as tcpdump's");
	}
	parse(&p, "a");
	assert_ptr_not_equal(p.o.format, &format_text);
	options_use_terminal(&p.o, true);
	assert_ptr_equal(p.o.format, &format_text);
	parse(&p, "-w x a");
	options_use_terminal(&p.o, true);
	assert_ptr_not_equal(p.o.format, &format_text);
	parse(&p, "-X -w x.pcapng a");
	assert_int_equal(p.rc, FLAG_RESULT_RUN);
	assert_true(p.o.print.is_wanted);
	assert_string_equal(p.o.format->name, "pcapng");
	parse(&p, "-P --format pcapng a");
	assert_int_equal(p.rc, FLAG_RESULT_BAD);
}

static void
flags_that_fingers_know(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "-nn -l -U -p -lnU -vv a");
	assert_int_equal(p.rc, FLAG_RESULT_RUN);
	assert_true(p.o.is_verbose && !p.o.print.is_wanted);
	parse(&p, "-r x a -r /y -r - -r ../z");
	assert_int_equal(p.rc, FLAG_RESULT_RUN);
	assert_int_equal(p.o.n_targets, 5);
	assert_string_equal(p.o.targets[0], "./x");
	assert_string_equal(p.o.targets[1], "a");
	assert_string_equal(p.o.targets[2], "/y");
	assert_string_equal(p.o.targets[3], "-");
	assert_string_equal(p.o.targets[4], "../z");
	free((void *)(uintptr_t)p.o.targets[0]);
	parse(&p, "-Q in -D -k -F file -u ann:x --cacert ca.pem a");
	assert_string_equal(p.o.query.list[0].name, "direction");
	assert_string_equal(p.o.query.list[0].value, "in");
	assert_true(p.o.lists_interfaces && p.o.tls.is_insecure);
	assert_string_equal(p.o.filter_path, "file");
	assert_string_equal(p.o.user, "ann:x");
	assert_string_equal(p.o.tls.ca, "ca.pem");
	parse(&p, "-H A:b -H @c a");
	assert_int_equal(p.o.n_headers, 2);
	assert_string_equal(p.o.headers[1], "@c");
	parse(&p, "-x http://p:1 a");
	assert_string_equal(p.o.proxy, "http://p:1");
	assert_false(p.o.print.is_wanted);
	parse(&p, "--proxy= a");
	assert_string_equal(p.o.proxy, "");
	parse(&p, "--cert both.pem a");
	assert_string_equal(p.o.tls.key_file, "both.pem");
	parse(&p, "--rotate-size 64m --rotate-every 1h30m -w x a");
	assert_int_equal(p.o.rotate_bytes, 64 << 20);
	assert_true(p.o.rotate_ns == 5400 * S);
}

static void
targets_behind_the_flags(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "--targets -");
	assert_int_equal(p.rc, FLAG_RESULT_RUN);
	assert_string_equal(p.o.targets_path, "-");
	parse(&p, "-- -c 7");
	assert_int_equal(p.rc, FLAG_RESULT_RUN);
	assert_int_equal(p.o.n_targets, 2);
	assert_string_equal(p.o.targets[0], "-c");
}

static void
a_snaplen_is_a_number_or_ends_with_the_headers(void **state)
{
	static const char *const lines[] = {"-s 64 a", "-s headers a", "-s headers+64 a"};
	struct parsed p;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		parse(&p, lines[i]);
		assert_int_equal(p.rc, FLAG_RESULT_RUN);
		assert_int_equal(p.o.query.n, 1);
		assert_string_equal(p.o.query.list[0].name, "snaplen");
	}
}

static void
help_and_version(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "-h");
	assert_int_equal(p.rc, FLAG_RESULT_HELP);
	parse(&p, "--help a");
	assert_int_equal(p.rc, FLAG_RESULT_HELP);
	parse(&p, "-V");
	assert_int_equal(p.rc, FLAG_RESULT_VERSION);
	parse(&p, "-version");
	assert_int_equal(p.rc, FLAG_RESULT_VERSION);
}

/* The value of --netrc stands behind "=" or not at all. */
static void
an_optional_value_stands_behind_equals(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, "a");
	assert_null(p.o.netrc);
	parse(&p, "--netrc a -4");
	assert_int_equal(p.rc, FLAG_RESULT_RUN);
	assert_string_equal(p.o.netrc, "");
	assert_string_equal(p.o.targets[0], "a");
	assert_true(p.o.is_ipv4);
	parse(&p, "-netrc=/x a --ipv6");
	assert_string_equal(p.o.netrc, "/x");
	assert_true(p.o.is_ipv6);
}

static void
what_cannot_be_is_refused(void **state)
{
	static const char *const lines[] = {
	    "",
	    "-c",
	    "a -c",
	    "-c 0 a",
	    "-c x a",
	    "-c -1 a",
	    "--count= a",
	    "-y a",
	    "--w7 a",
	    "--bogus a",
	    "-q=1 a",
	    "--quiet=yes a",
	    "-d 0 a",
	    "-d 1w a",
	    "--hold-back never a",
	    "--buffer 1K a",
	    "--linktype ethernet a",
	    "--format erf a",
	    "--time-stamp-precision pico a",
	    "--direction both a",
	    "-key k a",
	    "--key-pass-file p a",
	    "--tls-max 1.1 a",
	    "--insecure=1 a",
	    "-s -5 a",
	    "-s header a",
	    "-s headers64 a",
	    "-s headers+ a",
	    "-s headers+x a",
	    "-f icmp -F file a",
	    "-D",
	    "-x http://p:1",
	    "-r",
	    "--user= a",
	    "-Q both a",
	    "--filter= a",
	    "--stats-json - a",
	    "--progress a",
	    "--progress maybe a",
	    "--stats-json - -w - a",
	    "--stats-json x -w x a",
	    "--netrc= a",
	    "--proxy",
	    "-4 -6 a",
	    "--ipv4=1 a",
	    "--proxxy=http://u:secret@p:1 a",
	    "--count=secret a",
	    "-csecret a",
	    "--rotate-size 1M a",
	    "-w x --rotate-keep 3 a",
	    "-w x --rotate-size 1M --rotate-keep 65536 a",
	    "-w x --rotate-size 1K a",
	    "-w x --rotate-every 999ms a",
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(lines); i++) {
		struct parsed p;

		parse(&p, lines[i]);
		check_true(__FILE__, __LINE__, span_str(lines[i]),
			   p.rc == FLAG_RESULT_BAD && p.why.n > 0, "refused, and why");
		check_true(__FILE__, __LINE__, span_str(lines[i]),
			   !strstr(text_cstr(&p.why), "secret"), "values are not shown");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_flags_the_defaults_hold),
	    cmocka_unit_test(every_way_to_write_a_value),
	    cmocka_unit_test(each_flag_is_stored_in_its_member),
	    cmocka_unit_test(flags_of_printing_are_tcpdumps_and_imply_it),
	    cmocka_unit_test(flags_that_fingers_know),
	    cmocka_unit_test(targets_behind_the_flags),
	    cmocka_unit_test(a_snaplen_is_a_number_or_ends_with_the_headers),
	    cmocka_unit_test(help_and_version),
	    cmocka_unit_test(an_optional_value_stands_behind_equals),
	    cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
