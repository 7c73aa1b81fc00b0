/* From the bytes of captures to records in the merge, without sockets and clocks. */
#include "cli/source/body.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pcap/classic_write.h"
#include "pcap/ng_write.h"
#include "support/check.h"

#define S	 UINT64_C(1000000000)
#define BASE	 (1700000000 * S)
#define FAR	 (BASE + 1000000 * S)
#define BUFFER	 (64u * 1024)
#define STREAM	 (4u * 1024 * 1024)
#define HEAD	 "HTTP/1.1 200 OK\r\n"
#define CHUNKED	 HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define TO_CLOSE HEAD "\r\n"
#define PACKET	 60u
#define ETHERNET SAVEFILE_LINKTYPE_ETHERNET

struct stream {
	uint8_t *p;
	size_t n;
};

struct world {
	struct target target;
	struct interfaces interfaces;
	struct merge *merge;
	void *merge_mem;
	void *queue;
	uint64_t n_records;
	uint64_t last_ns;
	uint64_t n_statistics;
	struct body body;
};

static void
set_up(struct world *w, uint32_t linktype)
{
	struct merge_options o = {.hold_back_ns = S, .buffer_bytes = BUFFER};

	memset(w, 0, sizeof(*w));
	assert_null(target_parse(&w->target, "db1"));
	assert_true(interfaces_init(&w->interfaces, 1, linktype, true));
	w->merge_mem = malloc(merge_bytes(1));
	w->merge = merge_new(w->merge_mem, 1, &o);
	body_init(&w->body, &(struct body_options){.merge = w->merge,
						   .interfaces = &w->interfaces,
						   .target = &w->target});
}

static void
tear_down(struct world *w)
{
	body_fini(&w->body);
	interfaces_fini(&w->interfaces);
	free(w->merge_mem);
	free(w->queue);
}

/* What may leave the merge leaves it, and its queue gets memory. */
static void
drain(struct world *w, uint64_t now_ns)
{
	struct merge_out out;
	size_t old_bytes;
	void *mem;

	for (;;) {
		switch (merge_next(w->merge, now_ns, &out)) {
		case MERGE_RECORD:
			w->n_records++;
			w->last_ns = out.record.time_ns;
			break;
		case MERGE_GROW:
			mem = out.bytes > 0 ? malloc(out.bytes) : NULL;
			free(merge_set_memory(w->merge, 0, mem, out.bytes, &old_bytes));
			w->queue = mem;
			break;
		case MERGE_WAIT:
		case MERGE_DONE:
			return;
		}
	}
}

static void
add(struct stream *s, const void *p, size_t n)
{
	assert_true(n <= STREAM - s->n);
	memcpy(s->p + s->n, p, n);
	s->n += n;
}

static struct stream
stream_new(void)
{
	return (struct stream){malloc(STREAM), 0};
}

/* The head of a capture of our worker's. */
static void
add_ng_head(struct stream *s)
{
	uint8_t mem[NG_INTERFACE_MAX];
	struct savefile_interface i = {.linktype = ETHERNET,
				       .snaplen = SAVEFILE_SNAPLEN_MAX,
				       .name = span_str("eth0")};

	add(s, mem,
	    ng_write_section(mem, span_str(""), span_str("Linux"),
			     span_str("ddump-worker/1.0")));
	add(s, mem, ng_write_interface(mem, &i));
}

static void
add_ng_packet(struct stream *s, uint64_t time_ns)
{
	struct savefile_record r = {
	    .time_ns = time_ns, .caplen = PACKET, .origlen = PACKET};
	uint8_t head[NG_PACKET_HEAD];
	uint8_t tail[NG_PACKET_TAIL_MAX];
	uint8_t bytes[PACKET] = {0};

	ng_write_packet_head(head, &r, NULL);
	add(s, head, sizeof(head));
	add(s, bytes, sizeof(bytes));
	add(s, tail, ng_write_packet_tail(tail, &r, NULL));
}

static void
add_ng_statistics(struct stream *s, uint64_t time_ns, bool is_last, const char *comment)
{
	struct savefile_statistics st = {.time_ns = time_ns,
					 .has = is_last ? SAVEFILE_HAS_USRDELIV : 0,
					 .comment = span_str(comment)};
	uint8_t mem[NG_STATISTICS_MAX];

	add(s, mem, ng_write_statistics(mem, &st));
}

/* n packets, a watermark behind each ten, and the last block. */
static void
add_ng(struct stream *s, uint64_t begin_ns, uint32_t n)
{
	add_ng_head(s);
	for (uint32_t i = 0; i < n; i++) {
		add_ng_packet(s, begin_ns + i);
		if (i % 10 == 9)
			add_ng_statistics(s, begin_ns + i + 1, false, "");
	}
	add_ng_statistics(s, begin_ns + n + 1, true, "shutdown: bye");
}

static void
add_classic(struct stream *s, uint32_t n)
{
	uint8_t head[CLASSIC_FILE_HEADER];
	uint8_t record[CLASSIC_RECORD_HEADER];
	uint8_t bytes[PACKET] = {0};

	classic_write_file_header(head, true, ETHERNET, SAVEFILE_SNAPLEN_MAX);
	add(s, head, sizeof(head));
	for (uint32_t i = 0; i < n; i++) {
		struct savefile_record r = {
		    .time_ns = BASE + i, .caplen = PACKET, .origlen = PACKET};

		classic_write_record_header(record, true, &r);
		add(s, record, sizeof(record));
		add(s, bytes, sizeof(bytes));
	}
}

/* The connection is made, and the answer's head is there. */
static void
begin(struct world *w, const char *text)
{
	static uint8_t mem[HTTP_RESPONSE_HEAD_MAX];
	struct http_response_head head;
	struct span in = span_str(text);
	struct http_client http;
	struct span data;

	body_leave(&w->body);
	body_join(&w->body, false, 0);
	http_client_init(&http, mem, sizeof(mem));
	assert_int_equal(http_client_feed(&http, &in, &head, &data),
			 HTTP_CLIENT_HEAD_DONE);
	body_begin(&w->body, &http, span_str("text/html; charset=utf-8"));
	drain(w, 0);
}

static enum body_result
feed_kept(struct world *w)
{
	enum body_result rc;

	while ((rc = body_feed(&w->body, 0, FAR)) == BODY_STATISTICS) {
		assert_in_range(w->body.statistics.time_ns, BASE, FAR);
		w->n_statistics++;
	}
	return rc;
}

static enum body_result
feed(struct world *w, const void *p, size_t n)
{
	body_put(&w->body, span_of(p, n));
	return feed_kept(w);
}

/* The merge makes room as it is needed. */
static enum body_result
feed_through(struct world *w, const void *p, size_t n)
{
	enum body_result rc = feed(w, p, n);

	drain(w, 0);
	while (rc == BODY_PARKED) {
		uint64_t before = w->n_records;

		rc = feed_kept(w);
		drain(w, 0);
		assert_true(rc != BODY_PARKED || w->n_records > before);
	}
	return rc;
}

/* As a source does: no more than there is room for, then the merge's turn. */
static enum body_result
feed_all(struct world *w, const struct stream *s, size_t most)
{
	enum body_result rc = BODY_MORE;
	size_t at = 0;

	while (rc == BODY_MORE && at < s->n) {
		size_t n = body_room(&w->body);

		assert_true(n > 0);
		n = n < most ? n : most;
		n = n < s->n - at ? n : s->n - at;
		rc = feed_through(w, s->p + at, n);
		at += n;
	}
	return rc;
}

/* As chunks of so many bytes at most. */
static struct stream
chunked(const struct stream *s, size_t most)
{
	struct stream out = stream_new();
	char line[32];

	for (size_t at = 0; at < s->n; at += most) {
		size_t n = s->n - at < most ? s->n - at : most;

		add(&out, line, (size_t)snprintf(line, sizeof(line), "%zx\r\n", n));
		add(&out, s->p + at, n);
		add(&out, "\r\n", 2);
	}
	add(&out, "0\r\n\r\n", 5);
	return out;
}

static const struct {
	int line;
	size_t most;  /* bytes at once */
	size_t chunk; /* bytes of one */
} split_rows[] = {
    {__LINE__, SIZE_MAX, SIZE_MAX / 2},
    {__LINE__, SIZE_MAX, 7},
    {__LINE__, 1, SIZE_MAX / 2},
    {__LINE__, 1, 3},
    {__LINE__, 100, 64},
};

static void
every_packet_arrives_however_the_stream_is_cut(void **state)
{
	struct stream s = stream_new();

	(void)state;
	add_ng(&s, BASE, 100);
	for (size_t i = 0; i < CHECK_COUNT(split_rows); i++) {
		struct stream c = chunked(&s, split_rows[i].chunk);
		int line = split_rows[i].line;
		struct world w;

		set_up(&w, ETHERNET);
		begin(&w, CHUNKED);
		check_u64(__FILE__, line, span_str(""),
			  feed_all(&w, &c, split_rows[i].most), BODY_ENDED, "result");
		check_u64(__FILE__, line, span_str(""), body_eof(&w.body), BODY_END_WHOLE,
			  "end");
		check_u64(__FILE__, line, span_str(""), body_received(&w.body), 100,
			  "received");
		check_u64(__FILE__, line, span_str(""), w.n_records, 100, "records");
		check_u64(__FILE__, line, span_str(""), w.last_ns, BASE + 99, "last");
		check_u64(__FILE__, line, span_str(""), w.n_statistics, 11, "statistics");
		check_u64(__FILE__, line, span_str(""), w.body.end, END_SHUTDOWN, "why");
		assert_string_equal(w.body.end_words, "bye");
		assert_int_equal(w.interfaces.n, 1);
		tear_down(&w);
		free(c.p);
	}
	free(s.p);
}

/* One read brings what the queue has no room for: it is kept, and goes when there is. */
static void
what_the_merge_has_no_room_for_is_kept(void **state)
{
	struct stream s = stream_new();
	struct world w;
	int n = 0;

	(void)state;
	add_ng(&s, BASE, 3000);
	set_up(&w, ETHERNET);
	begin(&w, TO_CLOSE);
	assert_int_equal(feed(&w, s.p, s.n), BODY_PARKED);
	memset(s.p, 0xff, s.n); /* the reader's memory is everybody's */
	assert_true(w.body.is_parked);
	assert_int_equal(body_room(&w.body), 0);
	assert_int_equal(feed_kept(&w), BODY_PARKED);
	do {
		drain(&w, 0);
		assert_true(++n < 100);
	} while (feed_kept(&w) == BODY_PARKED);
	drain(&w, 0);
	assert_in_range(n, 2, 99);
	assert_int_equal(w.n_records, 3000);
	assert_int_equal(w.last_ns, BASE + 2999);
	assert_int_equal(w.n_statistics, 301);
	assert_int_equal(body_eof(&w.body), BODY_END_WHOLE);
	assert_true(body_room(&w.body) > 0);
	tear_down(&w);
	free(s.p);
}

static void
what_is_parked_is_forgotten_with_its_connection(void **state)
{
	struct stream s = stream_new();
	struct world w;

	(void)state;
	add_ng(&s, BASE, 3000);
	set_up(&w, ETHERNET);
	begin(&w, TO_CLOSE);
	assert_int_equal(feed(&w, s.p, s.n), BODY_PARKED);
	body_drop(&w.body);
	body_leave(&w.body);
	drain(&w, 0);
	begin(&w, TO_CLOSE);
	assert_int_equal(feed_all(&w, &s, SIZE_MAX), BODY_MORE);
	assert_int_equal(body_received(&w.body), 3000);
	tear_down(&w);
	free(s.p);
}

/* Room is taken from the mean of this connection's records, not of all there ever were:
 * else a target that had sent much would never be read again. */
static void
a_reconnected_target_is_read_again(void **state)
{
	struct stream s = stream_new();
	struct world w;

	(void)state;
	add_ng(&s, BASE, 5000);
	set_up(&w, ETHERNET);
	for (uint32_t i = 1; i <= 4; i++) {
		begin(&w, TO_CLOSE);
		assert_int_equal(body_received(&w.body), 0);
		assert_true(body_room(&w.body) >= 4096);
		assert_int_equal(feed_all(&w, &s, 100), BODY_MORE);
		assert_int_equal(body_received(&w.body), 5000);
		assert_int_equal(w.n_records, i * UINT64_C(5000));
		assert_int_equal(w.body.connection, i);
		assert_int_equal(w.body.n_ids, 1);
		body_leave(&w.body);
	}
	assert_int_equal(w.interfaces.n, 1);
	tear_down(&w);
	free(s.p);
}

/* A stream of our worker's that ends without its last block is cut, wherever it ends. */
static void
a_missing_last_block_is_a_cut(void **state)
{
	struct stream s = stream_new();
	struct world w;
	size_t n_last;

	(void)state;
	add_ng_head(&s);
	add_ng_packet(&s, BASE);
	add_ng_statistics(&s, BASE + 1, false, "");
	n_last = s.n;
	add_ng_statistics(&s, BASE + 2, true, "limit: enough");
	set_up(&w, ETHERNET);
	begin(&w, TO_CLOSE);
	assert_int_equal(feed_through(&w, s.p, n_last), BODY_MORE);
	assert_int_equal(body_eof(&w.body), BODY_END_CUT);
	assert_string_equal(w.body.reason,
			    "the stream was cut: the worker's last block is missing");
	assert_non_null(w.body.advice);
	assert_int_equal(w.body.end, END_UNTOLD);

	begin(&w, TO_CLOSE);
	assert_int_equal(feed_through(&w, s.p, s.n), BODY_MORE);
	assert_int_equal(body_eof(&w.body), BODY_END_WHOLE);
	assert_int_equal(w.body.end, END_LIMIT);

	/* a packet behind it: then it was not the last */
	begin(&w, TO_CLOSE);
	add_ng_packet(&s, BASE + 3);
	assert_int_equal(feed_through(&w, s.p, s.n), BODY_MORE);
	assert_int_equal(body_eof(&w.body), BODY_END_CUT);
	tear_down(&w);
	free(s.p);
}

static void
a_cut_within_a_record_is_named(void **state)
{
	struct stream s = stream_new();
	struct world w;

	(void)state;
	add_classic(&s, 3);
	set_up(&w, ETHERNET);
	begin(&w, TO_CLOSE);
	assert_int_equal(feed_through(&w, s.p, s.n - 1), BODY_MORE);
	assert_int_equal(body_eof(&w.body), BODY_END_CUT);
	assert_int_equal(body_received(&w.body), 2);
	tear_down(&w);
	free(s.p);
}

/* Classic pcap has no last block: only the framing can prove its end. */
static void
an_end_by_close_proves_nothing(void **state)
{
	struct stream s = stream_new();
	struct stream c;
	struct world w;

	(void)state;
	add_classic(&s, 3);
	set_up(&w, ETHERNET);
	begin(&w, TO_CLOSE);
	assert_int_equal(feed_through(&w, s.p, s.n), BODY_MORE);
	assert_int_equal(body_eof(&w.body), BODY_END_UNPROVED);
	body_leave(&w.body);

	c = chunked(&s, 50);
	begin(&w, CHUNKED);
	assert_int_equal(feed_through(&w, c.p, c.n), BODY_ENDED);
	assert_int_equal(body_eof(&w.body), BODY_END_WHOLE);
	tear_down(&w);
	free(s.p);
	free(c.p);
}

/* A file is the capture itself, whole when it ends between records. */
static void
a_file_needs_no_answer(void **state)
{
	struct stream s = stream_new();
	struct world w;

	(void)state;
	add_classic(&s, 3);
	set_up(&w, ETHERNET);
	body_join(&w.body, true, 0);
	drain(&w, 0);
	assert_int_equal(feed_through(&w, s.p, s.n), BODY_MORE);
	assert_int_equal(body_eof(&w.body), BODY_END_WHOLE);
	assert_int_equal(body_received(&w.body), 3);
	assert_int_equal(w.body.newest_ns, BASE + 2);
	tear_down(&w);
	free(s.p);
}

static const struct {
	int line;
	const char *bytes;
	enum body_result result;
	enum body_end end;
	const char *reason;
} foreign_rows[] = {
    {__LINE__, "", BODY_MORE, BODY_END_OTHER,
     "the answer is no capture: text/html, empty"},
    {__LINE__, "<ht", BODY_MORE, BODY_END_OTHER,
     "the answer is no capture: text/html: \"<ht\""},
    {__LINE__, "\r\n<html>\x1b\r\n<p>", BODY_BAD, BODY_END_OTHER,
     "the answer is no capture: text/html: \"<html>\\x1b\""},
    {__LINE__, "0123456789012345678901234567890123456789012345678901234567890123456789",
     BODY_BAD, BODY_END_OTHER,
     "the answer is no capture: text/html: "
     "\"0123456789012345678901234567890123456789012345678901234567890123...\""},
};

static void
what_is_no_capture_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(foreign_rows); i++) {
		const char *bytes = foreign_rows[i].bytes;
		struct world w;
		bool is_bad;

		set_up(&w, ETHERNET);
		begin(&w, TO_CLOSE);
		is_bad = feed(&w, bytes, strlen(bytes)) == BODY_BAD;
		assert_int_equal(is_bad, foreign_rows[i].result == BODY_BAD);
		if (!is_bad)
			assert_int_equal(body_eof(&w.body), foreign_rows[i].end);
		check_true(__FILE__, foreign_rows[i].line, span_str(w.body.reason),
			   strcmp(w.body.reason, foreign_rows[i].reason) == 0, "reason");
		assert_non_null(w.body.advice);
		tear_down(&w);
	}
}

/* They are the output's to leave out: of a stream that can have no others that is the end. */
static void
packets_that_do_not_fit_pass_and_are_named(void **state)
{
	struct stream s = stream_new();
	struct world w;

	(void)state;
	add_classic(&s, 1);
	set_up(&w, SAVEFILE_LINKTYPE_RAW);
	begin(&w, TO_CLOSE);
	assert_int_equal(feed_through(&w, s.p, s.n), BODY_MORE);
	assert_int_equal(body_received(&w.body), 1);
	assert_true(w.interfaces.list[0].is_refused);
	assert_true(body_refuse_linktype(&w.body, ETHERNET));
	assert_non_null(strstr(w.body.reason, "EN10MB"));
	assert_non_null(strstr(w.body.reason, "RAW"));
	assert_string_equal(w.body.advice, "--linktype sll2 takes both");
	body_refuse_linktype(&w.body, 105);
	assert_string_equal(w.body.advice, "--format pcapng --linktype mixed takes both");
	tear_down(&w);
	free(s.p);
}

/* In one piece or in many; one that is too long is left out, and counted. */
static void
secrets_are_kept_for_the_output(void **state)
{
	static const uint8_t secrets[] = {10,  0,   0,	 0,    24, 0, 0, 0,
					  'K', 'S', 'L', 'T',  4,  0, 0, 0,
					  'a', 'b', 'c', '\n', 24, 0, 0, 0};
	uint8_t longer[12] = {10};
	struct stream s = stream_new();
	struct world w;
	size_t head;

	(void)state;
	add_ng_head(&s);
	head = s.n;
	memcpy(s.p + s.n, secrets, sizeof(secrets));
	s.n += sizeof(secrets);
	add_ng_packet(&s, BASE);
	for (size_t step = 1; step < s.n + 1; step += s.n - 1) {
		set_up(&w, ETHERNET);
		begin(&w, TO_CLOSE);
		blocks_want(&w.interfaces.blocks);
		for (size_t at = 0; at < s.n; at += step)
			assert_int_equal(feed_through(&w, s.p + at, step), BODY_MORE);
		assert_int_equal(w.interfaces.blocks.n, 1);
		assert_int_equal(w.interfaces.n_units, 2);
		assert_memory_equal(w.interfaces.blocks.list[0].p, secrets,
				    sizeof(secrets));
		tear_down(&w);
	}
	set_up(&w, ETHERNET);
	begin(&w, TO_CLOSE);
	assert_int_equal(feed_through(&w, s.p, s.n), BODY_MORE);
	assert_int_equal(w.interfaces.n_units, 1);
	tear_down(&w);

	longer[6] = 17; /* 17 * 65536 bytes */
	s.n = head;
	memcpy(s.p + s.n, longer, sizeof(longer));
	s.n += sizeof(longer);
	set_up(&w, ETHERNET);
	begin(&w, TO_CLOSE);
	blocks_want(&w.interfaces.blocks);
	feed_through(&w, s.p, s.n);
	assert_int_equal(w.interfaces.blocks.n_left_out, 1);
	tear_down(&w);
	free(s.p);
}

/* It may not drag the newest time along. */
static void
a_time_after_the_limit_is_ahead(void **state)
{
	struct stream s = stream_new();
	struct world w;

	(void)state;
	add_ng_head(&s);
	add_ng_packet(&s, BASE);
	add_ng_packet(&s, FAR + 1);
	add_ng_packet(&s, BASE + 1);
	set_up(&w, ETHERNET);
	begin(&w, TO_CLOSE);
	assert_int_equal(feed_through(&w, s.p, s.n), BODY_MORE);
	drain(&w, 0);
	assert_int_equal(w.body.newest_ns, BASE + 1);
	assert_int_equal(w.body.told_ns, BASE + 1);
	body_leave(&w.body);
	drain(&w, 0);
	assert_int_equal(merge_counts(w.merge, 0)->ahead, 1);
	tear_down(&w);
	free(s.p);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_packet_arrives_however_the_stream_is_cut),
	    cmocka_unit_test(what_the_merge_has_no_room_for_is_kept),
	    cmocka_unit_test(what_is_parked_is_forgotten_with_its_connection),
	    cmocka_unit_test(a_reconnected_target_is_read_again),
	    cmocka_unit_test(a_missing_last_block_is_a_cut),
	    cmocka_unit_test(a_cut_within_a_record_is_named),
	    cmocka_unit_test(an_end_by_close_proves_nothing),
	    cmocka_unit_test(a_file_needs_no_answer),
	    cmocka_unit_test(what_is_no_capture_is_named),
	    cmocka_unit_test(packets_that_do_not_fit_pass_and_are_named),
	    cmocka_unit_test(secrets_are_kept_for_the_output),
	    cmocka_unit_test(a_time_after_the_limit_is_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
