/* URLs of the command line. */
#include "http/url.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/edge.h"

static int
width(struct span s)
{
	return (int)s.n;
}

/* scheme user:password@host,port,path?query with "-" for what was not given. */
static void
url_text(const struct http_url *u, char *out, size_t cap)
{
	static const char *const names[] = {"http", "https", "unix"};

	snprintf(out, cap, "%s%s %s%.*s%s%.*s %s%.*s %u %.*s ?%.*s",
		 u->is_all_addresses ? "dns+" : "", names[u->scheme],
		 u->has_user ? "" : "-", width(u->user), (const char *)u->user.p,
		 u->has_password ? ":" : "", width(u->password),
		 (const char *)u->password.p, u->is_ipv6 ? "6:" : "", width(u->host),
		 (const char *)u->host.p, u->port, width(u->path),
		 (const char *)u->path.p, width(u->query), (const char *)u->query.p);
}

static void
a_url_is_read_as_users_type_it(void **state)
{
	static const struct {
		int line;
		const char *in, *want;
	} rows[] = {
	    {__LINE__, "host", "http - host 0  ?"},
	    {__LINE__, "host:8475", "http - host 8475  ?"},
	    {__LINE__, "127.0.0.1:65535", "http - 127.0.0.1 65535  ?"},
	    {__LINE__, "http://h", "http - h 0  ?"},
	    {__LINE__, "HTTPS://h:1/", "https - h 1 / ?"},
	    {__LINE__, "h/p", "http - h 0 /p ?"},
	    {__LINE__, "h?filter=tcp+port%2080", "http - h 0  ?filter=tcp+port%2080"},
	    {__LINE__, "h:1?a=http://x/y@z:9", "http - h 1  ?a=http://x/y@z:9"},
	    {__LINE__, "h/a?b?c", "http - h 0 /a ?b?c"},
	    {__LINE__, "h/a@b:c", "http - h 0 /a@b:c ?"},
	    {__LINE__, "u@h", "http u h 0  ?"},
	    {__LINE__, "u:p@h:1", "http u:p h 1  ?"},
	    {__LINE__, "u:@h", "http u: h 0  ?"},
	    {__LINE__, "@h", "http  h 0  ?"},
	    {__LINE__, "u:p:q@r@h", "http u:p:q@r h 0  ?"},
	    {__LINE__, "https://u%40x:p%2Fq@h:1/a", "https u%40x:p%2Fq h 1 /a ?"},
	    {__LINE__, "[::1]", "http - 6:::1 0  ?"},
	    {__LINE__, "http://[fe80::1%eth0]:8475/x", "http - 6:fe80::1%eth0 8475 /x ?"},
	    {__LINE__, "[fe80::1%25eth0]", "http - 6:fe80::1%25eth0 0  ?"},
	    {__LINE__, "[fe80::1%25]", "http - 6:fe80::1%25 0  ?"},
	    {__LINE__, "u:p@[::1]:2", "http u:p 6:::1 2  ?"},
	    {__LINE__, "dns+http://name", "dns+http - name 0  ?"},
	    {__LINE__, "DNS+HTTPS://name:443/?a", "dns+https - name 443 / ?a"},
	    {__LINE__, "unix:/run/d.sock", "unix - /run/d.sock 0  ?"},
	    {__LINE__, "unix:///run/d.sock?filter=icmp",
	     "unix - /run/d.sock 0  ?filter=icmp"},
	    {__LINE__, "unix:/a:b@c#d%", "unix - /a:b@c#d% 0  ?"},
	    {__LINE__, "http:80", "http - http 80  ?"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str(rows[i].in);
		uint8_t *p = edge_copy(in.p, in.n);
		struct http_url url;
		const char *wrong = http_url_parse(span_of(p, in.n), &url);
		char got[200];

		check_span(__FILE__, rows[i].line, in, span_str(wrong ? wrong : ""),
			   span_str(""), "accepted");
		url_text(&url, got, sizeof(got));
		check_span(__FILE__, rows[i].line, in, span_str(got),
			   span_str(rows[i].want), "parts");
		edge_free(p);
	}
}

static void
a_bad_url_says_what_is_wrong(void **state)
{
	static const struct {
		int line;
		struct span in;
		const char *phrase; /* a part of the message */
	} rows[] = {
	    {__LINE__, CHECK_BYTES(""), "empty"},
	    {__LINE__, CHECK_BYTES("http://"), "host is missing"},
	    {__LINE__, CHECK_BYTES("http:///a"), "host is missing"},
	    {__LINE__, CHECK_BYTES(":80"), "host is missing"},
	    {__LINE__, CHECK_BYTES("/path"), "host is missing"},
	    {__LINE__, CHECK_BYTES("?a"), "host is missing"},
	    {__LINE__, CHECK_BYTES("u:p@"), "host is missing"},
	    {__LINE__, CHECK_BYTES("u@:1"), "host is missing"},
	    {__LINE__, CHECK_BYTES("ftp://h"), "unknown scheme"},
	    {__LINE__, CHECK_BYTES("://h"), "unknown scheme"},
	    {__LINE__, CHECK_BYTES("httpx://h"), "unknown scheme"},
	    {__LINE__, CHECK_BYTES("dns+ftp://h"), "unknown scheme"},
	    {__LINE__, CHECK_BYTES("unix:run/d.sock"), "must start with /"},
	    {__LINE__, CHECK_BYTES("unix:"), "must start with /"},
	    {__LINE__, CHECK_BYTES("unix://h/d.sock"), "must start with /"},
	    {__LINE__, CHECK_BYTES("unix:/d?a=%"), "percent-encoded"},
	    {__LINE__, CHECK_BYTES("h:"), "port"},
	    {__LINE__, CHECK_BYTES("h:0"), "port"},
	    {__LINE__, CHECK_BYTES("h:65536"), "port"},
	    {__LINE__, CHECK_BYTES("h:+80"), "port"},
	    {__LINE__, CHECK_BYTES("h:80a"), "port"},
	    {__LINE__, CHECK_BYTES("h:1:2"), "port"},
	    {__LINE__, CHECK_BYTES("[::1]80"), "port"},
	    {__LINE__, CHECK_BYTES("::1"), "brackets"},
	    {__LINE__, CHECK_BYTES("fe80::1"), "brackets"},
	    {__LINE__, CHECK_BYTES("[::1"), "closing bracket"},
	    {__LINE__, CHECK_BYTES("[]"), "not an IPv6"},
	    {__LINE__, CHECK_BYTES("[1.2.3.4]"), "not an IPv6"},
	    {__LINE__, CHECK_BYTES("[::g]"), "not an IPv6"},
	    {__LINE__, CHECK_BYTES("[fe80::1%]"), "zone"},
	    {__LINE__, CHECK_BYTES("[fe80::1%25a%b]"), "zone"},
	    {__LINE__, CHECK_BYTES("[fe80::1%et/h]"), "closing bracket"},
	    {__LINE__, CHECK_BYTES("1.2.3"), "not a name"},
	    {__LINE__, CHECK_BYTES("300.1.1.1"), "not a name"},
	    {__LINE__, CHECK_BYTES("a,b"), "not a name"},
	    {__LINE__, CHECK_BYTES("a..b"), "not a name"},
	    {__LINE__, CHECK_BYTES("a%41"), "not a name"},
	    {__LINE__, CHECK_BYTES("h#f"), "fragment"},
	    {__LINE__, CHECK_BYTES("h/a#f"), "fragment"},
	    {__LINE__, CHECK_BYTES("h?a#f"), "fragment"},
	    {__LINE__, CHECK_BYTES("h/%"), "percent-encoded"},
	    {__LINE__, CHECK_BYTES("h/<"), "percent-encoded"},
	    {__LINE__, CHECK_BYTES("h?%4"), "percent-encoded"},
	    {__LINE__, CHECK_BYTES("h?a\"b"), "percent-encoded"},
	    {__LINE__, CHECK_BYTES("u:100%@h"), "%25"},
	    {__LINE__, CHECK_BYTES("u%4:p@h"), "%25"},
	    {__LINE__, CHECK_BYTES("h?filter=a b"), "space"},
	    {__LINE__, CHECK_BYTES("u:p\n@h"), "control"},
	    {__LINE__, CHECK_BYTES("h\0"), "control"},
	    {__LINE__, CHECK_BYTES("h/\x7f"), "control"},
	    {__LINE__, CHECK_BYTES("h\r\nA: b"), "control"},
	    {__LINE__, CHECK_BYTES("b\xc3\xbc"), "ASCII"},
	    {__LINE__, CHECK_BYTES("unix:/a b"), "space"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		uint8_t *p = edge_copy(rows[i].in.p, rows[i].in.n);
		struct http_url url;
		const char *wrong = http_url_parse(span_of(p, rows[i].in.n), &url);

		if (wrong == NULL || strstr(wrong, rows[i].phrase) == NULL)
			check_span(__FILE__, rows[i].line, rows[i].in,
				   span_str(wrong ? wrong : "accepted"),
				   span_str(rows[i].phrase), "message");
		edge_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_url_is_read_as_users_type_it),
	    cmocka_unit_test(a_bad_url_says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
