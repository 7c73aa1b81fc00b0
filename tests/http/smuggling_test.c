/*
 * Odd requests that servers in the wild read differently, most with a second request that
 * would be smuggled. Each one must end in 400 (413 where it has a body) and a close, before any request was seen,
 * however its bytes arrive.
 */
#include "http/server.h"

#include <string.h>

#include "support/check.h"
#include "support/split.h"

struct row {
	int line;
	struct span in;
};

static struct http_server server;
static unsigned status; /* that the rows end in */

/* True when the engine has refused. A request that gets through fails the test. */
static bool
is_refused(const struct row *row, const char *how)
{
	switch (http_server_next(&server)) {
	case HTTP_SERVER_MORE:
		return false;
	case HTTP_SERVER_ERROR:
		check_u64(__FILE__, row->line, row->in, server.status, status, how);
		check_true(__FILE__, row->line, row->in, !http_server_answered(&server),
			   how);
		check_u64(__FILE__, row->line, row->in, http_server_next(&server),
			  HTTP_SERVER_MORE, "closed for good");
		return true;
	case HTTP_SERVER_REQUEST:
		break;
	}
	check_true(__FILE__, row->line, row->in, false, how);
	return true;
}

static void
run_row(void *ctx, const struct span *pieces, size_t count, const char *how)
{
	const struct row *row = ctx;

	http_server_init(&server);
	for (size_t i = 0; i < count; i++) {
		size_t n;
		uint8_t *space = http_server_space(&server, &n);

		check_true(__FILE__, row->line, row->in, n >= pieces[i].n, "room");
		memcpy(space, pieces[i].p, pieces[i].n);
		http_server_received(&server, pieces[i].n);
		if (is_refused(row, how))
			return;
	}
	check_true(__FILE__, row->line, row->in, false, "not refused, waits for more");
}

#define H	  "Host: a\r\n"
#define G(fields) CHECK_BYTES("GET / HTTP/1.1\r\n" H fields "\r\n")
#define P(rest)	  CHECK_BYTES("POST / HTTP/1.1\r\n" H rest)
#define NEXT	  "GET /next HTTP/1.1\r\n" H "\r\n"
#define CHUNKED	  "Transfer-Encoding: chunked\r\n"

static const struct row rows[] = {
    {__LINE__, CHECK_BYTES("\nGET / HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES(" GET / HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET  / HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET /  HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1 \r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET\t/ HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET /\tHTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET /\vHTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET / http/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1x\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/01.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.01\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP /1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET /\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / \r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\n" H "\n" NEXT)},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\n" H "\r" NEXT)},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\n"
			   "Host: a\n\n")},
    {__LINE__, CHECK_BYTES("G\0ET / HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET /\0 HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET /a b HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET /#f HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET /%zz HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET /\x80 HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET /\\ HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET * HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("CONNECT a:80 HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET a HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("\"GET\" / HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET: / HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1 HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET http://b/ HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET http://a:80/ HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET http://x@a/ HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET http:///a HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET ftp://a/ HTTP/1.1\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET http://a/ HTTP/1.0\r\nHost: b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.0\r\n" H H "\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.0\r\nHost: a b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost:\r\nHost:\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost:\r\n" H "\r\n")},
    {__LINE__, CHECK_BYTES("GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a:\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a:0\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a:x\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: ::1\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: *\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a%20b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a%\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a..b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: .a\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: 1.2.3\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a?b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a#b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a\"\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a;b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: http://a\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a\tb\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: \xc3\xa4\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\n" H H "\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\n" H "host: b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost : a\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\n Host: a\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n")},
    {__LINE__, CHECK_BYTES("GET / HTTP/1.1\r\nHost\r\n\r\n")},
    {__LINE__, G("A\r\n")},
    {__LINE__, G(": b\r\n")},
    {__LINE__, G("A : b\r\n")},
    {__LINE__, G("A\t: b\r\n")},
    {__LINE__, G(" A: b\r\n")},
    {__LINE__, G("A: b\r\n c\r\n")},
    {__LINE__, G("A: b\r\n\tc\r\n")},
    {__LINE__, G("A: b\n")},
    {__LINE__, G("A: b\nC: d\r\n")},
    {__LINE__, G("A: b\rC: d\r\n")},
    {__LINE__, G("A: b\r\r\n")},
    {__LINE__, G("A: \0\r\n")},
    {__LINE__, G("A: \x01\r\n")},
    {__LINE__, G("A: \x7f\r\n")},
    {__LINE__, G("A: \v\r\n")},
    {__LINE__, G("A: \x1b[2J\r\n")},
    {__LINE__, G("A\0: b\r\n")},
    {__LINE__, G("(A): b\r\n")},
    {__LINE__, G("A\"B: c\r\n")},
    {__LINE__, G("A B: c\r\n")},
    {__LINE__, G("\xe4: b\r\n")},
    {__LINE__, G("A/B: c\r\n")},
    {__LINE__, G("A[: c\r\n")},
    {__LINE__, G("\r: a\r\n")},
    {__LINE__, G("Connection: host\r\n")},
    {__LINE__, G("Connection: close, Content-Length\r\n")},
    {__LINE__, G("Connection: x,transfer-encoding\r\n")},
    {__LINE__, P("Content-Length: 5, 5\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5,5\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5, 6\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5,\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: +5\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: -5\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: -0\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 0x5\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 05\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 00\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5 ;\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5;a\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5.0\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5e0\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5 5\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5\t5\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: \"5\"\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: \r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: a\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 18446744073709551616\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 18446744073709551621\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 99999999999999999999999999\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: \xb2\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5\v\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5_0\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5\0\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5\r\ncontent-length: 0\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length : 5\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length\r\n : 5\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length:\r\n 5\r\n\r\nhello" NEXT)},
    {__LINE__, P(" Content-Length: 5\r\n\r\nhello" NEXT)},
    {__LINE__, P("A: b\nContent-Length: 5\r\n\r\nhello" NEXT)},
    {__LINE__, P("A: b\rContent-Length: 5\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content_Length: 5\r\n\r\nhello" NEXT)},
    {__LINE__, P("Transfer_Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chunked,chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: , chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: deflate,chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chunked ;\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: 'chunked'\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: \r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chun ked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chunked\v\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: \0chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: x\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: cow, chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chunked\xa0\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: \xff\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chunked chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: trailers\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding: chunked\r\n ,x\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "Content-Length: 5\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Content-Length: 5\r\n" CHUNKED "\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Content-Length: 0\r\n" CHUNKED "\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Content-Length: 5\r\nTransfer-Encoding: identity\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 5\r\nTransfer-Encoding:\r\n\r\nhello" NEXT)},
    {__LINE__, P(CHUNKED CHUNKED "\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P(" Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("A: b\n" CHUNKED "\r\n0\r\n\r\n" NEXT)},
    {__LINE__, CHECK_BYTES("POST / HTTP/1.0\r\n" H CHUNKED "\r\n0\r\n\r\n" NEXT)},
    {__LINE__,
     CHECK_BYTES("POST / HTTP/1.0\r\n" H CHUNKED "Content-Length: 5\r\n\r\n0\r\n\r\n")},
};

/* Bodies of any form are refused by their heads: nothing behind those is looked at. */
static const struct row bodies[] = {
    {__LINE__, P(CHUNKED "\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n 0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0 \r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0\t\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0 ;a\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n+0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n-0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n-1\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0x0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0X1\r\na\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0\r\n\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0\n\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0\r\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0\r\n\r\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n1\r\nab\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n1\r\na\n0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n1\r\na0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n1\r\na\r0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n1\na\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n00000000000000000\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n10000000000000000\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n10000000000000001\r\na\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\nfffffffffffffffff\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\ng\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0h\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0\0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0;a\nb\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0;a\rb\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0;\0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0;a=\"\n\"\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n1;\n\r\na\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0\r\nA: b\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0\r\nContent-Length: 5\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0\r\n A: b\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0\r\nA\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0\r\nA : b\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0,0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n1_0\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n\"0\"\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0.0\r\n\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n0\r\n" NEXT)},
    {__LINE__, P(CHUNKED "\r\n3\r\nabc\r\n0\r\n\r\n" NEXT)},
    {__LINE__, P("Content-Length: 5\r\n\r\nhello" NEXT)},
    {__LINE__, P("Content-Length: 18446744073709551615\r\n\r\nhello" NEXT)},
    {__LINE__, P("Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello" NEXT)},
};

static void
refuse_all(const struct row *list, size_t n, unsigned wanted)
{
	status = wanted;
	for (size_t i = 0; i < n; i++)
		split_all(list[i].in.p, list[i].in.n, run_row,
			  (void *)(uintptr_t)&list[i]);
}

static void
what_servers_read_differently_is_refused(void **state)
{
	(void)state;
	assert_true(CHECK_COUNT(rows) + CHECK_COUNT(bodies) >= 200);
	refuse_all(rows, CHECK_COUNT(rows), 400);
}

static void
a_body_is_refused_before_the_request_behind_it_is_read(void **state)
{
	(void)state;
	refuse_all(bodies, CHECK_COUNT(bodies), 413);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_servers_read_differently_is_refused),
	    cmocka_unit_test(a_body_is_refused_before_the_request_behind_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
