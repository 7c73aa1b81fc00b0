/* The log lines about all targets together, as they come out on standard error. */
#include "cli/report/messages.h"

#include <string.h>

#include "support/check.h"
#include "support/said.h"

#define MS  UINT64_C(1000000)
#define SEC (1000 * MS)
#define T0  (100 * SEC)

static struct view list[3];
static struct messages m;

static void
view_at(const void *of, uint32_t i, struct view *v)
{
	*v = ((const struct view *)of)[i];
}

static const struct views views = {list, 3, view_at};

static int
set_up(void **state)
{
	static const char *const names[] = {"db1", "db2", "web"};

	(void)state;
	memset(&m, 0, sizeof(m));
	memset(list, 0, sizeof(list));
	for (size_t i = 0; i < CHECK_COUNT(list); i++)
		list[i] = (struct view){.name = names[i],
					.reason = "",
					.state = VIEW_CAPTURING,
					.is_network = true,
					.has_answered = true,
					.counts = {.is_exact = true, .has_drops = true}};
	log_init("ddump", LOG_DEBUG);
	said_begin();
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	said_end();
	return 0;
}

static void
who_captures_is_said_once_and_at_each_change(void **state)
{
	(void)state;
	assert_int_equal(messages_roster_due(&m), 0);
	assert_false(messages_tell_roster(&m, &views, T0));
	assert_string_equal(said(), "ddump: capturing on 3 of 3 targets\n");
	assert_int_equal(messages_roster_due(&m), T0 + SEC);
	messages_tell_roster(&m, &views, T0 + SEC);
	assert_string_equal(said(), "");
	list[1].state = VIEW_LOST;
	list[1].reason = "the stream was cut";
	messages_tell_roster(&m, &views, T0 + 2 * SEC);
	assert_string_equal(said(), "ddump: capturing on 2 of 3 targets (db2: lost: the "
				    "stream was cut)\n");
	list[1].state = VIEW_CAPTURING;
	messages_tell_roster(&m, &views, T0 + 3 * SEC);
	assert_string_equal(said(), "ddump: capturing on 3 of 3 targets\n");
}

static void
who_never_answered_is_told_from_who_was_lost_and_who_failed(void **state)
{
	(void)state;
	list[0] = (struct view){.name = "db1",
				.reason = "connection refused",
				.state = VIEW_CONNECTING,
				.is_network = true};
	list[1].state = VIEW_FAILED;
	list[1].reason = "403 Forbidden";
	messages_tell_roster(&m, &views, T0);
	assert_string_equal(said(),
			    "ddump: capturing on 1 of 3 targets (db1: not reached yet: "
			    "connection refused; db2: 403 Forbidden)\n");
}

/* It did capture, and would be missed; the next line has it as ended. */
static void
a_target_that_ended_before_the_first_line_counts_in_it_and_not_in_the_next(void **state)
{
	(void)state;
	list[2].state = VIEW_ENDED;
	assert_true(messages_tell_roster(&m, &views, T0));
	assert_string_equal(said(), "ddump: capturing on 3 of 3 targets\n");
	assert_false(messages_tell_roster(&m, &views, T0 + SEC));
	assert_string_equal(said(), "ddump: capturing on 2 of 3 targets (web: ended)\n");
}

static void
when_all_are_over_the_summary_says_it(void **state)
{
	(void)state;
	messages_tell_roster(&m, &views, T0);
	said();
	for (size_t i = 0; i < CHECK_COUNT(list); i++)
		list[i].state = i == 0 ? VIEW_FAILED : VIEW_ENDED;
	messages_tell_roster(&m, &views, T0 + SEC);
	assert_string_equal(said(), "");
}

static void
files_alone_have_no_such_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(list); i++)
		list[i].is_network = false;
	messages_tell_roster(&m, &views, T0);
	assert_string_equal(said(), "");
}

static void
the_hold_back_is_told_when_it_changed_by_an_eighth_and_once_a_second(void **state)
{
	(void)state;
	m.hold_back_ns = 200 * MS;
	messages_tell_hold_back(&m, 225 * MS, "db1", T0);
	assert_string_equal(said(), "");
	messages_tell_hold_back(&m, 226 * MS, "db1", T0);
	assert_string_equal(said(),
			    "ddump: hold-back from 200 ms to 226 ms: db1 delivers in "
			    "bursts\n");
	messages_tell_hold_back(&m, 900 * MS, "db1", T0 + SEC - 1);
	assert_string_equal(said(), "");
	messages_tell_hold_back(&m, 100 * MS, NULL, T0 + SEC);
	assert_string_equal(said(), "ddump: hold-back from 226 ms to 100 ms\n");
}

static void
a_packet_of_the_future_is_named_with_its_time(void **state)
{
	(void)state;
	messages_tell_ahead("db1", false, UINT64_C(1700000000) * SEC);
	assert_string_equal(
	    said(),
	    "ddump: warning: db1: a packet has the time 2023-11-14T22:13:20.00Z, ahead "
	    "of now by more than its clock is known to be off: packets like this "
	    "one are counted as ahead\n");
	messages_tell_ahead("a.pcap", true, UINT64_C(1700000000) * SEC);
	assert_non_null(strstr(said(), "Z, more than a day ahead of those before it: "));
}

static void
the_summary_is_a_table_and_what_was_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(list); i++)
		list[i].counts.received = list[i].counts.written = 10000 + i;
	messages_tell_summary(&views);
	assert_string_equal(said(),
			    "ddump: target  received  written  dropped  late  bytes\n"
			    "ddump: db1       10,000   10,000        0     0    0 B\n"
			    "ddump: db2       10,001   10,001        0     0    0 B\n"
			    "ddump: web       10,002   10,002        0     0    0 B\n"
			    "ddump: total     30,003   30,003        0     0    0 B\n");
	messages_tell_written(&views, 8712345, span_str("cap.pcap"));
	assert_string_equal(said(), "ddump: wrote 30,003 packets, 8.7 MB to cap.pcap\n");
}

static void
where_no_target_ever_answered_there_is_no_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(list); i++) {
		list[i].state = VIEW_FAILED;
		list[i].has_answered = false;
	}
	messages_tell_roster(&m, &views, T0);
	messages_tell_summary(&views);
	assert_string_equal(said(), "");
	list[1].has_answered = true;
	messages_tell_summary(&views);
	assert_non_null(strstr(said(), "ddump: db2 "));
}

static void
who_has_not_answered_is_named(void **state)
{
	(void)state;
	assert_false(messages_tell_missing(&views));
	list[0].state = list[2].state = VIEW_CONNECTING;
	assert_true(messages_tell_missing(&views));
	assert_string_equal(said(), "ddump: waiting for db1 and web: no answer yet\n");
	list[2].reason = "no such host"; /* --wait: this was said */
	assert_true(messages_tell_missing(&views));
	assert_string_equal(said(), "ddump: waiting for db1: no answer yet\n");
}

static void
of_a_refusal_the_roster_has_the_status_and_the_same_one_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		list[i].state = VIEW_FAILED;
		list[i].reason = "400 Bad Request: syntax error";
	}
	messages_tell_roster(&m, &views, T0);
	assert_string_equal(
	    said(),
	    "ddump: capturing on 1 of 3 targets (db1 and db2: 400 Bad Request)\n");
	list[1].reason = "TLS: certificate expired";
	messages_tell_roster(&m, &views, T0 + SEC);
	assert_string_equal(said(), "ddump: capturing on 1 of 3 targets (db1: 400 Bad "
				    "Request; db2: TLS: certificate expired)\n");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(who_captures_is_said_once_and_at_each_change),
	    TEST(who_never_answered_is_told_from_who_was_lost_and_who_failed),
	    TEST(
		a_target_that_ended_before_the_first_line_counts_in_it_and_not_in_the_next),
	    TEST(when_all_are_over_the_summary_says_it),
	    TEST(files_alone_have_no_such_line),
	    TEST(the_hold_back_is_told_when_it_changed_by_an_eighth_and_once_a_second),
	    TEST(a_packet_of_the_future_is_named_with_its_time),
	    TEST(the_summary_is_a_table_and_what_was_written),
	    TEST(where_no_target_ever_answered_there_is_no_table),
	    TEST(who_has_not_answered_is_named),
	    TEST(of_a_refusal_the_roster_has_the_status_and_the_same_one_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
