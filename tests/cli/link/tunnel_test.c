/* What proxies answer to CONNECT, in pieces of every size. */
#include "cli/link/tunnel.h"

#include <string.h>

#include "cli/target/target.h"
#include "support/check.h"
#include "support/split.h"

struct row {
	int line;
	const char *answer;
	enum tunnel_result result; /* MORE: tunnel_end is called */
	const char *words;	   /* of a refusal, or the reason */
};

static const struct row rows[] = {
    {__LINE__, "HTTP/1.1 200 Connection established\r\n\r\n", TUNNEL_OPEN, ""},
    {__LINE__, "HTTP/1.0 200 \r\nContent-Length: 7\r\n\r\n", TUNNEL_OPEN, ""},
    {__LINE__, "HTTP/1.1 299 x\r\nTransfer-Encoding: chunked\r\n\r\n", TUNNEL_OPEN, ""},
    {__LINE__, "HTTP/1.1 102 a\r\n\r\nHTTP/1.1 103 b\r\n\r\nHTTP/1.1 200 c\r\n\r\n",
     TUNNEL_OPEN, ""},
    {__LINE__, "HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n", TUNNEL_REFUSED,
     "407 Auth"},
    {__LINE__,
     "HTTP/1.1 403 No\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nnot",
     TUNNEL_REFUSED, "403 No: not"},
    {__LINE__, "HTTP/1.1 403 No\r\nContent-Type: text/plain\r\n\r\nnot", TUNNEL_MORE,
     "403 No: not"},
    {__LINE__,
     "HTTP/1.1 503 \r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
     "2\r\nno\r\nx\r\n",
     TUNNEL_REFUSED, "503 Service Unavailable: no"},
    {__LINE__, "HTTP/1.1 301 x\r\nLocation: http://y/\r\nContent-Length: 0\r\n\r\n",
     TUNNEL_REFUSED, "301 x: redirects are not followed; it names http://y/"},
    {__LINE__, "HTTP/1.1 200 x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
     TUNNEL_BAD, "the response has a bad length or transfer coding"},
    {__LINE__, "HTTP/2 200 x\r\n\r\n", TUNNEL_BAD, "the response is not HTTP"},
    {__LINE__, "HTTP/1.1 20", TUNNEL_MORE, "it closed the connection without an answer"},
};

static void
init(struct tunnel *t)
{
	struct target target;
	struct proxy p;

	assert_null(proxy_parse(&p, "p:80"));
	assert_null(target_parse(&target, "db1"));
	assert_true(tunnel_init(t, &p, &target));
}

static void
check(void *ctx, const struct span *pieces, size_t count, const char *how)
{
	const struct row *row = ctx;
	struct span in = span_str(row->answer);
	enum tunnel_result result = TUNNEL_MORE;
	char mem[512];
	struct text words;
	struct tunnel t;

	init(&t);
	for (size_t i = 0; i < count && result == TUNNEL_MORE; i++)
		result = tunnel_feed(&t, pieces[i]);
	check_u64(__FILE__, row->line, in, result, row->result, how);
	if (result == TUNNEL_MORE)
		result = tunnel_end(&t);
	text_init(&words, mem, sizeof(mem));
	if (result == TUNNEL_REFUSED)
		refusal_put(&t.refusal, &words);
	else if (result == TUNNEL_BAD)
		text_str(&words, t.reason);
	check_span(__FILE__, row->line, in, text_span(&words), span_str(row->words), how);
}

static void
test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		split_all(rows[i].answer, strlen(rows[i].answer), check,
			  (void *)&rows[i]);
}

/* A refusal that goes on for ever is looked at as far as there is room. */
static void
test_endless_refusal(void **state)
{
	uint8_t piece[1000] = {0};
	struct tunnel t;
	int n = 0;

	(void)state;
	init(&t);
	assert_int_equal(tunnel_feed(&t, span_str("HTTP/1.1 500 x\r\n\r\n")),
			 TUNNEL_MORE);
	while (tunnel_feed(&t, span_of(piece, sizeof(piece))) == TUNNEL_MORE)
		n++;
	assert_int_equal(n, REFUSAL_BODY_MAX / 1000);
}

/* Nobody but the client may speak first. */
static void
test_early_bytes(void **state)
{
	struct tunnel t;

	(void)state;
	init(&t);
	assert_int_equal(tunnel_feed(&t, span_str("HTTP/1.1 200 x\r\n\r\ny")),
			 TUNNEL_BAD);
	assert_string_equal(t.reason, "it sends more than its answer");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_endless_refusal),
	    cmocka_unit_test(test_early_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
