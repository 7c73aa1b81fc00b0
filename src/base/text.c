/*
 * Text built in fixed memory, with the escapes for terminals, JSON and URIs. Must not
 * know where the text goes.
 */
#include "base/text.h"

#include <assert.h>
#include <string.h>

#include "base/num.h"

void
text_init(struct text *t, char *mem, size_t cap)
{
	*t = (struct text){.p = mem, .cap = cap};
}

void
text_put(struct text *t, struct span s)
{
	if (t->is_cut || s.n > t->cap - t->n) {
		t->is_cut = true;
		return;
	}
	if (s.n > 0)
		memcpy(t->p + t->n, s.p, s.n);
	t->n += s.n;
}

/* The end of a call that put several pieces: all of them stay, or none. */
static void
keep_whole(struct text *t, size_t start)
{
	if (t->is_cut)
		t->n = start;
}

void
text_str(struct text *t, const char *s)
{
	text_put(t, span_str(s));
}

void
text_char(struct text *t, char c)
{
	text_put(t, span_of(&c, 1));
}

void
text_u64(struct text *t, uint64_t v)
{
	char digits[NUM_U64_DIGITS];

	text_put(t, span_of(digits, num_format_u64(digits, v)));
}

void
text_i64(struct text *t, int64_t v)
{
	size_t start = t->n;

	if (v < 0)
		text_char(t, '-');
	text_u64(t, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
	keep_whole(t, start);
}

void
text_fixed(struct text *t, uint64_t v, unsigned digits)
{
	char number[NUM_U64_DIGITS];
	size_t n = num_format_u64(number, v);
	size_t whole = n > digits ? n - digits : 0;
	size_t start = t->n;

	text_put(t, whole > 0 ? span_of(number, whole) : span_str("0"));
	if (digits > 0)
		text_char(t, '.');
	for (size_t i = n - whole; i < digits; i++)
		text_char(t, '0');
	text_put(t, span_of(number + whole, n - whole));
	keep_whole(t, start);
}

void
text_duration(struct text *t, uint64_t ns)
{
	uint64_t v = ns / 1000000;
	bool has_minutes = v > 0 && v % 60000 == 0;
	bool has_hours = has_minutes && v % 3600000 == 0;
	unsigned digits = 3;
	size_t start = t->n;

	if (has_minutes)
		v /= has_hours ? 3600 : 60;
	for (; digits > 0 && v % 10 == 0; digits--)
		v /= 10;
	text_fixed(t, v, digits);
	text_str(t, has_hours ? " h" : has_minutes ? " min" : " s");
	keep_whole(t, start);
}

static void
put_hex(struct text *t, const char *prefix, uint8_t c, const char *alphabet)
{
	text_str(t, prefix);
	text_char(t, alphabet[c >> 4]);
	text_char(t, alphabet[c & 15]);
}

#define HEX_LOWER "0123456789abcdef"
#define HEX_UPPER "0123456789ABCDEF" /* RFC 3986 2.1 */

void
text_escape(struct text *t, struct span s)
{
	size_t start = t->n;

	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (c >= 0x20 && c <= 0x7e && c != '\\')
			text_char(t, (char)c);
		else
			put_hex(t, "\\x", c, HEX_LOWER);
	}
	keep_whole(t, start);
}

static bool
is_continuation(struct span s, size_t at)
{
	return at < s.n && (s.p[at] & 0xc0) == 0x80;
}

/*
 * Length of the UTF-8 sequence that s (not empty) starts with, 0 if it is not one: the
 * table 3-7 of the Unicode standard. No overlong form, no surrogate, nothing above
 * U+10FFFF.
 */
static size_t
utf8_size(struct span s)
{
	uint8_t c = s.p[0];
	uint8_t low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	uint8_t high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4 || s.n < 2 || s.p[1] < low || s.p[1] > high)
		return 0;
	if (c < 0xe0)
		return 2;
	if (!is_continuation(s, 2))
		return 0;
	if (c < 0xf0)
		return 3;
	return is_continuation(s, 3) ? 4 : 0;
}

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* The code point of one valid sequence. */
static uint32_t
code_of(struct span c)
{
	static const uint8_t first[] = {0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = c.p[0] & first[c.n - 1];

	for (size_t i = 1; i < c.n; i++)
		code = code << 6 | (c.p[i] & 0x3f);
	return code;
}

/* What a terminal obeys (C0, DEL, C1), or what turns the order of text around (UAX 9). */
static bool
is_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code == 0x061c ||
	       code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

static void
put_control(struct text *t, uint32_t code, bool is_json)
{
	if (!is_json) {
		text_str(t, REPLACEMENT);
		return;
	}
	put_hex(t, "\\u", (uint8_t)(code >> 8), HEX_LOWER);
	put_hex(t, "", (uint8_t)code, HEX_LOWER);
}

/* Valid UTF-8 as it is, but for controls and what JSON escapes; other bytes: U+FFFD. */
static void
put_utf8(struct text *t, struct span s, bool is_json)
{
	while (s.n > 0) {
		size_t n = utf8_size(s);
		struct span c = span_take(&s, n > 0 ? n : 1);

		if (n == 0) {
			text_str(t, REPLACEMENT);
		} else if (is_control(code_of(c))) {
			put_control(t, code_of(c), is_json);
		} else {
			if (is_json && (c.p[0] == '"' || c.p[0] == '\\'))
				text_char(t, '\\');
			text_put(t, c);
		}
	}
}

void
text_json(struct text *t, struct span s)
{
	size_t start = t->n;

	text_char(t, '"');
	put_utf8(t, s, true);
	text_char(t, '"');
	keep_whole(t, start);
}

void
text_utf8(struct text *t, struct span s)
{
	put_utf8(t, s, false);
}

static bool
is_unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

void
text_percent(struct text *t, struct span s)
{
	size_t start = t->n;

	for (size_t i = 0; i < s.n; i++) {
		if (is_unreserved(s.p[i]))
			text_char(t, (char)s.p[i]);
		else
			put_hex(t, "%", s.p[i], HEX_UPPER);
	}
	keep_whole(t, start);
}

void
text_hex(struct text *t, struct span s)
{
	size_t start = t->n;

	for (size_t i = 0; i < s.n; i++)
		put_hex(t, "", s.p[i], HEX_LOWER);
	keep_whole(t, start);
}

struct span
text_span(const struct text *t)
{
	return span_of(t->p, t->n);
}

const char *
text_cstr(struct text *t)
{
	assert(t->cap > 0);
	if (t->n == t->cap) {
		t->n--;
		t->is_cut = true;
	}
	t->p[t->n] = '\0';
	return t->p;
}
