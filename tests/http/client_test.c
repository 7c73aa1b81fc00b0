/*
 * The client engine: transcripts of responses. "H status" head, then the body, then an
 * event: "E" end, "B" bad, "M" more; after "/" the event at the end of the transport.
 */
#include "http/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "support/check.h"
#include "support/split.h"

struct row {
	int line;
	struct span in;
	const char *want;
	const char *reason; /* a part of it, NULL when nothing is bad */
};

static struct http_response_head head;

static const char *
event_name(enum http_client_event event)
{
	switch (event) {
	case HTTP_CLIENT_MORE:
		return "M";
	case HTTP_CLIENT_END:
		return "E";
	case HTTP_CLIENT_BAD:
		return "B";
	case HTTP_CLIENT_HEAD_DONE:
		return "H";
	case HTTP_CLIENT_DATA:
		break;
	}
	return "D";
}

/* Feeds one piece until nothing more comes of it. */
static enum http_client_event
feed(struct http_client *c, struct span *in, struct text *t, const struct row *row)
{
	for (;;) {
		struct span data;
		enum http_client_event event = http_client_feed(c, in, &head, &data);

		if (event == HTTP_CLIENT_HEAD_DONE) {
			text_str(t, "H ");
			text_u64(t, head.status);
			text_str(t, " ");
			/* The head is not needed after this, and neither is its memory. */
			memset(c->mem, 'x', c->cap);
		} else if (event == HTTP_CLIENT_DATA) {
			check_true(__FILE__, row->line, row->in, data.n > 0, "no data");
			text_put(t, data);
		} else {
			check_u64(__FILE__, row->line, row->in, data.n, 0, "no data");
			return event;
		}
	}
}

static void
run_row(void *ctx, const struct span *pieces, size_t count, const char *how)
{
	const struct row *row = ctx;
	enum http_client_event event = HTTP_CLIENT_MORE;
	struct http_client c;
	uint8_t *room = calloc(1, row->in.n + 1);
	char mem[512];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	assert_non_null(room);
	http_client_init(&c, room, row->in.n + 1);
	for (size_t i = 0; i < count; i++) {
		struct span in = pieces[i];

		event = feed(&c, &in, &t, row);
		if (event == HTTP_CLIENT_MORE)
			check_u64(__FILE__, row->line, row->in, in.n, 0, "used up");
	}
	text_str(&t, event_name(event));
	text_str(&t, "/");
	text_str(&t, event_name(http_client_eof(&c)));
	check_span(__FILE__, row->line, row->in, text_span(&t), span_str(row->want), how);
	if (row->reason != NULL && strstr(c.reason, row->reason) == NULL)
		check_span(__FILE__, row->line, row->in, span_str(c.reason),
			   span_str(row->reason), how);
	free(room);
}

#define R	"HTTP/1.1 200 OK\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n\r\n"

static void
a_response_is_read_however_it_is_cut(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES(R "Content-Length: 3\r\n\r\nabc"), "H 200 abcE/E",
	     NULL},
	    {__LINE__, CHECK_BYTES(R "Content-Length: 3\r\n\r\nabcdef"), "H 200 abcE/E",
	     NULL},
	    {__LINE__, CHECK_BYTES(R "Content-Length: 0\r\n\r\n"), "H 200 E/E", NULL},
	    {__LINE__, CHECK_BYTES(R "Content-Length: 4\r\n\r\nabc"), "H 200 abcM/B",
	     "promised"},
	    {__LINE__, CHECK_BYTES(R "\r\nabc"), "H 200 abcM/E", NULL},
	    {__LINE__, CHECK_BYTES(R "\r\n"), "H 200 M/E", NULL},
	    {__LINE__, CHECK_BYTES("HTTP/1.0 200 OK\r\n\r\nabc"), "H 200 abcM/E", NULL},
	    {__LINE__, CHECK_BYTES("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na"),
	     "H 200 aE/E", NULL},
	    {__LINE__, CHECK_BYTES(R CHUNKED "3\r\nabc\r\n0\r\n\r\n"), "H 200 abcE/E",
	     NULL},
	    {__LINE__, CHECK_BYTES(R CHUNKED "3\r\nabc\r\n0\r\nA: b\r\n\r\nx"),
	     "H 200 abcE/E", NULL},
	    {__LINE__, CHECK_BYTES(R CHUNKED), "H 200 M/B", "between two chunks"},
	    {__LINE__, CHECK_BYTES(R CHUNKED "3\r\nabc\r\n"), "H 200 abcM/B",
	     "between two chunks"},
	    {__LINE__, CHECK_BYTES(R CHUNKED "3\r\nabc"), "H 200 abcM/B",
	     "inside a chunk"},
	    {__LINE__, CHECK_BYTES(R CHUNKED "3\r\nab"), "H 200 abM/B", "inside a chunk"},
	    {__LINE__, CHECK_BYTES(R CHUNKED "0\r\n"), "H 200 M/B", "inside a chunk"},
	    {__LINE__, CHECK_BYTES(R CHUNKED "3\r\nabcd"), "H 200 abcB/B", "chunked"},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 204 No\r\n\r\nabc"), "H 204 E/E", NULL},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n"),
	     "H 304 E/E", NULL},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 204 No\r\n" CHUNKED), "H 204 E/E", NULL},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 407\r\nContent-Length: 1\r\n\r\nx"),
	     "H 407 xE/E", NULL},
	    {__LINE__,
	     CHECK_BYTES("HTTP/1.1 100 Continue\r\n\r\n" R "Content-Length: 1\r\n\r\na"),
	     "H 200 aE/E", NULL},
	    {__LINE__,
	     CHECK_BYTES("HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 P\r\n\r\n" R
			 "Content-Length: 1\r\n\r\na"),
	     "H 200 aE/E", NULL},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 100 Continue\r\n\r\n"), "M/B",
	     "before a response"},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 101 Switch\r\n\r\nabc"), "B/B", "switched"},
	    {__LINE__, CHECK_BYTES("H"), "M/B", "inside the response head"},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 200 OK\r\nA: b\r\n\r"), "M/B",
	     "inside the response head"},
	    {__LINE__, CHECK_BYTES("SSH-2.0-x\r\n"), "B/B", "not HTTP"},
	    {__LINE__, CHECK_BYTES("HTTP"), "M/B", "inside the response head"},
	    {__LINE__, CHECK_BYTES("\x15\x03\x03"), "B/B", "not HTTP"},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 200 OK\n\n"), "B/B", "not HTTP"},
	    {__LINE__, CHECK_BYTES("HTTP/2.0 200 OK\r\n\r\n"), "B/B", "neither"},
	    {__LINE__, CHECK_BYTES(R "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
	     "B/B", "length"},
	    {__LINE__, CHECK_BYTES(R "Content-Length: 3\r\n" CHUNKED "0\r\n\r\n"), "B/B",
	     "length"},
	    {__LINE__, CHECK_BYTES(R "Transfer-Encoding: gzip\r\n\r\nabc"), "B/B",
	     "coding"},
	    {__LINE__, CHECK_BYTES("HTTP/1.0 200 OK\r\n" CHUNKED "0\r\n\r\n"), "B/B",
	     "coding"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		split_all(rows[i].in.p, rows[i].in.n, run_row,
			  (void *)(uintptr_t)&rows[i]);
}

static void
no_bytes_are_no_response(void **state)
{
	struct span in = {NULL, 0};
	struct http_client c;
	struct span data;
	uint8_t mem[1];

	(void)state;
	http_client_init(&c, mem, 0);
	assert_int_equal(http_client_feed(&c, &in, &head, &data), HTTP_CLIENT_MORE);
	assert_int_equal(http_client_eof(&c), HTTP_CLIENT_BAD);
	assert_int_equal(http_client_eof(&c), HTTP_CLIENT_BAD);
	http_client_init(&c, mem, 1);
	in = span_str("HT");
	assert_int_equal(http_client_feed(&c, &in, &head, &data), HTTP_CLIENT_BAD);
	assert_string_equal(c.reason, "the response head is too large");
	assert_int_equal(http_client_feed(&c, &in, &head, &data), HTTP_CLIENT_BAD);
}

/* Interim responses up to the bound, and heads up to theirs. */
static void
interim_responses_and_heads_are_bounded(void **state)
{
	static uint8_t mem[HTTP_RESPONSE_HEAD_MAX];
	static char text[HTTP_RESPONSE_HEAD_MAX + 100];

	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		struct http_client c;
		struct span data, in;
		size_t n = 0;

		for (int i = 0; i < HTTP_INTERIM_MAX + extra; i++)
			n += (size_t)sprintf(text + n, "HTTP/1.1 100 x\r\n\r\n");
		sprintf(text + n, R "\r\n");
		in = span_str(text);
		http_client_init(&c, mem, sizeof(mem));
		assert_int_equal(http_client_feed(&c, &in, &head, &data),
				 extra ? HTTP_CLIENT_BAD : HTTP_CLIENT_HEAD_DONE);

		n = (size_t)sprintf(text, R "A:");
		memset(text + n, 'x', sizeof(mem) - n - 4 + (size_t)extra);
		memcpy(text + sizeof(mem) - 4 + extra, "\r\n\r\n", 5);
		in = span_str(text);
		http_client_init(&c, mem, sizeof(mem));
		assert_int_equal(http_client_feed(&c, &in, &head, &data),
				 extra ? HTTP_CLIENT_BAD : HTTP_CLIENT_HEAD_DONE);
	}
}

static void
only_framing_proves_an_end(void **state)
{
	static const struct {
		int line;
		const char *in;
		bool want;
	} rows[] = {
	    {__LINE__, "", false},
	    {__LINE__, R "\r\nabc", false},
	    {__LINE__, R "Content-Length: 1\r\n\r\na", true},
	    {__LINE__, R CHUNKED "0\r\n\r\n", true},
	    {__LINE__, "HTTP/1.1 204 x\r\n\r\n", true},
	    {__LINE__, R "Content-Length: x\r\n\r\na", false},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct row row = {rows[i].line, span_str(rows[i].in), "", NULL};
		struct span in = row.in;
		struct http_client c;
		uint8_t mem[200];
		char out[200];
		struct text t;

		text_init(&t, out, sizeof(out));
		http_client_init(&c, mem, sizeof(mem));
		feed(&c, &in, &t, &row);
		check_u64(__FILE__, row.line, row.in, http_client_is_verified(&c),
			  rows[i].want, "verified");
		http_client_eof(&c);
		check_u64(__FILE__, row.line, row.in, http_client_is_verified(&c),
			  rows[i].want, "still verified");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_response_is_read_however_it_is_cut),
	    cmocka_unit_test(no_bytes_are_no_response),
	    cmocka_unit_test(interim_responses_and_heads_are_bounded),
	    cmocka_unit_test(only_framing_proves_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
