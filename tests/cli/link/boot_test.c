/* What is started on a host, by what its shell says. */
#include "cli/link/boot.h"

#include <string.h>

#include "support/check.h"

#define NONCE "0123456789abcdef"
#define US    "DDUMP1 " NONCE " "
#define X64                                       \
	US "elf 7f454c46020101000000000000000000" \
	   "03003e00"                             \
	   "\n"
#define ARM                                       \
	US "elf 7f454c46020101000000000000000000" \
	   "0300b700"                             \
	   "\n"
#define ROOT US "host 0 Linux x86_64 10.0.0.1 5000 10.0.0.2 22\n"
#define ANN  US "host 1000 Linux x86_64 10.0.0.1 5000 10.0.0.2 22\n"
#define W    US "worker is /usr/sbin/ddump-worker ddump-worker 0.1.0\n"
#define T    US "tcpdump is /usr/bin/tcpdump tcpdump version 4.99\n"
#define ASK  US "ask Linux\n"

static const uint8_t image[64] = {0x7f, 'E', 'L', 'F', 2, 1, [18] = 62};
static struct boot boot;

static struct boot_options
options_of(const char *sudo, enum boot_via via)
{
	return (struct boot_options){.nonce = NONCE,
				     .script = span_str("script"),
				     .image = span_of(image, sizeof(image)),
				     .sudo = span_str(sudo),
				     .via = via,
				     .filter = span_str("icmp"),
				     .arguments = span_str("-i any")};
}

/* Takes what was sent away, then feeds all. */
static enum boot_result
feed(const char *lines)
{
	enum boot_result result = BOOT_MORE;

	boot_note_sent(&boot, boot_unsent(&boot).n);
	while (*lines && result == BOOT_MORE)
		result = boot_feed(&boot, *lines++);
	if (result != BOOT_MORE)
		assert_int_equal(*lines, '\0');
	return result;
}

static void
what_is_started_follows_from_what_is_there(void **state)
{
	static const char tunnel[] =
	    "not (tcp and host 10.0.0.1 and port 5000 and host 10.0.0.2 and port 22) and (icmp)";
	static const struct {
		int line;
		const char *sudo;
		enum boot_via via;
		const char *lines;
		const char *begins; /* what is sent then; NULL: refused */
	} rows[] = {
	    {__LINE__, "no", BOOT_AUTO, ROOT X64 W T ASK, "run 0 is\n"},
	    {__LINE__, "no", BOOT_AUTO, ROOT X64 T ASK, "put 64 none\n"},
	    {__LINE__, "no", BOOT_AUTO, ROOT T ASK, "put 64 none\n"}, /* by uname */
	    {__LINE__, "no", BOOT_AUTO, ROOT ARM T ASK, "dump 82 is -i any\nnot (tcp"},
	    {__LINE__, "no", BOOT_AUTO, ROOT ARM W T ASK, "run 0 is\n"},
	    {__LINE__, "no", BOOT_TCPDUMP, ROOT X64 W T ASK,
	     "dump 82 is -i any\nnot (tcp"},
	    {__LINE__, "no", BOOT_WORKER, ROOT ARM T ASK, NULL},
	    {__LINE__, "no", BOOT_AUTO, ROOT ARM ASK, NULL},
	    {__LINE__, "no", BOOT_AUTO, ANN X64 US "any none\n" ASK, NULL},
	    {__LINE__, "auto", BOOT_AUTO, ANN X64 US "any sudo_-n\n" ASK,
	     "put 64 sudo_-n\n"},
	    {__LINE__, "auto", BOOT_AUTO,
	     ANN X64 US "any none\n" US "tcpdump sudo_-n /usr/bin/tcpdump 4.99\n" ASK,
	     "dump 82 sudo_-n -i any\n"},
	    /* it may have the capability itself */
	    {__LINE__, "no", BOOT_AUTO, ANN X64 US "worker none /w 0.1\n" ASK,
	     "run 0 none\n"},
	};

	(void)state;
	assert_int_equal(sizeof(tunnel) - 1, 82);
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct boot_options o = options_of(rows[i].sudo, rows[i].via);
		enum boot_result result;
		struct span sent;

		boot_init(&boot, &o);
		result = feed(rows[i].lines);
		sent = boot_unsent(&boot);
		check_true(__FILE__, rows[i].line, span_str(rows[i].lines),
			   result == (rows[i].begins ? BOOT_MORE : BOOT_REFUSED),
			   "result");
		if (rows[i].begins)
			check_true(__FILE__, rows[i].line, sent,
				   span_starts(sent, span_str(rows[i].begins)), "sent");
		else
			check_true(__FILE__, rows[i].line, span_str(boot.reason),
				   boot.advice != NULL, "advice");
	}
}

static void
the_image_goes_when_its_folder_is_there(void **state)
{
	struct boot_options o = options_of("no", BOOT_AUTO);

	(void)state;
	boot_init(&boot, &o);
	assert_int_equal(feed(ROOT X64 ASK), BOOT_MORE);
	assert_int_equal(feed(US "put /dev/shm/ddump.x\n"), BOOT_MORE);
	assert_int_equal(boot_unsent(&boot).n, sizeof(image));
	assert_int_equal(feed(US "start /proc/1/fd/3\n"), BOOT_HTTP);
	assert_string_equal(boot.peer, "10.0.0.1:5000");
	assert_non_null(strstr(boot.how, "removed at once from /dev/shm/ddump.x"));
	assert_int_equal(boot_unsent(&boot).n, 0);
}

/* Without the nonce it is anybody's. */
static void
other_lines_are_nothing(void **state)
{
	struct boot_options o = options_of("no", BOOT_TCPDUMP);

	(void)state;
	boot_init(&boot, &o);
	assert_int_equal(feed("DDUMP1 0000000000000000 fail no\nfail\n\r\nDDUMP1\n"
			      "DDUMP1 0123456789abcde fail no\n"),
			 BOOT_MORE);
	assert_false(boot.is_known);
	assert_int_equal(feed(ROOT T ASK US "start tcpdump\n"), BOOT_DUMP);
	boot_init(&boot, &o);
	for (size_t i = 0; i < BOOT_NOISE_MAX; i++)
		assert_int_equal(boot_feed(&boot, 'x'), BOOT_MORE);
	assert_int_equal(boot_feed(&boot, 'x'), BOOT_REFUSED);
}

/* They go into a filter, a header field and a message. */
static void
no_byte_of_a_host_is_trusted(void **state)
{
	static const char *const rows[] = {
	    US "host 0 Linux x86_64 10.0.0.1 5000 10.0.0.2 22)or(1\n",
	    US "host 0 Linux x86_64 10.0.0.1\"; 5000 10.0.0.2 22\n",
	    US "host 0 Linux x86_64 10.0.0.1 5000 10.0.0.2\n",
	    US "host 0 Linux x86_64 10.0.0.1 123456 10.0.0.2 22\n",
	    US "host 0 Linux x86_64\n",
	};
	struct boot_options o = options_of("no", BOOT_AUTO);

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		boot_init(&boot, &o);
		feed(rows[i]);
		check_span(__FILE__, __LINE__, span_str(rows[i]), span_str(boot.peer),
			   span_str(""), "peer");
		check_span(__FILE__, __LINE__, span_str(rows[i]), span_str(boot.tunnel),
			   span_str(""), "tunnel");
	}
	boot_init(&boot, &o);
	feed(US "host 0 Linux x86_64 fe80::1%eth0 50396 fe80::2%eth0 22\n");
	assert_string_equal(boot.peer, "[fe80::1]:50396");
	assert_int_equal(feed(US "fail why \033[31m\n"), BOOT_REFUSED);
	assert_string_equal(boot.reason, "why \\x1b[31m");
}

static void
the_script_has_its_variables_quoted(void **state)
{
	struct boot_options o = options_of("a 'b'", BOOT_AUTO);
	struct span sent;

	(void)state;
	boot_init(&boot, &o);
	sent = boot_unsent(&boot);
	check_span(__FILE__, __LINE__, sent, sent,
		   span_str("N=" NONCE " S='a '\\''b'\\''' W=''\nscript"), "script");
	assert_int_equal(boot_script_size(&boot), sent.n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_started_follows_from_what_is_there),
	    cmocka_unit_test(the_image_goes_when_its_folder_is_there),
	    cmocka_unit_test(other_lines_are_nothing),
	    cmocka_unit_test(no_byte_of_a_host_is_trusted),
	    cmocka_unit_test(the_script_has_its_variables_quoted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
