/* Request targets, queries and percent-decoding. */
#include "http/target.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "support/check.h"
#include "support/edge.h"
#include "support/rng.h"

static void
a_request_target_is_a_path_and_a_query(void **state)
{
	static const struct {
		int line;
		const char *in;
		const char *want; /* authority|path|query, with "?" when there is one */
	} rows[] = {
	    {__LINE__, "/", "|/|"},
	    {__LINE__, "/capture?filter=tcp+port%2080&x",
	     "|/capture|?filter=tcp+port%2080&x"},
	    {__LINE__, "/?", "|/|?"},
	    {__LINE__, "/a?b?c/d", "|/a|?b?c/d"},
	    {__LINE__, "//x/y", "|//x/y|"},
	    {__LINE__, "/a:@!$&'()*+,;=-._~%00%ff", "|/a:@!$&'()*+,;=-._~%00%ff|"},
	    {__LINE__, "/?tcp[13]", "|/|?tcp[13]"},
	    {__LINE__, "http://h/", "h|/|"},
	    {__LINE__, "HTTPS://Host:8475/a?b", "Host:8475|/a|?b"},
	    {__LINE__, "http://h", "h|/|"},
	    {__LINE__, "http://h?q", "h|/|?q"},
	    {__LINE__, "http://[::1]:80/a", "[::1]:80|/a|"},
	    {__LINE__, "", NULL},
	    {__LINE__, "*", "|*|"},
	    {__LINE__, "**", NULL},
	    {__LINE__, "*?a", NULL},
	    {__LINE__, "a/b", NULL},
	    {__LINE__, "host:80", NULL},
	    {__LINE__, "http:/h/", NULL},
	    {__LINE__, "http://", NULL},
	    {__LINE__, "http:///a", NULL},
	    {__LINE__, "http://?a", NULL},
	    {__LINE__, "http://:80/", NULL},
	    {__LINE__, "ftp://h/", NULL},
	    {__LINE__, "http://u@h/", NULL},
	    {__LINE__, "http://u:p@h/", NULL},
	    {__LINE__, "http://h:0/", NULL},
	    {__LINE__, "http://h:/", NULL},
	    {__LINE__, "http://h:65536/", NULL},
	    {__LINE__, "http://h,i/", NULL},
	    {__LINE__, "http://[::1/", NULL},
	    {__LINE__, "http://h#f", NULL},
	    {__LINE__, "/#f", NULL},
	    {__LINE__, "/?#f", NULL},
	    {__LINE__, "/%", NULL},
	    {__LINE__, "/%4", NULL},
	    {__LINE__, "/%4g", NULL},
	    {__LINE__, "/?%x0", NULL},
	    {__LINE__, "/?%4", NULL},
	    {__LINE__, "/a[b]", NULL},
	    {__LINE__, "/\\", NULL},
	    {__LINE__, "/?a\"b", NULL},
	    {__LINE__, "/<", NULL},
	    {__LINE__, "/?a|b", NULL},
	    {__LINE__, "/?a^b", NULL},
	    {__LINE__, "/?a`b", NULL},
	    {__LINE__, "/?{}", NULL},
	    {__LINE__, "/ ", NULL},
	    {__LINE__, "/\xc3\xa4", NULL},
	    {__LINE__, "/\x7f", NULL},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str(rows[i].in);
		uint8_t *p = edge_copy(in.p, in.n);
		struct http_target t;
		bool ok = http_target_parse(span_of(p, in.n), &t);
		char got[200];

		check_u64(__FILE__, rows[i].line, in, ok, rows[i].want != NULL,
			  "accepted");
		snprintf(got, sizeof(got), "%.*s|%.*s|%s%.*s", (int)t.authority.n,
			 (const char *)t.authority.p, (int)t.path.n,
			 (const char *)t.path.p, t.has_query ? "?" : "", (int)t.query.n,
			 (const char *)t.query.p);
		if (ok)
			check_span(__FILE__, rows[i].line, in, span_str(got),
				   span_str(rows[i].want), "parts");
		edge_free(p);
	}
}

/* Pairs as name=value; with a last letter for the result: E(nd), B(ad), L(ong). */
static void
query_text(struct span query, size_t cap, char *out, size_t out_cap)
{
	enum http_query_result result;
	uint8_t *mem = edge_copy("0123456789012345678901234567890123456789", cap);
	struct text t;
	struct span name, value;

	text_init(&t, out, out_cap);
	while ((result = http_target_next(&query, mem, cap, &name, &value)) ==
	       HTTP_QUERY_PAIR) {
		text_escape(&t, name);
		text_char(&t, '=');
		text_escape(&t, value);
		text_char(&t, ';');
	}
	text_str(&t, result == HTTP_QUERY_END	? "E"
		     : result == HTTP_QUERY_BAD ? "B"
						: "L");
	text_cstr(&t);
	edge_free(mem);
}

static void
a_query_is_names_and_values(void **state)
{
	static const struct {
		int line;
		struct span in;
		size_t cap;
		const char *want;
	} rows[] = {
	    {__LINE__, CHECK_BYTES(""), 0, "E"},
	    {__LINE__, CHECK_BYTES("&&&"), 0, "E"},
	    {__LINE__, CHECK_BYTES("a=1&b=2"), 2, "a=1;b=2;E"},
	    {__LINE__, CHECK_BYTES("a=1&&b=2&"), 2, "a=1;b=2;E"},
	    {__LINE__, CHECK_BYTES("a"), 1, "a=;E"},
	    {__LINE__, CHECK_BYTES("a="), 1, "a=;E"},
	    {__LINE__, CHECK_BYTES("=a"), 1, "=a;E"},
	    {__LINE__, CHECK_BYTES("="), 0, "=;E"},
	    {__LINE__, CHECK_BYTES("a=b=c"), 4, "a=b=c;E"},
	    {__LINE__, CHECK_BYTES("f+g=tcp+port%2B80"), 14, "f g=tcp port+80;E"},
	    {__LINE__, CHECK_BYTES("%66=%26%3d%25"), 4, "f=&=%;E"},
	    {__LINE__, CHECK_BYTES("a=%2541"), 4, "a=%41;E"},
	    {__LINE__, CHECK_BYTES("a=%ff%0a"), 3, "a=\\xff\\x0a;E"},
	    {__LINE__, CHECK_BYTES("a=bc"), 2, "L"},
	    {__LINE__, CHECK_BYTES("abc"), 2, "L"},
	    {__LINE__, CHECK_BYTES("a=1&b=%41%42"), 2, "a=1;L"},
	    {__LINE__, CHECK_BYTES("a=%00"), 9, "B"},
	    {__LINE__, CHECK_BYTES("%00=a"), 9, "B"},
	    {__LINE__, CHECK_BYTES("a=\0"), 9, "B"},
	    {__LINE__, CHECK_BYTES("a=%"), 9, "B"},
	    {__LINE__, CHECK_BYTES("a=%4"), 9, "B"},
	    {__LINE__, CHECK_BYTES("a=%4&1=2"), 9, "B"},
	    {__LINE__, CHECK_BYTES("a=%4x"), 9, "B"},
	    {__LINE__, CHECK_BYTES("a=%+1"), 9, "B"},
	    {__LINE__, CHECK_BYTES("a=% 1"), 9, "B"},
	    {__LINE__, CHECK_BYTES("a=%u0041"), 9, "B"},
	    {__LINE__, CHECK_BYTES("ok=1&%=1"), 9, "ok=1;B"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		uint8_t *p = edge_copy(rows[i].in.p, rows[i].in.n);
		char got[200];

		query_text(span_of(p, rows[i].in.n), rows[i].cap, got, sizeof(got));
		check_span(__FILE__, rows[i].line, rows[i].in, span_str(got),
			   span_str(rows[i].want), "pairs");
		edge_free(p);
	}
}

/* decode(encode(x)) = x, for paths and queries, where x has no NUL. */
static void
what_is_encoded_is_decoded(void **state)
{
	uint64_t rng = rng_seed("percent round trip");
	uint8_t in[40], out[40];
	char mem[120];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t n = rng_below(&rng, sizeof(in)), size = 0;
		struct text t;
		struct http_target target;

		for (size_t i = 0; i < n; i++)
			in[i] = (uint8_t)(1 + rng_below(&rng, 255));
		text_init(&t, mem, sizeof(mem));
		text_char(&t, '/');
		text_percent(&t, span_of(in, n));
		assert_true(http_target_parse(text_span(&t), &target));
		assert_true(http_target_decode(span_of(mem + 1, t.n - 1), round % 2, out,
					       n, &size));
		check_span(__FILE__, __LINE__, text_span(&t), span_of(out, size),
			   span_of(in, n), "back");
		if (n > 0)
			assert_false(http_target_decode(span_of(mem + 1, t.n - 1),
							round % 2, out, n - 1, &size));
	}
	assert_true(http_target_decode(span_str("a+b"), false, out, 3, &(size_t){0}));
	assert_memory_equal(out, "a+b", 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_target_is_a_path_and_a_query),
	    cmocka_unit_test(a_query_is_names_and_values),
	    cmocka_unit_test(what_is_encoded_is_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
