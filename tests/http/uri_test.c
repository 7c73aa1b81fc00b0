/* Host names, addresses and ports as URIs and Host fields hold them. */
#include "http/uri.h"

#include <string.h>

#include "support/check.h"
#include "support/edge.h"

typedef bool is_fn(struct span s);

struct row {
	int line;
	const char *in;
	bool want;
};

static void
run(const struct row *rows, size_t n, is_fn *is)
{
	for (size_t i = 0; i < n; i++) {
		struct span in = span_str(rows[i].in);
		uint8_t *p = edge_copy(in.p, in.n);

		check_u64(__FILE__, rows[i].line, in, is(span_of(p, in.n)), rows[i].want,
			  "accepted");
		edge_free(p);
	}
}

#define LABEL_50 "a123456789b123456789c123456789d123456789e123456789"

static void
a_host_is_a_name_or_an_address(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, "a", true},
	    {__LINE__, "localhost", true},
	    {__LINE__, "worker-1.ddump_x.svc.", true},
	    {__LINE__, "xn--bcher-kva.example", true},
	    {__LINE__, "8475", true},
	    {__LINE__, "127.0.0.1", true},
	    {__LINE__, "255.255.255.255", true},
	    {__LINE__, "1.2.3.4.in-addr.arpa", true},
	    {__LINE__, LABEL_50 LABEL_50 LABEL_50 LABEL_50 LABEL_50 "abc", true},
	    {__LINE__, LABEL_50 LABEL_50 LABEL_50 LABEL_50 LABEL_50 "abcd", false},
	    {__LINE__, "", false},
	    {__LINE__, ".", false},
	    {__LINE__, ".a", false},
	    {__LINE__, "a..b", false},
	    {__LINE__, "a..", false},
	    {__LINE__, "256.0.0.1", false},
	    {__LINE__, "1.2.3", false},
	    {__LINE__, "1.2.3.4.5", false},
	    {__LINE__, "1.2.3.4.", false},
	    {__LINE__, "01.2.3.4", false},
	    {__LINE__, "10.1", false},
	    {__LINE__, "a b", false},
	    {__LINE__, "a,b", false},
	    {__LINE__, "a@b", false},
	    {__LINE__, "a/b", false},
	    {__LINE__, "a:b", false},
	    {__LINE__, "a%2eb", false},
	    {__LINE__, "a\xc3\xa4", false},
	    {__LINE__, "a\"", false},
	    {__LINE__, "*", false},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows), http_uri_is_host);
}

static void
an_ipv6_address_has_one_gap_at_most(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, "::", true},
	    {__LINE__, "::1", true},
	    {__LINE__, "1::", true},
	    {__LINE__, "fe80::a:B", true},
	    {__LINE__, "1:2:3:4:5:6:7:8", true},
	    {__LINE__, "1:2:3:4:5:6:7::", true},
	    {__LINE__, "::2:3:4:5:6:7:8", true},
	    {__LINE__, "1::3:4:5:6:7:8", true},
	    {__LINE__, "::ffff:192.0.2.1", true},
	    {__LINE__, "1:2:3:4:5:6:192.0.2.1", true},
	    {__LINE__, "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", true},
	    {__LINE__, "", false},
	    {__LINE__, ":", false},
	    {__LINE__, ":::", false},
	    {__LINE__, "1", false},
	    {__LINE__, "1:", false},
	    {__LINE__, ":1", false},
	    {__LINE__, "1:2:3:4:5:6:7", false},
	    {__LINE__, "1:2:3:4:5:6:7:", false},
	    {__LINE__, "1:2:3:4:5:6:7:8:9", false},
	    {__LINE__, "1:2:3:4:5:6:7:8::", false},
	    {__LINE__, "1:2:3:4::5:6:7:8", false},
	    {__LINE__, "1::2::3", false},
	    {__LINE__, "::1::", false},
	    {__LINE__, "::1:", false},
	    {__LINE__, ":::1", false},
	    {__LINE__, "1:::2", false},
	    {__LINE__, "12345::", false},
	    {__LINE__, "g::", false},
	    {__LINE__, "192.0.2.1", false},
	    {__LINE__, "::192.0.2", false},
	    {__LINE__, "::192.0.2.1:1", false},
	    {__LINE__, "::192.0.2.256", false},
	    {__LINE__, "1:2:3:4:5:6:7:192.0.2.1", false},
	    {__LINE__, "::1%eth0", false},
	    {__LINE__, "::1 ", false},
	    {__LINE__, "0000000000000000000000000000000000000000000001::", false},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows), http_uri_is_ipv6);
}

static void
an_authority_is_a_host_and_a_port(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, "a", true},
	    {__LINE__, "a:1", true},
	    {__LINE__, "a:65535", true},
	    {__LINE__, "127.0.0.1:8475", true},
	    {__LINE__, "[::1]", true},
	    {__LINE__, "[::1]:8475", true},
	    {__LINE__, "", false},
	    {__LINE__, ":80", false},
	    {__LINE__, "a:", false},
	    {__LINE__, "a:0", false},
	    {__LINE__, "a:65536", false},
	    {__LINE__, "a:000080", false},
	    {__LINE__, "a:+80", false},
	    {__LINE__, "a:80:80", false},
	    {__LINE__, "::1", false},
	    {__LINE__, "[", false},
	    {__LINE__, "[]", false},
	    {__LINE__, "[::1", false},
	    {__LINE__, "[::1]x", false},
	    {__LINE__, "[::1]80", false},
	    {__LINE__, "[::1]:", false},
	    {__LINE__, "[::1%25eth0]", false},
	    {__LINE__, "[127.0.0.1]", false},
	    {__LINE__, "[v1.a]", false},
	    {__LINE__, "u@a", false},
	    {__LINE__, "a/", false},
	    {__LINE__, "a b", false},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows), http_uri_is_authority);
}

static void
only_characters_of_a_uri_pass(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		uint8_t byte = (uint8_t)c;
		bool is_path =
		    c != 0 && c < 128 &&
		    strchr(
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			"/-._~!$&'()*+,;=:@",
			(int)c) != NULL;
		bool is_query = is_path || c == '?' || c == '[' || c == ']';

		check_u64(__FILE__, __LINE__, span_of(&byte, 1),
			  http_uri_is_path(span_of(&byte, 1)), is_path, "path");
		check_u64(__FILE__, __LINE__, span_of(&byte, 1),
			  http_uri_is_query(span_of(&byte, 1)), is_query, "query");
	}
	assert_true(http_uri_is_path(span_str("%00%fF")));
	assert_false(http_uri_is_path(span_str("%0")));
	assert_false(http_uri_is_path(span_str("%0g")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_host_is_a_name_or_an_address),
	    cmocka_unit_test(an_ipv6_address_has_one_gap_at_most),
	    cmocka_unit_test(an_authority_is_a_host_and_a_port),
	    cmocka_unit_test(only_characters_of_a_uri_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
