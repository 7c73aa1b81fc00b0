/* Heads of requests and responses: vectors, every way of cutting them, framing. */
#include "http/head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/edge.h"

struct row {
	int line;
	struct span in;
	enum http_head_result want;
	const char *text; /* the parts, joined by bars */
};

static struct http_request_head request;
static struct http_response_head response;

static size_t
put(char *out, size_t n, struct span s)
{
	if (s.n > 0)
		memcpy(out + n, s.p, s.n);
	out[n + s.n] = '|';
	return n + s.n + 1;
}

static size_t
put_fields(char *out, size_t n, const struct http_fields *fields)
{
	for (size_t i = 0; i < fields->n; i++) {
		n = put(out, n, fields->list[i].name);
		n = put(out, n, fields->list[i].value);
	}
	return n;
}

typedef enum http_head_result parse_fn(struct span in, size_t *seen, size_t *size,
				       char *out, size_t *out_n);

static enum http_head_result
parse_request(struct span in, size_t *seen, size_t *size, char *out, size_t *out_n)
{
	enum http_head_result result = http_head_parse_request(in, seen, &request, size);
	char minor = (char)('0' + request.minor);

	if (result != HTTP_HEAD_OK)
		return result;
	*out_n = put(out, 0, request.method_text);
	*out_n = put(out, *out_n, request.target);
	*out_n = put(out, *out_n, span_of(&minor, 1));
	*out_n = put_fields(out, *out_n, &request.fields);
	return result;
}

static enum http_head_result
parse_response(struct span in, size_t *seen, size_t *size, char *out, size_t *out_n)
{
	enum http_head_result result =
	    http_head_parse_response(in, seen, &response, size);
	char status[8];
	char minor = (char)('0' + response.minor);

	if (result != HTTP_HEAD_OK)
		return result;
	snprintf(status, sizeof(status), "%u", response.status);
	*out_n = put(out, 0, span_str(status));
	*out_n = put(out, *out_n, response.reason);
	*out_n = put(out, *out_n, span_of(&minor, 1));
	*out_n = put_fields(out, *out_n, &response.fields);
	return result;
}

/*
 * Grows the input in steps, as a connection would, until the parser has an answer. Every
 * prefix ends on a no-access page. The answer must be the same whatever the steps were.
 */
static void
grow(const struct row *row, parse_fn *parse, size_t first, size_t step)
{
	enum http_head_result result = HTTP_HEAD_MORE;
	size_t seen = 0, size = 0, n = first;
	char out[512];
	size_t out_n = 0;

	for (;; n += step) {
		uint8_t *p;

		n = n < row->in.n ? n : row->in.n;
		p = edge_copy(row->in.p, n);
		result = parse(span_of(p, n), &seen, &size, out, &out_n);
		edge_free(p);
		if (result == HTTP_HEAD_MORE)
			check_u64(__FILE__, row->line, row->in, seen, n, "searched");
		if (result != HTTP_HEAD_MORE || n == row->in.n)
			break;
	}
	check_u64(__FILE__, row->line, row->in, result, row->want, "result");
	if (result == HTTP_HEAD_OK)
		check_span(__FILE__, row->line, row->in, span_of(out, out_n),
			   span_str(row->text), "parts");
	else
		check_u64(__FILE__, row->line, row->in, size, 0, "size");
}

static void
run(const struct row *rows, size_t count, parse_fn *parse)
{
	for (size_t i = 0; i < count; i++) {
		size_t n = rows[i].in.n;

		grow(&rows[i], parse, n, n + 1);
		grow(&rows[i], parse, 0, 1);
		for (size_t at = 1; at < n; at++)
			grow(&rows[i], parse, at, n);
	}
}

static void
a_good_request_head_is_read_however_it_is_cut(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), HTTP_HEAD_OK,
	     "GET|/|1|Host|a|"},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.0\r\n\r\n"), HTTP_HEAD_OK, "GET|/|0|"},
	    {__LINE__, CHECK_BYTES("X /?a=b#\"<> HTTP/1.1\r\n\r\nGET"), HTTP_HEAD_OK,
	     "X|/?a=b#\"<>|1|"},
	    {__LINE__, CHECK_BYTES("A / HTTP/1.1\r\na:\r\nb: \t \r\nc:d\r\n\r\n"),
	     HTTP_HEAD_OK, "A|/|1|a||b||c|d|"},
	    {__LINE__, CHECK_BYTES("A / HTTP/1.1\r\na:\t x\ty \t\r\n\r\n"), HTTP_HEAD_OK,
	     "A|/|1|a|x\ty|"},
	    {__LINE__, CHECK_BYTES("A / HTTP/1.1\r\na: \xff\x80::\r\n\r\n"), HTTP_HEAD_OK,
	     "A|/|1|a|\xff\x80::|"},
	    {__LINE__, CHECK_BYTES("!#$%&'*+-.^_`|~9 / HTTP/1.1\r\n\r\n"), HTTP_HEAD_OK,
	     "!#$%&'*+-.^_`|~9|/|1|"},
	    {__LINE__, CHECK_BYTES(""), HTTP_HEAD_MORE, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r"), HTTP_HEAD_MORE,
	     ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\n"), HTTP_HEAD_MORE, ""},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows), parse_request);
}

static void
a_bad_request_head_has_its_status(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES("\r\nGET / HTTP/1.1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("\nGET / HTTP/1.1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES(" GET / HTTP/1.1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("\x16\x03\x01"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("{"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\rX"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\na: b\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\na: b\rc"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\na: \0"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\na: \x1b"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\na: \x7f"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET  / HTTP/1.1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET /  HTTP/1.1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.1 \r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET\t/ HTTP/1.1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET /\tHTTP/1.1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET /\xc3\xa4 HTTP/1.1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("G(T / HTTP/1.1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET /\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1.10\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/11.1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/1,1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/x.1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / http/1.1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/2.0\r\n\r\n"), HTTP_HEAD_BAD_VERSION, ""},
	    {__LINE__, CHECK_BYTES("GET / HTTP/0.9\r\n\r\n"), HTTP_HEAD_BAD_VERSION, ""},
	    {__LINE__, CHECK_BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	     HTTP_HEAD_BAD_VERSION, ""},
	    {__LINE__, CHECK_BYTES("A / HTTP/1.1\r\nb\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("A / HTTP/1.1\r\n: c\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("A / HTTP/1.1\r\nb : c\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("A / HTTP/1.1\r\n b: c\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("A / HTTP/1.1\r\nb: c\r\n d\r\n\r\n"), HTTP_HEAD_BAD,
	     ""},
	    {__LINE__, CHECK_BYTES("A / HTTP/1.1\r\nb: c\r\n\td: e\r\n\r\n"),
	     HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("A / HTTP/1.1\r\nb\xe4: c\r\n\r\n"), HTTP_HEAD_BAD,
	     ""},
	    {__LINE__, CHECK_BYTES("A / HTTP/1.1\r\n(b): c\r\n\r\n"), HTTP_HEAD_BAD, ""},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows), parse_request);
}

static void
a_response_head_is_read_or_bad(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES("HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody"), HTTP_HEAD_OK,
	     "200|OK|1|A|b|"},
	    {__LINE__, CHECK_BYTES("HTTP/1.9 200 X\r\n\r\n"), HTTP_HEAD_OK, "200|X|1|"},
	    {__LINE__, CHECK_BYTES("HTTP/1.0 404 Not  Found\r\n\r\n"), HTTP_HEAD_OK,
	     "404|Not  Found|0|"},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 599 \r\n\r\n"), HTTP_HEAD_OK, "599||1|"},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 100\r\n\r\n"), HTTP_HEAD_OK, "100||1|"},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 200 \xff\r\n\r\n"), HTTP_HEAD_OK,
	     "200|\xff|1|"},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 2"), HTTP_HEAD_MORE, ""},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 099 X\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 600 X\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 20 X\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 2000 X\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("HTTP/1.1  200 X\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 +20 X\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("HTTP/1.1\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("HTTP/2.0 200 X\r\n\r\n"), HTTP_HEAD_BAD_VERSION, ""},
	    {__LINE__, CHECK_BYTES("SSH"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("HTTq"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("ICY 200 OK\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("http/1.1 200 OK\r\n\r\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 200 OK\n\n"), HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 200 OK\r\nA : b\r\n\r\n"), HTTP_HEAD_BAD,
	     ""},
	    {__LINE__, CHECK_BYTES("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"),
	     HTTP_HEAD_BAD, ""},
	    {__LINE__, CHECK_BYTES("\r\nHTTP/1.1 200 OK\r\n\r\n"), HTTP_HEAD_BAD, ""},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows), parse_response);
}

/* prefix, then fill bytes of 'x', then suffix. */
static void
check_bound(int line, const char *prefix, size_t fill, const char *suffix,
	    enum http_head_result want)
{
	size_t n = strlen(prefix);
	char *text = malloc(n + fill + strlen(suffix) + 1);
	size_t steps[] = {1, 1000, 40000};

	assert_non_null(text);
	memcpy(text, prefix, n);
	memset(text + n, 'x', fill);
	memcpy(text + n + fill, suffix, strlen(suffix) + 1);
	for (size_t i = 0; i < CHECK_COUNT(steps); i++) {
		enum http_head_result result = HTTP_HEAD_MORE;
		size_t seen = 0, size, all = strlen(text);

		for (size_t at = 0; at < all && result == HTTP_HEAD_MORE;) {
			at = all - at < steps[i] ? all : at + steps[i];
			result = http_head_parse_request(span_of(text, at), &seen,
							 &request, &size);
		}
		check_u64(__FILE__, line, span_str(prefix), result, want, "bound");
	}
	free(text);
}

#define LINE_END " HTTP/1.1\r\n\r\n"

static void
heads_are_bounded(void **state)
{
	static char many[HTTP_FIELDS_MAX * 5 + 100];
	size_t n = (size_t)sprintf(many, "A / HTTP/1.1\r\n");

	(void)state;
	check_bound(__LINE__, "A /", HTTP_TARGET_MAX - 1, LINE_END, HTTP_HEAD_OK);
	check_bound(__LINE__, "A /", HTTP_TARGET_MAX, LINE_END,
		    HTTP_HEAD_TARGET_TOO_LONG);
	check_bound(__LINE__, "A /", HTTP_HEAD_MAX, LINE_END, HTTP_HEAD_TARGET_TOO_LONG);
	check_bound(__LINE__, "A /", HTTP_TARGET_MAX - 2, "\r", HTTP_HEAD_MORE);
	check_bound(__LINE__, "A", HTTP_HEAD_MAX, " / HTTP/1.1\r\n\r\n",
		    HTTP_HEAD_TOO_LARGE);
	check_bound(__LINE__, "A / HTTP/1.1\r\na:", HTTP_HEAD_MAX - 20, "\r\n\r\n",
		    HTTP_HEAD_OK);
	check_bound(__LINE__, "A / HTTP/1.1\r\na:", HTTP_HEAD_MAX - 19, "\r\n\r\n",
		    HTTP_HEAD_TOO_LARGE);
	check_bound(__LINE__, "A / HTTP/1.1\r\na:", 40000, "", HTTP_HEAD_TOO_LARGE);
	for (int i = 0; i < HTTP_FIELDS_MAX; i++)
		n += (size_t)sprintf(many + n, "a:b\r\n");
	check_bound(__LINE__, many, 0, "\r\n", HTTP_HEAD_OK);
	check_bound(__LINE__, many, 0, "a:b\r\n\r\n", HTTP_HEAD_TOO_LARGE);
}

static const struct http_fields *
fields_of(const char *text)
{
	static char head[1024];
	size_t seen = 0, size;

	snprintf(head, sizeof(head), "A / HTTP/1.1\r\n%s\r\n", text);
	assert_int_equal(http_head_parse_request(span_str(head), &seen, &request, &size),
			 HTTP_HEAD_OK);
	return &request.fields;
}

static void
a_body_has_one_framing_or_is_refused(void **state)
{
	static const struct {
		int line;
		const char *fields;
		unsigned minor;
		enum http_framing want;
		uint64_t length;
	} rows[] = {
	    {__LINE__, "", 1, HTTP_FRAMING_NONE, 0},
	    {__LINE__, "Content-Length: 0\r\n", 1, HTTP_FRAMING_LENGTH, 0},
	    {__LINE__, "content-LENGTH:17 \r\n", 0, HTTP_FRAMING_LENGTH, 17},
	    {__LINE__, "Content-Length: 18446744073709551615\r\n", 1, HTTP_FRAMING_LENGTH,
	     UINT64_MAX},
	    {__LINE__, "Content-Length: 18446744073709551616\r\n", 1, HTTP_FRAMING_BAD,
	     0},
	    {__LINE__, "Content-Length: 5\r\nContent-Length: 5\r\n", 1, HTTP_FRAMING_BAD,
	     0},
	    {__LINE__, "Content-Length: 5\r\nContent-Length: 6\r\n", 1, HTTP_FRAMING_BAD,
	     0},
	    {__LINE__, "Content-Length: 5, 5\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Content-Length: +5\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Content-Length: -5\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Content-Length: 0x5\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Content-Length: 05\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Content-Length: 5 5\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Content-Length: \"5\"\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Content-Length: 5.0\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Content-Length:\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Transfer-Encoding: chunked\r\n", 1, HTTP_FRAMING_CHUNKED, 0},
	    {__LINE__, "Transfer-Encoding: ChunkeD\r\n", 1, HTTP_FRAMING_CHUNKED, 0},
	    {__LINE__, "Transfer-Encoding: chunked\r\n", 0, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Transfer-Encoding: chunked, chunked\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Transfer-Encoding: chunked,\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Transfer-Encoding: gzip, chunked\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Transfer-Encoding: identity\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Transfer-Encoding: xchunked\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Transfer-Encoding: chunked;a=b\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Transfer-Encoding: \"chunked\"\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Transfer-Encoding:\r\n", 1, HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 1,
	     HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 1,
	     HTTP_FRAMING_BAD, 0},
	    {__LINE__, "Content-Length: 5\r\nTransfer-Encoding: x\r\n", 1,
	     HTTP_FRAMING_BAD, 0},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str(rows[i].fields);
		uint64_t length = 1;
		enum http_framing got =
		    http_head_framing(fields_of(rows[i].fields), rows[i].minor, &length);

		check_u64(__FILE__, rows[i].line, in, got, rows[i].want, "framing");
		check_u64(__FILE__, rows[i].line, in,
			  got == HTTP_FRAMING_BAD ? 0 : length, rows[i].length, "length");
	}
}

static void
fields_are_found_by_any_case(void **state)
{
	const struct http_fields *fields =
	    fields_of("A: 1\r\nb: x , Close,,y\r\na: 2\r\nB: \"z\"\r\n");
	struct span value;
	size_t at = 0;

	(void)state;
	assert_int_equal(http_head_get(fields, "a", &value), 2);
	check_span(__FILE__, __LINE__, value, value, span_str("1"), "first");
	assert_int_equal(http_head_get(fields, "c", &value), 0);
	assert_int_equal(value.n, 0);
	assert_ptr_equal(http_head_next(fields, "A", &at), &fields->list[0]);
	assert_ptr_equal(http_head_next(fields, "A", &at), &fields->list[2]);
	assert_null(http_head_next(fields, "A", &at));
	assert_null(http_head_next(fields, "A", &at));
	assert_true(http_head_has_token(fields, "B", "close"));
	assert_true(http_head_has_token(fields, "B", "X"));
	assert_true(http_head_has_token(fields, "B", "\"z\""));
	assert_false(http_head_has_token(fields, "B", "z"));
	assert_false(http_head_has_token(fields, "B", "clos"));
	assert_false(http_head_has_token(fields, "A", "close"));
	assert_true(http_head_is_token(span_str("a~9")));
	assert_false(http_head_is_token(span_str("")));
	assert_false(http_head_is_token(span_str("a b")));
	assert_false(http_head_is_token(span_str("a:")));
}

static void
a_type_is_accepted_as_its_q_says(void **state)
{
	static const struct {
		int line;
		const char *fields;
		bool is_accepted;
	} rows[] = {
	    {__LINE__, "", false},
	    {__LINE__, "Accept: a/x\r\n", true},
	    {__LINE__, "accept: A/X\r\n", true},
	    {__LINE__, "Accept: b/y, a/x\r\n", true},
	    {__LINE__, "Accept: b/y\r\nAccept: a/x\r\n", true},
	    {__LINE__, "Accept: a/x;q=0.9\r\n", true},
	    {__LINE__, "Accept: a/x ; v=1 ; q=0.001, b/y\r\n", true},
	    {__LINE__, "Accept: a/x;q=0\r\n", false},
	    {__LINE__, "Accept: a/x; Q=0.000\r\n", false},
	    {__LINE__, "Accept: a/*, */*\r\n", false},
	    {__LINE__, "Accept: a/xy, a/x-\r\n", false},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		check_true(__FILE__, rows[i].line, span_str(rows[i].fields),
			   http_head_accepts(fields_of(rows[i].fields), "a/x") ==
			       rows[i].is_accepted,
			   "accepted");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_type_is_accepted_as_its_q_says),
	    cmocka_unit_test(a_good_request_head_is_read_however_it_is_cut),
	    cmocka_unit_test(a_bad_request_head_has_its_status),
	    cmocka_unit_test(a_response_head_is_read_or_bad),
	    cmocka_unit_test(heads_are_bounded),
	    cmocka_unit_test(a_body_has_one_framing_or_is_refused),
	    cmocka_unit_test(fields_are_found_by_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
