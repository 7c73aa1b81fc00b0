/* From arguments to targets: what is refused, what a dns+ name becomes, by the real
 * resolver, which is asked for addresses only. */
#include "cli/run/expand.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/check.h"
#include "support/said.h"
#include "sys/clock.h"
#include "sys/log.h"

static const char *arguments[4];
static struct options options = {.targets = arguments};
static struct expand e;
static struct loop loop;
static struct loop_watch watch;
static struct resolve resolve;
static bool is_stopped;

static int
set_up(void **state)
{
	(void)state;
	memset(&e, 0, sizeof(e));
	options.netrc = NULL;
	options.connect_ns = UINT64_C(20000000000);
	is_stopped = false;
	said_begin();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	free(e.targets);
	said_end();
	return 0;
}

static enum app_status
parse(const char *first, const char *second, const char *third)
{
	arguments[0] = first;
	arguments[1] = second;
	arguments[2] = third;
	options.n_targets = third ? 3 : second ? 2 : 1;
	return expand_parse(&e, &options);
}

static void
each_argument_is_one_target_with_a_name_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(parse("web=https://a/x", "b:1", "b:2"), APP_OK);
	assert_int_equal(e.n, 3);
	assert_string_equal(e.targets[0].name, "web");
	assert_string_equal(e.targets[1].name, "b:1");
	assert_string_equal(e.targets[2].name, "b:2");
	assert_string_equal(said(), "");
}

static void
all_arguments_that_are_wrong_are_named(void **state)
{
	const char *text;

	(void)state;
	assert_int_equal(parse("k8s://a", "b", "http://c:99999"), APP_USAGE);
	text = said();
	assert_non_null(strstr(text, "k8s://a: "));
	assert_non_null(strstr(text, "http://c:99999"));
	assert_null(strstr(text, "error: b: "));
}

static void
the_same_target_twice_is_refused_without_its_password(void **state)
{
	const char *text;

	(void)state;
	assert_int_equal(parse("http://me:secret@A:8475/capture", "x", "a"), APP_USAGE);
	text = said();
	assert_non_null(strstr(text, "given twice, as http://A:8475/capture and a"));
	assert_null(strstr(text, "secret"));
}

static void
a_label_that_is_another_targets_name_is_refused(void **state)
{
	(void)state;
	assert_int_equal(parse("b=http://a", "b", NULL), APP_USAGE);
	assert_non_null(strstr(said(), "the label is the name of another target"));
}

static void
a_netrc_file_that_cannot_be_read_is_refused(void **state)
{
	(void)state;
	options.netrc = "/nonexistent/netrc";
	assert_int_equal(parse("a", NULL, NULL), APP_USAGE);
	assert_non_null(strstr(said(), "--netrc"));
}

static void
on_answer(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct resolve_request *q;

	(void)w;
	(void)ready;
	(void)now_ns;
	while ((q = resolve_take(&resolve)) != NULL)
		expand_take(&e, q);
}

static enum app_status
look_up(void)
{
	return expand_names(&e, &loop, &resolve, &is_stopped);
}

static void
an_address_of_a_name_is_a_target_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(parse("dns+http://127.0.0.1:9/x", "b", "pods=dns+http://[::1]"),
			 APP_OK);
	assert_int_equal(look_up(), APP_OK);
	assert_int_equal(e.n, 3);
	assert_string_equal(e.targets[0].address, "127.0.0.1");
	assert_int_equal(e.targets[0].port, 9);
	assert_string_equal(e.targets[1].name, "b");
	assert_string_equal(e.targets[2].address, "::1");
	assert_non_null(strstr(e.targets[2].name, "pods"));
}

static void
an_address_that_was_given_already_is_captured_once(void **state)
{
	(void)state;
	assert_int_equal(parse("dns+http://127.0.0.1", "http://127.0.0.1", NULL), APP_OK);
	assert_int_equal(look_up(), APP_OK);
	assert_int_equal(e.n, 1);
	assert_non_null(strstr(said(), "captured once"));
}

static void
without_names_nobody_is_asked(void **state)
{
	const struct target *before;

	(void)state;
	assert_int_equal(parse("a", "b", NULL), APP_OK);
	before = e.targets;
	assert_int_equal(look_up(), APP_OK);
	assert_ptr_equal(e.targets, before);
}

static void
a_name_without_an_answer_in_time_stays_with_its_reason(void **state)
{
	struct resolve_request *q = NULL;

	(void)state;
	options.connect_ns = 0;
	assert_int_equal(parse("dns+http://127.0.0.1", "b", NULL), APP_OK);
	assert_int_equal(look_up(), APP_OK);
	assert_int_equal(e.n, 2);
	assert_true(target_is_all(&e.targets[0]));
	assert_string_equal(e.targets[0].reason, "name look-up: no answer in time");
	for (int i = 0; i < 2000 && !q; i++) {
		q = resolve_take(&resolve);
		usleep(5000);
	}
	assert_non_null(q);
	expand_take(&e, q); /* nobody waits for it: it is freed */
}

static void
a_user_who_wants_no_more_ends_the_wait(void **state)
{
	struct resolve_request *q = NULL;

	(void)state;
	is_stopped = true;
	assert_int_equal(parse("dns+http://127.0.0.1", NULL, NULL), APP_OK);
	assert_int_equal(look_up(), APP_OK);
	assert_int_equal(e.n, 1);
	assert_non_null(e.targets[0].reason);
	for (int i = 0; i < 2000 && !q; i++) {
		q = resolve_take(&resolve);
		usleep(5000);
	}
	expand_take(&e, q);
}

static void
a_name_that_is_too_long_is_never_asked_for(void **state)
{
	char long_name[400] = "dns+http://";

	(void)state;
	memset(long_name + 11, 'a', 300);
	if (parse(long_name, NULL, NULL) != APP_OK)
		return; /* refused even before */
	assert_int_equal(look_up(), APP_OK);
	assert_non_null(strstr(e.targets[0].reason, "too long"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(each_argument_is_one_target_with_a_name_of_its_own),
	    TEST(all_arguments_that_are_wrong_are_named),
	    TEST(the_same_target_twice_is_refused_without_its_password),
	    TEST(a_label_that_is_another_targets_name_is_refused),
	    TEST(a_netrc_file_that_cannot_be_read_is_refused),
	    TEST(an_address_of_a_name_is_a_target_of_its_own),
	    TEST(an_address_that_was_given_already_is_captured_once),
	    TEST(without_names_nobody_is_asked),
	    TEST(a_name_without_an_answer_in_time_stays_with_its_reason),
	    TEST(a_user_who_wants_no_more_ends_the_wait),
	    TEST(a_name_that_is_too_long_is_never_asked_for),
	};

	log_init("ddump", LOG_WARNING);
	watch.on_ready = on_answer;
	if (resolve_init(&resolve, AF_UNSPEC) < 0 || loop_init(&loop) < 0 ||
	    loop_add(&loop, &watch, resolve.fd, LOOP_IN) < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
