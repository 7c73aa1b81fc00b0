/* Text: cutting at whole calls, numbers, and the escapes with independent decoders. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/edge.h"
#include "support/rng.h"

typedef void put_fn(struct text *t, struct span s);

struct row {
	int line;
	struct span in;
	const char *want;
};

/* Every row once with room to spare, and once with each size that does not suffice. */
static void
run(const struct row *rows, size_t n, put_fn *put)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t *in = edge_copy(rows[i].in.p, rows[i].in.n);
		struct span want = span_str(rows[i].want);

		for (size_t cap = 0; cap <= want.n; cap++) {
			char *mem = (char *)edge_copy(rows[i].want, cap);
			struct text t;

			text_init(&t, mem, cap);
			put(&t, span_of(in, rows[i].in.n));
			check_u64(__FILE__, rows[i].line, rows[i].in, t.is_cut,
				  cap < want.n, "is_cut");
			check_span(__FILE__, rows[i].line, rows[i].in, text_span(&t),
				   t.is_cut ? span_str("") : want, "text");
			edge_free((uint8_t *)mem);
		}
		edge_free(in);
	}
}

static void
what_is_not_printable_is_escaped(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES(""), ""},
	    {__LINE__, CHECK_BYTES("a b~"), "a b~"},
	    {__LINE__, CHECK_BYTES("\x1b[31m"), "\\x1b[31m"},
	    {__LINE__, CHECK_BYTES("\0\r\n\t"), "\\x00\\x0d\\x0a\\x09"},
	    {__LINE__, CHECK_BYTES("\\x41"), "\\x5cx41"},
	    {__LINE__, CHECK_BYTES("\x7f\x80\xff"), "\\x7f\\x80\\xff"},
	    {__LINE__, CHECK_BYTES("\xc2\x9b"), "\\xc2\\x9b"},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows), text_escape);
}

#define FFFD "\xef\xbf\xbd"

static void
json_strings_are_escaped(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES(""), "\"\""},
	    {__LINE__, CHECK_BYTES("eth0"), "\"eth0\""},
	    {__LINE__, CHECK_BYTES("\"\\/"), "\"\\\"\\\\/\""},
	    {__LINE__, CHECK_BYTES("\0\n\x1f\x7f"), "\"\\u0000\\u000a\\u001f\\u007f\""},
	    {__LINE__, CHECK_BYTES("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0"),
	     "\"\\u0080\\u009b\\u009f\xc2\xa0\""},
	    {__LINE__, CHECK_BYTES("\xd8\x9b\xd8\x9c\xd8\x9d"),
	     "\"\xd8\x9b\\u061c\xd8\x9d\""},
	    {__LINE__, CHECK_BYTES("\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90"),
	     "\"\xe2\x80\x8d\\u200e\\u200f\xe2\x80\x90\""},
	    {__LINE__, CHECK_BYTES("\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf"),
	     "\"\xe2\x80\xa9\\u202a\\u202e\xe2\x80\xaf\""},
	    {__LINE__, CHECK_BYTES("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa"),
	     "\"\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa\""},
	    {__LINE__, CHECK_BYTES("\xdf\xbf"), "\"\xdf\xbf\""},
	    {__LINE__, CHECK_BYTES("\xe0\xa0\x80"), "\"\xe0\xa0\x80\""},
	    {__LINE__, CHECK_BYTES("\xed\x9f\xbf"), "\"\xed\x9f\xbf\""},
	    {__LINE__, CHECK_BYTES("\xef\xbf\xbf"), "\"\xef\xbf\xbf\""},
	    {__LINE__, CHECK_BYTES("\xf0\x90\x80\x80"), "\"\xf0\x90\x80\x80\""},
	    {__LINE__, CHECK_BYTES("\xf4\x8f\xbf\xbf"), "\"\xf4\x8f\xbf\xbf\""},
	    {__LINE__, CHECK_BYTES("\x80"), "\"" FFFD "\""},
	    {__LINE__, CHECK_BYTES("\xc2"), "\"" FFFD "\""},
	    {__LINE__, CHECK_BYTES("\xc2\x41"), "\"" FFFD "A\""},
	    {__LINE__, CHECK_BYTES("\xc0\x80"), "\"" FFFD FFFD "\""},
	    {__LINE__, CHECK_BYTES("\xc1\xbf"), "\"" FFFD FFFD "\""},
	    {__LINE__, CHECK_BYTES("\xe0\x9f\xbf"), "\"" FFFD FFFD FFFD "\""},
	    {__LINE__, CHECK_BYTES("\xed\xa0\x80"), "\"" FFFD FFFD FFFD "\""},
	    {__LINE__, CHECK_BYTES("\xe2\x82"), "\"" FFFD FFFD "\""},
	    {__LINE__, CHECK_BYTES("\xe2\x82\x22"), "\"" FFFD FFFD "\\\"\""},
	    {__LINE__, CHECK_BYTES("\xf0\x8f\xbf\xbf"), "\"" FFFD FFFD FFFD FFFD "\""},
	    {__LINE__, CHECK_BYTES("\xf4\x90\x80\x80"), "\"" FFFD FFFD FFFD FFFD "\""},
	    {__LINE__, CHECK_BYTES("\xf0\x90\x80"), "\"" FFFD FFFD FFFD "\""},
	    {__LINE__, CHECK_BYTES("\xf5\xff"), "\"" FFFD FFFD "\""},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows), text_json);
}

static void
what_is_no_printable_utf8_is_replaced(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES("\"\\\xc3\xa4\x1b\x7f"), "\"\\\xc3\xa4" FFFD FFFD},
	    {__LINE__, CHECK_BYTES("\xc2\x9b\xd8\x9c\xe2\x80\xae\xe2\x81\xa6"),
	     FFFD FFFD FFFD FFFD},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		char mem[64];
		struct text t;

		text_init(&t, mem, sizeof(mem));
		text_utf8(&t, rows[i].in);
		check_span(__FILE__, rows[i].line, rows[i].in, text_span(&t),
			   span_str(rows[i].want), "text");
	}
}

static void
bytes_become_two_digits_each(void **state)
{
	char mem[8];
	struct text t;

	(void)state;
	text_init(&t, mem, sizeof(mem));
	text_hex(&t, span_of("\x00\x9f\xff", 3));
	assert_string_equal(text_cstr(&t), "009fff");
	text_hex(&t, span_of("\x01\x02", 2));
	assert_true(t.is_cut && t.n == 6);
}

static void
what_a_url_reserves_is_percent_encoded(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES(""), ""},
	    {__LINE__, CHECK_BYTES("azAZ09-._~"), "azAZ09-._~"},
	    {__LINE__, CHECK_BYTES("tcp port 80"), "tcp%20port%2080"},
	    {__LINE__, CHECK_BYTES("a+b&c=d%/?#"), "a%2Bb%26c%3Dd%25%2F%3F%23"},
	    {__LINE__, CHECK_BYTES("\0\n\x7f\xff"), "%00%0A%7F%FF"},
	    {__LINE__, CHECK_BYTES("@[`{"), "%40%5B%60%7B"},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows), text_percent);
}

/* One code point by arithmetic on the bits, another way than the code under test. */
static size_t
decode_utf8(struct span s, uint32_t *cp)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = 0;

	for (unsigned bit = 0x80; n < 5 && (s.p[0] & bit) != 0; bit >>= 1)
		n++;
	*cp = s.p[0];
	if (n == 0)
		return 1;
	if (n == 1 || n > 4 || s.n < n)
		return 0;
	*cp &= 0xffU >> (n + 1);
	for (size_t i = 1; i < n; i++) {
		if (s.p[i] >> 6 != 2)
			return 0;
		*cp = *cp << 6 | (s.p[i] & 0x3f);
	}
	if (*cp < smallest[n] || *cp > 0x10ffff || (*cp >= 0xd800 && *cp <= 0xdfff))
		return 0;
	return n;
}

/* Reads a JSON string strictly (RFC 8259 section 7, the escapes that we use). */
static size_t
read_json(struct span json, uint8_t *out)
{
	size_t n = 0;
	unsigned cp;
	char hex[5];

	assert_true(json.n >= 2 && json.p[0] == '"' && json.p[json.n - 1] == '"');
	for (size_t i = 1; i < json.n - 1; i++) {
		assert_true(json.p[i] >= 0x20 && json.p[i] != '"' && json.p[i] != 0x7f);
		if (json.p[i] != '\\') {
			out[n++] = json.p[i];
		} else if (json.p[++i] == 'u') {
			memcpy(hex, json.p + i + 1, 4);
			hex[4] = '\0';
			assert_int_equal(sscanf(hex, "%4x", &cp), 1);
			if (cp >= 0x800)
				out[n++] = (uint8_t)(0xe0 | cp >> 12);
			if (cp >= 0x80)
				out[n++] = (uint8_t)((cp >= 0x800 ? 0x80 : 0xc0) |
						     (cp >> 6 & 0x3f));
			out[n++] = (uint8_t)(cp < 0x80 ? cp : 0x80 | (cp & 0x3f));
			i += 4;
		} else {
			assert_true(json.p[i] == '"' || json.p[i] == '\\');
			out[n++] = json.p[i];
		}
	}
	return n;
}

static void
any_bytes_become_a_json_string(void **state)
{
	static const uint8_t leads[] = {0xc2, 0xe0, 0xe2, 0xed, 0xef,
					0xf0, 0xf4, '"',  '\\'};
	uint64_t rng = rng_seed("json property");
	uint8_t in[12], want[64], got[128];
	char mem[128];

	(void)state;
	for (int round = 0; round < 50000; round++) {
		size_t n = rng_below(&rng, sizeof(in) + 1);
		size_t want_n = 0, used;
		struct text t;
		uint32_t cp;

		for (size_t i = 0; i < n; i++)
			in[i] = rng_below(&rng, 3) == 0
				    ? leads[rng_below(&rng, sizeof(leads))]
				    : (uint8_t)(rng_next(&rng) >> 32 |
						0x80 * rng_below(&rng, 2));
		for (size_t i = 0; i < n; i += used) {
			used = decode_utf8(span_of(in + i, n - i), &cp);
			memcpy(want + want_n, used > 0 ? in + i : (const uint8_t *)FFFD,
			       used > 0 ? used : 3);
			want_n += used > 0 ? used : 3;
			used = used > 0 ? used : 1;
		}
		text_init(&t, mem, sizeof(mem));
		text_json(&t, span_of(in, n));
		assert_false(t.is_cut);
		check_span(__FILE__, __LINE__, span_of(in, n),
			   span_of(got, read_json(text_span(&t), got)),
			   span_of(want, want_n), "json");
	}
}

static void
numbers_are_printed_as_printf_does(void **state)
{
	char mem[256];
	struct text t;

	(void)state;
	text_init(&t, mem, sizeof(mem));
	text_u64(&t, UINT64_MAX);
	text_char(&t, ' ');
	text_i64(&t, INT64_MIN);
	text_char(&t, ' ');
	text_i64(&t, INT64_MAX);
	text_char(&t, ' ');
	text_i64(&t, -1);
	check_span(
	    __FILE__, __LINE__, text_span(&t), text_span(&t),
	    span_str("18446744073709551615 -9223372036854775808 9223372036854775807 -1"),
	    "integers");
	text_init(&t, mem, sizeof(mem));
	text_fixed(&t, 1234, 3);
	text_str(&t, " ");
	text_fixed(&t, 1234, 4);
	text_str(&t, " ");
	text_fixed(&t, 1234, 6);
	text_str(&t, " ");
	text_fixed(&t, 1234, 0);
	text_str(&t, " ");
	text_fixed(&t, 0, 0);
	text_str(&t, " ");
	text_fixed(&t, 0, 2);
	text_str(&t, " ");
	text_fixed(&t, UINT64_MAX, 9);
	text_str(&t, " ");
	text_fixed(&t, 7, 25);
	check_span(__FILE__, __LINE__, text_span(&t), text_span(&t),
		   span_str("1.234 0.1234 0.001234 1234 0 0.00 18446744073.709551615 "
			    "0.0000000000000000000000007"),
		   "fractions");
}

static void
durations_have_the_unit_a_person_reads(void **state)
{
	static const struct {
		int line;
		uint64_t ms;
		const char *want;
	} rows[] = {
	    {__LINE__, 0, "0 s"},	   {__LINE__, 1, "0.001 s"},
	    {__LINE__, 350, "0.35 s"},	   {__LINE__, 1000, "1 s"},
	    {__LINE__, 1500, "1.5 s"},	   {__LINE__, 10000, "10 s"},
	    {__LINE__, 59999, "59.999 s"}, {__LINE__, 60000, "1 min"},
	    {__LINE__, 90000, "90 s"},	   {__LINE__, 90500, "90.5 s"},
	    {__LINE__, 300000, "5 min"},   {__LINE__, 600000, "10 min"},
	    {__LINE__, 3600000, "1 h"},	   {__LINE__, 5400000, "90 min"},
	    {__LINE__, 7200000, "2 h"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span want = span_str(rows[i].want);
		char mem[32];
		struct text t;

		text_init(&t, mem, sizeof(mem));
		text_duration(&t, rows[i].ms * 1000000 + 999999);
		check_span(__FILE__, rows[i].line, want, text_span(&t), want, "duration");
		text_init(&t, mem, want.n - 1);
		text_duration(&t, rows[i].ms * 1000000);
		assert_int_equal(t.n, 0);
	}
}

/* After a cut nothing is added any more, even where it would fit. */
static void
what_is_cut_is_a_prefix(void **state)
{
	char mem[6];
	struct text t;

	(void)state;
	text_init(&t, mem, sizeof(mem));
	text_str(&t, "abc");
	text_fixed(&t, 1234, 3);
	assert_true(t.is_cut);
	text_i64(&t, -5);
	text_char(&t, 'd');
	text_str(&t, "");
	check_span(__FILE__, __LINE__, text_span(&t), text_span(&t), span_str("abc"),
		   "cut");
	assert_string_equal(text_cstr(&t), "abc");
	text_init(&t, mem, sizeof(mem));
	text_i64(&t, -123456);
	assert_true(t.is_cut && t.n == 0);
	text_init(&t, mem, sizeof(mem));
	text_str(&t, "abcdef");
	assert_false(t.is_cut);
	assert_string_equal(text_cstr(&t), "abcde");
	assert_true(t.is_cut);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_not_printable_is_escaped),
	    cmocka_unit_test(json_strings_are_escaped),
	    cmocka_unit_test(what_a_url_reserves_is_percent_encoded),
	    cmocka_unit_test(bytes_become_two_digits_each),
	    cmocka_unit_test(what_is_no_printable_utf8_is_replaced),
	    cmocka_unit_test(any_bytes_become_a_json_string),
	    cmocka_unit_test(numbers_are_printed_as_printf_does),
	    cmocka_unit_test(what_is_cut_is_a_prefix),
	    cmocka_unit_test(durations_have_the_unit_a_person_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
