/*
 * The server engine: what it lets through, what it refuses, and that neither depends on
 * how the bytes arrive. A transcript has a word for each event:
 * "R method path?query" request, "E status" error, "x" close, "." the end.
 */
#include "http/server.h"

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
};

static struct http_server server;

static void
put_request(struct text *t)
{
	text_str(t, "R ");
	text_put(t, server.head.method_text);
	text_str(t, " ");
	text_put(t, server.target.path);
	if (server.target.has_query)
		text_str(t, "?");
	text_put(t, server.target.query);
	text_str(t, " ");
}

/* False when the connection is closed. */
static bool
take_events(struct text *t, const struct row *row)
{
	for (;;) {
		switch (http_server_next(&server)) {
		case HTTP_SERVER_MORE:
			return server.state != HTTP_SERVER_CLOSED;
		case HTTP_SERVER_REQUEST:
			put_request(t);
			break;
		case HTTP_SERVER_ERROR:
			text_str(t, "E ");
			text_u64(t, server.status);
			text_str(t, " ");
			check_true(__FILE__, row->line, row->in,
				   strlen(server.reason) > 0 &&
				       http_server_must_close(&server),
				   "an error has a reason and closes");
			break;
		}
		if (!http_server_answered(&server)) {
			text_str(t, "x ");
			return false;
		}
	}
}

static void
run_row(void *ctx, const struct span *pieces, size_t count, const char *how)
{
	const struct row *row = ctx;
	bool is_open = true;
	char mem[512];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	http_server_init(&server);
	for (size_t i = 0; i < count; i++) {
		struct span in = pieces[i];

		while (in.n > 0 && is_open) {
			size_t n;
			uint8_t *space = http_server_space(&server, &n);
			struct span part = span_take(&in, n);

			check_true(__FILE__, row->line, row->in, n > 0, "room");
			memcpy(space, part.p, part.n);
			http_server_received(&server, part.n);
			is_open = take_events(&t, row);
		}
	}
	text_str(&t, is_open && http_server_is_idle(&server) ? "i" : ".");
	check_span(__FILE__, row->line, row->in, text_span(&t), span_str(row->want), how);
}

static void
run(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		split_all(rows[i].in.p, rows[i].in.n, run_row,
			  (void *)(uintptr_t)&rows[i]);
}

#define H	  "Host: a\r\n"
#define G(fields) CHECK_BYTES("GET / HTTP/1.1\r\n" H fields "\r\n")
#define NEXT	  "GET /next HTTP/1.1\r\n" H "\r\n"
#define P(rest)	  CHECK_BYTES("POST / HTTP/1.1\r\n" H rest)
#define CHUNKED	  "Transfer-Encoding: chunked\r\n"

static void
requests_come_out_as_they_were_sent(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, G(""), "R GET / i"},
	    {__LINE__, CHECK_BYTES("HEAD /a?b HTTP/1.1\r\n" H "\r\n"), "R HEAD /a?b i"},
	    {__LINE__, CHECK_BYTES("BREW / HTTP/1.1\r\n" H "\r\n"), "R BREW / i"},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nhOST: a:1\r\n\r\n"), "R GET / i"},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: [::1]:8475\r\n\r\n"),
	     "R GET / i"},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost:\r\n\r\n" NEXT),
	     "R GET / R GET /next i"},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: \t \r\n\r\n"), "R GET / i"},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.0\r\nHost:\r\n\r\n"), "R GET / x ."},
	    {__LINE__, CHECK_BYTES(NEXT NEXT NEXT),
	     "R GET /next R GET /next R GET /next i"},
	    {__LINE__, CHECK_BYTES(NEXT "GET"), "R GET /next ."},
	    {__LINE__, G("Connection: close\r\n"), "R GET / x ."},
	    {__LINE__, G("Connection: TE, CLOSE\r\n"), "R GET / x ."},
	    {__LINE__, G("Connection: keep-alive\r\n"), "R GET / i"},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.0\r\n\r\n"), "R GET / x ."},
	    {__LINE__,
	     CHECK_BYTES("GET / HTTP/1.0\r\n" H "Connection: keep-alive\r\n\r\n"),
	     "R GET / x ."},
	    {__LINE__, CHECK_BYTES("GET http://A/x?y HTTP/1.1\r\n" H "\r\n"),
	     "R GET /x?y i"},
	    {__LINE__, CHECK_BYTES("GET http://a HTTP/1.0\r\n\r\n"), "R GET / x ."},
	    {__LINE__, P("\r\n" NEXT), "R POST / R GET /next i"},
	    {__LINE__, P("Content-Length: 0\r\n\r\n" NEXT), "R POST / R GET /next i"},
	    {__LINE__, P("Expect: 100-continue\r\nContent-Length: 0\r\n\r\n"),
	     "R POST / i"},
	    {__LINE__, G("Expect: 100-continue\r\n"), "R GET / i"},
	    {__LINE__, G("Expect: 200-ok\r\n"), "R GET / i"},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.2\r\n" H "\r\n" NEXT),
	     "R GET / R GET /next i"},
	    {__LINE__, CHECK_BYTES("\r\n" NEXT "\r\n" NEXT), "R GET /next R GET /next i"},
	    {__LINE__, CHECK_BYTES(NEXT "\r\n"), "R GET /next i"},
	    {__LINE__, CHECK_BYTES(NEXT "\r"), "R GET /next ."},
	    {__LINE__, CHECK_BYTES("OPTIONS * HTTP/1.1\r\n" H "\r\n" NEXT),
	     "R OPTIONS * R GET /next i"},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows));
}

static void
what_is_wrong_ends_the_connection(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES("GET / HTTP/2.0\r\n\r\n"), "E 505 x ."},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\n\r\n"), "E 400 x ."},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.2\r\n\r\n"), "E 400 x ."},
	    {__LINE__, CHECK_BYTES("GET * HTTP/1.1\r\n" H "\r\n"), "E 400 x ."},
	    {__LINE__, CHECK_BYTES("\r\n\r\n" NEXT), "E 400 x ."},
	    {__LINE__, CHECK_BYTES("\n" NEXT), "E 400 x ."},
	    {__LINE__, CHECK_BYTES("\rG"), "E 400 x ."},
	    {__LINE__, P("Content-Length: 1\r\n" CHUNKED "\r\na"), "E 400 x ."},
	    {__LINE__, P("Content-Length: 1\r\n\r\na" NEXT), "E 413 x ."},
	    {__LINE__, P("Expect: 100-continue\r\nContent-Length: 1\r\n\r\n"),
	     "E 413 x ."},
	    {__LINE__, G("Content-Length: 18446744073709551615\r\n"), "E 413 x ."},
	    {__LINE__, P(CHUNKED "\r\n0\r\n\r\n" NEXT), "E 413 x ."},
	    {__LINE__, G(CHUNKED), "E 413 x ."},
	    {__LINE__, CHECK_BYTES(NEXT "BAD\r\n\r\n" NEXT), "R GET /next E 400 x ."},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows));
}

/* Runs prefix, fill times the piece, suffix, as one row. */
static void
run_long(int line, const char *prefix, size_t fill, const char *piece, const char *suffix,
	 const char *want)
{
	size_t n = strlen(prefix), m = strlen(piece);
	char *text = malloc(n + fill * m + strlen(suffix) + 1);
	struct row row = {line, {NULL, 0}, want};

	assert_non_null(text);
	memcpy(text, prefix, n);
	for (size_t i = 0; i < fill; i++)
		memcpy(text + n + i * m, piece, m);
	memcpy(text + n + fill * m, suffix, strlen(suffix) + 1);
	row.in = span_str(text);
	split_all(row.in.p, row.in.n, run_row, &row);
	free(text);
}

static void
what_is_longer_than_its_bound_is_refused(void **state)
{
	(void)state;
	run_long(__LINE__, "GET /", HTTP_TARGET_MAX, "x", " HTTP/1.1\r\n\r\n",
		 "E 414 x .");
	run_long(__LINE__, "GET /", 40000, "x", "", "E 414 x .");
	run_long(__LINE__, "GET / HTTP/1.1\r\n" H "A:", 40000, "x", "", "E 431 x .");
	run_long(__LINE__, "GET / HTTP/1.1\r\n" H, HTTP_FIELDS_MAX, "A:b\r\n", "\r\n",
		 "E 431 x .");
}

/* A head of the longest kind: a byte more is none, and what follows waits for its answer. */
static void
the_longest_head_passes_and_no_longer_one(void **state)
{
	static const char prefix[] = "GET / HTTP/1.1\r\n" H "A:";
	size_t fill = HTTP_HEAD_MAX - strlen(prefix) - 4;

	(void)state;
	run_long(__LINE__, prefix, fill, "x", "\r\n\r\n" NEXT, "R GET / R GET /next i");
	run_long(__LINE__, prefix, fill + 1, "x", "\r\n\r\n", "E 431 x .");
}

static void
feed(const char *text)
{
	size_t n;
	uint8_t *space = http_server_space(&server, &n);

	assert_true(n >= strlen(text));
	memcpy(space, text, strlen(text));
	http_server_received(&server, strlen(text));
}

/* A request stays readable while the next ones arrive behind it. */
static void
a_request_stays_readable_while_the_next_ones_arrive(void **state)
{
	struct span value;
	size_t n;

	(void)state;
	http_server_init(&server);
	feed("GET /first HTTP/1.1\r\n" H "\r\nGET /second?q HTTP/1.1\r\nHost: b\r\n\r\n");
	assert_int_equal(http_server_next(&server), HTTP_SERVER_REQUEST);
	assert_true(http_server_answered(&server));
	assert_false(http_server_is_idle(&server));
	assert_int_equal(http_server_next(&server), HTTP_SERVER_REQUEST);
	feed(NEXT);
	for (;;) {
		uint8_t *space = http_server_space(&server, &n);

		if (n == 0)
			break;
		memset(space, 'x', n < 1000 ? n : 1000);
		http_server_received(&server, n < 1000 ? n : 1000);
		assert_int_equal(http_server_next(&server), HTTP_SERVER_MORE);
	}
	check_span(__FILE__, __LINE__, server.target.path, server.target.path,
		   span_str("/second"), "path");
	assert_int_equal(http_head_get(&server.head.fields, "host", &value), 1);
	check_span(__FILE__, __LINE__, value, value, span_str("b"), "host");
	assert_true(http_server_answered(&server));
	assert_int_equal(http_server_next(&server), HTTP_SERVER_REQUEST);
	check_span(__FILE__, __LINE__, server.target.path, server.target.path,
		   span_str("/next"), "path");
}

static void
nothing_is_read_behind_the_last_request(void **state)
{
	size_t n;

	(void)state;
	http_server_init(&server);
	assert_true(http_server_is_idle(&server));
	feed("GET / HTTP/1.0\r\n\r\n" NEXT);
	assert_false(http_server_is_idle(&server));
	assert_int_equal(http_server_next(&server), HTTP_SERVER_REQUEST);
	assert_true(http_server_must_close(&server));
	assert_false(http_server_answered(&server));
	assert_int_equal(http_server_next(&server), HTTP_SERVER_MORE);
	http_server_space(&server, &n);
	assert_int_equal(n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(requests_come_out_as_they_were_sent),
	    cmocka_unit_test(what_is_wrong_ends_the_connection),
	    cmocka_unit_test(what_is_longer_than_its_bound_is_refused),
	    cmocka_unit_test(the_longest_head_passes_and_no_longer_one),
	    cmocka_unit_test(a_request_stays_readable_while_the_next_ones_arrive),
	    cmocka_unit_test(nothing_is_read_behind_the_last_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
