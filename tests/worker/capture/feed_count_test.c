/* What a capture tells of itself: to the slot and to its client, the same. */
#include "worker/capture/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pcap/savefile_reader.h"
#include "support/check.h"

/* libpcap is not in unit tests: these are the kernel's counters. */
static struct capture_statistics kernel;

void
capture_statistics(struct capture *c, struct capture_statistics *out)
{
	(void)c;
	*out = kernel;
}

struct world {
	struct request r;
	struct slot slot;
	struct feed_task task;
	struct feed feed;
	struct stream stream;
};

/* 1000 packets matched: 700 for the client, 120 own, 80 behind the end, and of the rest a
 * loop test let 60 go and the kernel dropped 40. */
static struct world *
new_world(void)
{
	struct world *w = calloc(1, sizeof(*w));
	struct stream_options o = {.is_ng = true, .linktype = SAVEFILE_LINKTYPE_SLL2};

	assert_non_null(w);
	kernel = (struct capture_statistics){.received = 1000, .dropped = 40};
	w->r.format = REQUEST_PCAPNG;
	w->feed.task = &w->task;
	w->task.r = &w->r;
	w->task.slot = &w->slot;
	w->task.bell = -1;
	w->task.stream = &w->stream;
	for (unsigned i = 0; i < 960; i++) {
		if (i < 80)
			feed_count_behind(&w->feed.count);
		else if (i < 200)
			feed_count_own(&w->feed.count, 100);
		else if (i < 260)
			feed_count_let_go(&w->feed.count);
		else
			feed_count_packet(&w->feed.count, 60);
	}
	w->feed.phase = FEED_LEAVING;
	w->feed.end = SLOT_END_STOPPED;
	stream_init(&w->stream, &o);
	stream_begin(&w->stream);
	stream_put_file_head(&w->stream, span_str(""), 0, span_str("any"), span_str(""),
			     span_str("Linux"), span_str("ddump-worker/0"));
	stream_commit(&w->stream);
	return w;
}

/* The last statistics block of interface 0 in what goes to the client. */
static struct savefile_statistics
told_to_client(const struct world *w, char comment[static SAVEFILE_COMMENT_MAX])
{
	static struct savefile_reader reader;
	struct span in = buf_readable(&w->stream.queue);
	struct savefile_statistics last = {.time_ns = 0};
	struct savefile_out out;
	enum savefile_event event;

	savefile_reader_init(&reader);
	while ((event = savefile_reader_feed(&reader, &in, &out)) != SAVEFILE_MORE) {
		assert_int_not_equal(event, SAVEFILE_BAD);
		if (event != SAVEFILE_STATISTICS)
			continue;
		last = out.statistics;
		snprintf(comment, SAVEFILE_COMMENT_MAX, "%.*s", (int)last.comment.n,
			 last.comment.n > 0 ? (const char *)last.comment.p : "");
	}
	return last;
}

static void
slot_and_client_are_told_the_same(void **state)
{
	struct world *w = new_world();
	char comment[SAVEFILE_COMMENT_MAX];
	struct savefile_statistics s;

	(void)state;
	feed_count_publish_last(&w->feed);
	feed_count_put_last(&w->feed);
	s = told_to_client(w, comment);
	assert_int_equal(w->slot.packets, 700);
	assert_int_equal(w->slot.own_packets, 120);
	assert_int_equal(w->slot.own_bytes, 12000);
	assert_int_equal(w->slot.dropped, 100); /* what a loop test let go is lost, too */
	assert_int_equal(w->slot.offered, 920);
	assert_int_equal(w->slot.offered,
			 w->slot.packets + w->slot.own_packets + w->slot.dropped);
	assert_int_equal(w->slot.end, SLOT_END_STOPPED);
	assert_true(w->slot.is_counted);
	assert_int_equal(s.osdrop, w->slot.dropped);
	assert_int_equal(s.accept, w->slot.offered);
	assert_int_equal(s.usrdeliv, w->slot.packets);
	assert_string_equal(comment, "stopped: stopped by its client");
	free(w);
}

static void
a_heartbeat_tells_drops_and_no_end(void **state)
{
	struct world *w = new_world();
	char comment[SAVEFILE_COMMENT_MAX];
	struct savefile_statistics s;

	(void)state;
	w->feed.phase = FEED_RUNNING;
	w->feed.empty_real_ns = UINT64_C(1700000000000000000);
	feed_count_publish(&w->feed);
	feed_count_put_heartbeat(&w->feed);
	s = told_to_client(w, comment);
	assert_int_equal(s.osdrop, 100);
	assert_int_equal(s.has & (SAVEFILE_HAS_USRDELIV | SAVEFILE_HAS_ACCEPT), 0);
	assert_int_equal(s.time_ns, UINT64_C(1700000000000000000) - 25000000);
	assert_string_equal(comment, "");
	assert_false(w->slot.is_counted);
	free(w);
}

static void
ends_are_told_in_words_to_act_on(void **state)
{
	static const struct {
		int line;
		enum slot_end end;
		const char *interface;
		const char *new_interface;
		const char *want;
	} rows[] = {
	    {__LINE__, SLOT_END_LIMIT, NULL, NULL,
	     "limit: -max-duration reached, 90.5 s"},
	    {__LINE__, SLOT_END_INTERFACE, "ppp0", NULL,
	     "interface: interface gone, ppp0"},
	    {__LINE__, SLOT_END_INTERFACE, "eth0", "ppp0",
	     "interface: interface new, ppp0"},
	    {__LINE__, SLOT_END_INTERFACE, NULL, NULL, "interface: interface gone"},
	    {__LINE__, SLOT_END_SHUTDOWN, NULL, NULL, "shutdown: worker stopped"},
	    {__LINE__, SLOT_END_COUNT, NULL, NULL, "count: count reached"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct world *w = new_world();
		char comment[SAVEFILE_COMMENT_MAX];

		w->feed.end = rows[i].end;
		w->feed.new_interface = rows[i].new_interface;
		w->r.duration_ns = UINT64_C(90500000000);
		if (rows[i].interface) {
			strcpy(w->r.interfaces[0], rows[i].interface);
			w->r.n_interfaces = 1;
		}
		feed_count_put_last(&w->feed);
		told_to_client(w, comment);
		check_span(__FILE__, rows[i].line, span_str(rows[i].want),
			   span_str(comment), span_str(rows[i].want), "comment");
		free(w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slot_and_client_are_told_the_same),
	    cmocka_unit_test(a_heartbeat_tells_drops_and_no_end),
	    cmocka_unit_test(ends_are_told_in_words_to_act_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
