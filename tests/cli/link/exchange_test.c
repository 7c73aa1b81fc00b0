/* One request and its answer, in pieces of every size. */
#include "cli/link/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/split.h"

#define PLAIN "Content-Type: text/plain\r\n"

struct row {
	int line;
	enum exchange_kind kind;
	const char *answer;
	enum exchange_result result; /* MORE: the connection ends behind it */
	const char *words;	     /* of the answer, or the reason */
};

#define TUNNEL	EXCHANGE_TUNNEL
#define CAPTURE EXCHANGE_CAPTURE
#define ANY	EXCHANGE_ANY

static const struct row rows[] = {
    {__LINE__, TUNNEL, "HTTP/1.1 200 Connection established\r\n\r\n", EXCHANGE_OPEN, ""},
    {__LINE__, TUNNEL, "HTTP/1.0 200 \r\nContent-Length: 7\r\n\r\n", EXCHANGE_OPEN, ""},
    {__LINE__, TUNNEL, "HTTP/1.1 299 x\r\nTransfer-Encoding: chunked\r\n\r\n",
     EXCHANGE_OPEN, ""},
    {__LINE__, TUNNEL,
     "HTTP/1.1 102 a\r\n\r\nHTTP/1.1 103 b\r\n\r\nHTTP/1.1 200 c\r\n\r\n", EXCHANGE_OPEN,
     ""},
    {__LINE__, TUNNEL, "HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n", EXCHANGE_ANSWER,
     "407 Auth"},
    {__LINE__, TUNNEL, "HTTP/1.1 403 No\r\n" PLAIN "Content-Length: 3\r\n\r\nnot",
     EXCHANGE_ANSWER, "403 No: not"},
    {__LINE__, TUNNEL, "HTTP/1.1 403 No\r\n" PLAIN "\r\nnot", EXCHANGE_MORE,
     "403 No: not"},
    {__LINE__, TUNNEL, "HTTP/1.1 403 No\r\n" PLAIN "Content-Length: 9\r\n\r\nnot",
     EXCHANGE_MORE, "403 No: not"},
    {__LINE__, TUNNEL,
     "HTTP/1.1 503 \r\n" PLAIN "Transfer-Encoding: chunked\r\n\r\n2\r\nno\r\nx\r\n",
     EXCHANGE_ANSWER, "503 Service Unavailable: no"},
    {__LINE__, TUNNEL,
     "HTTP/1.1 301 x\r\nLocation: http://y/\r\nContent-Length: 0\r\n\r\n",
     EXCHANGE_ANSWER, "301 x: redirects are not followed; it names http://y/"},
    {__LINE__, TUNNEL, "HTTP/1.1 200 x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
     EXCHANGE_BAD, "the response has a bad length or transfer coding"},
    {__LINE__, TUNNEL, "HTTP/2 200 x\r\n\r\n", EXCHANGE_BAD, "the response is not HTTP"},
    {__LINE__, TUNNEL, "HTTP/1.1 20", EXCHANGE_MORE, "gone"},
    {__LINE__, CAPTURE, "HTTP/1.1 200 x\r\n\r\n", EXCHANGE_OPEN, ""},
    {__LINE__, CAPTURE, "HTTP/1.1 204 x\r\n\r\n", EXCHANGE_ANSWER, "204 x"},
    {__LINE__, ANY, "HTTP/1.1 200 x\r\n" PLAIN "Content-Length: 2\r\n\r\nhi",
     EXCHANGE_ANSWER, "200 x: hi"},
    {__LINE__, ANY, "HTTP/1.1 200 x\r\n" PLAIN "\r\nhi", EXCHANGE_MORE, "200 x: hi"},
    {__LINE__, ANY, "HTTP/1.1 200 x\r\n" PLAIN "Content-Length: 9\r\n\r\nhi",
     EXCHANGE_MORE, "gone"},
    {__LINE__, ANY, "HTTP/1.1 404 x\r\n" PLAIN "Content-Length: 9\r\n\r\nhi",
     EXCHANGE_MORE, "404 x: hi"},
    {__LINE__, ANY, "HTTP/1.1 200 x\r\n" PLAIN "Transfer-Encoding: chunked\r\n\r\nx\r\n",
     EXCHANGE_BAD, "the chunked coding of the body is broken"},
};

static struct exchange *
start(enum exchange_kind kind)
{
	struct exchange *e = exchange_new(kind, span_str("GET / HTTP/1.1\r\n\r\n"),
					  HTTP_RESPONSE_HEAD_MAX);

	assert_non_null(e);
	return e;
}

static void
check(void *ctx, const struct span *pieces, size_t count, const char *how)
{
	const struct row *row = ctx;
	struct exchange *e = start(row->kind);
	struct span in = span_str(row->answer);
	enum exchange_result result = EXCHANGE_MORE;
	char mem[512];
	struct text words;

	for (size_t i = 0; i < count && result == EXCHANGE_MORE; i++)
		result = exchange_feed(e, pieces[i]);
	check_u64(__FILE__, row->line, in, result, row->result, how);
	if (result == EXCHANGE_MORE)
		result = exchange_end(e, true, "gone");
	text_init(&words, mem, sizeof(mem));
	if (result == EXCHANGE_ANSWER)
		refusal_put(&e->answer, &words);
	else
		text_str(&words, e->reason);
	check_span(__FILE__, row->line, in, text_span(&words), span_str(row->words), how);
	free(e);
}

static void
every_answer_is_understood_however_it_is_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		split_all(rows[i].answer, strlen(rows[i].answer), check,
			  (void *)&rows[i]);
}

static void
an_endless_refusal_is_read_as_far_as_there_is_room(void **state)
{
	struct exchange *e = start(EXCHANGE_TUNNEL);
	uint8_t piece[1000] = {0};
	int n = 0;

	(void)state;
	assert_int_equal(exchange_feed(e, span_str("HTTP/1.1 500 x\r\n\r\n")),
			 EXCHANGE_MORE);
	while (exchange_feed(e, span_of(piece, sizeof(piece))) == EXCHANGE_MORE)
		n++;
	assert_int_equal(n, REFUSAL_BODY_MAX / 1000);
	free(e);
}

static void
what_follows_the_answer_is_handed_on(void **state)
{
	struct exchange *e = start(EXCHANGE_CAPTURE);

	(void)state;
	assert_int_equal(exchange_feed(e, span_str("HTTP/1.1 200 x\r\n\r\nyz")),
			 EXCHANGE_OPEN);
	check_span(__FILE__, __LINE__, e->rest, e->rest, span_str("yz"), "open");
	free(e);
	e = start(EXCHANGE_ANY);
	assert_int_equal(
	    exchange_feed(e, span_str("HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\nyz")),
	    EXCHANGE_ANSWER);
	check_span(__FILE__, __LINE__, e->rest, e->rest, span_str("z"), "answer");
	free(e);
	e = start(EXCHANGE_ANY);
	assert_int_equal(exchange_feed(e, span_str("HTTP/1.0 200 x\r\n\r\nyz")),
			 EXCHANGE_MORE);
	assert_int_equal(exchange_end(e, true, "gone"), EXCHANGE_ANSWER);
	assert_int_equal(e->rest.n, 0); /* all of it was the answer */
	assert_true(e->is_at_end);
	free(e);
}

/* A connection that breaks proves no end, whatever the framing. */
static void
a_broken_connection_ends_no_answer(void **state)
{
	struct exchange *e = start(EXCHANGE_ANY);

	(void)state;
	exchange_feed(e, span_str("HTTP/1.1 200 x\r\n\r\nhi"));
	assert_int_equal(exchange_end(e, false, "reset"), EXCHANGE_LOST);
	assert_string_equal(e->reason, "reset");
	free(e);
}

static void
a_cached_answer_is_known_by_its_age(void **state)
{
	struct exchange *e = start(EXCHANGE_ANY);

	(void)state;
	exchange_feed(e, span_str("HTTP/1.1 200 x\r\nAge: 0\r\n\r\n"));
	assert_true(e->is_cached);
	exchange_begin(e);
	exchange_feed(e, span_str("HTTP/1.1 200 x\r\n\r\n"));
	assert_false(e->is_cached);
	free(e);
}

static void
the_request_is_sent_once_and_anew(void **state)
{
	struct exchange *e = start(EXCHANGE_ANY);
	struct span all = span_str("GET / HTTP/1.1\r\n\r\n");

	(void)state;
	check_span(__FILE__, __LINE__, all, exchange_unsent(e), all, "all");
	exchange_note_sent(e, 5);
	assert_int_equal(exchange_unsent(e).n, all.n - 5);
	exchange_send_no_more(e);
	assert_int_equal(exchange_unsent(e).n, 0);
	exchange_begin(e);
	check_span(__FILE__, __LINE__, all, exchange_unsent(e), all, "anew");
	free(e);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_answer_is_understood_however_it_is_cut),
	    cmocka_unit_test(an_endless_refusal_is_read_as_far_as_there_is_room),
	    cmocka_unit_test(what_follows_the_answer_is_handed_on),
	    cmocka_unit_test(a_broken_connection_ends_no_answer),
	    cmocka_unit_test(a_cached_answer_is_known_by_its_age),
	    cmocka_unit_test(the_request_is_sent_once_and_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
