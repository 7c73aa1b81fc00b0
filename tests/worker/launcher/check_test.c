/* What -check prints, and which -exclude filters a worker starts with: for real, in a
 * network of its own. */
#include "worker/launcher/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/check.h"
#include "support/child.h"
#include "sys/log.h"

static bool has_network;

static int
print_check(void *fd)
{
	struct config config = {.interfaces = span_str("lo")};
	bool is_good;

	dup2(*(int *)fd, STDOUT_FILENO);
	is_good = check_run(&config);
	fflush(stdout);
	return is_good ? 0 : 1;
}

static void
check_says_what_the_machine_gives_and_tries_a_capture(void **state)
{
	static const char *const lines[] = {
	    "version      " DDUMP_VERSION "\n",
	    "\nlibpcap      libpcap version ",
	    "\nCAP_NET_RAW  yes\n",
	    "\nseccomp      ",
	    "\nLandlock     ",
	    "\ninterface    lo (up, mtu 65536)\n",
	    "\ncapture      works (TPACKET_V3 ring)\n",
	};
	char text[4096];
	FILE *file = tmpfile();
	int fd = fileno(file);
	size_t n;

	(void)state;
	if (!has_network)
		skip();
	assert_int_equal(child_run(print_check, &fd), 0);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	for (size_t i = 0; i < CHECK_COUNT(lines); i++)
		check_true(__FILE__, __LINE__, span_of(text, n),
			   strstr(text, lines[i]) != NULL, lines[i]);
}

static void
a_filter_that_no_capture_can_have_is_named_at_the_start(void **state)
{
	static const struct {
		int line;
		const char *filters[3];
		const char *why; /* NULL: all are good */
	} rows[] = {
	    {__LINE__, {NULL}, NULL},
	    {__LINE__, {"port 22"}, NULL},
	    {__LINE__, {"port 22", "host 192.0.2.1"}, NULL},
	    {__LINE__, {"nonsense here"}, "-exclude 'nonsense here': "},
	    {__LINE__, {"port 22", "tcp and and"}, "-exclude 'tcp and and': "},
	    {__LINE__, {"ip protochain 6"}, "needs a loop"},
	};

	(void)state;
	if (!has_network)
		skip();
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct config config = {.n_excludes = 0};
		char mem[SLOTS_WHY_SIZE];
		struct text why;
		struct span in = span_str(rows[i].filters[0] ? rows[i].filters[0] : "");

		while (rows[i].filters[config.n_excludes]) {
			config.excludes[config.n_excludes] =
			    rows[i].filters[config.n_excludes];
			config.n_excludes++;
		}
		text_init(&why, mem, sizeof(mem) - 1);
		check_true(__FILE__, rows[i].line, in,
			   check_excludes(&config, &why) == (rows[i].why == NULL),
			   text_cstr(&why));
		if (rows[i].why)
			check_true(__FILE__, rows[i].line, in,
				   strstr(text_cstr(&why), rows[i].why) != NULL,
				   text_cstr(&why));
	}
}

static void
a_long_filter_is_named_by_its_beginning(void **state)
{
	char filter[400];
	struct config config = {.excludes = {filter}, .n_excludes = 1};
	char mem[SLOTS_WHY_SIZE * 4];
	struct text why;

	(void)state;
	if (!has_network)
		skip();
	memset(filter, 'x', sizeof(filter));
	filter[sizeof(filter) - 1] = '\0';
	text_init(&why, mem, sizeof(mem) - 1);
	assert_false(check_excludes(&config, &why));
	assert_non_null(strstr(text_cstr(&why), "xx...': "));
	assert_true(why.n < SLOTS_WHY_SIZE * 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(check_says_what_the_machine_gives_and_tries_a_capture),
	    cmocka_unit_test(a_filter_that_no_capture_can_have_is_named_at_the_start),
	    cmocka_unit_test(a_long_filter_is_named_by_its_beginning),
	};

	log_init("check_test", LOG_ERROR);
	has_network = child_enter_network();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
