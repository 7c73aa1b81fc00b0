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

/* DEL is legal in JSON, but the text may be read on a terminal. */
static void
put_json_ascii(struct text *t, uint8_t c)
{
	if (c == '"' || c == '\\')
		text_char(t, '\\');
	if (c < 0x20 || c == 0x7f)
		put_hex(t, "\\u00", c, HEX_LOWER);
	else
		text_char(t, (char)c);
}

/* Valid UTF-8 as it is, but ASCII as put_ascii has it; other bytes become U+FFFD. */
static void
put_utf8(struct text *t, struct span s, void (*put_ascii)(struct text *t, uint8_t c))
{
	while (s.n > 0) {
		size_t n = utf8_size(s);

		if (n == 1)
			put_ascii(t, s.p[0]);
		else if (n > 1)
			text_put(t, span_of(s.p, n));
		else
			text_str(t, REPLACEMENT);
		span_take(&s, n > 0 ? n : 1);
	}
}

void
text_json(struct text *t, struct span s)
{
	size_t start = t->n;

	text_char(t, '"');
	put_utf8(t, s, put_json_ascii);
	text_char(t, '"');
	keep_whole(t, start);
}

static void
put_printable_ascii(struct text *t, uint8_t c)
{
	if (c < 0x20 || c == 0x7f)
		text_str(t, REPLACEMENT);
	else
		text_char(t, (char)c);
}

void
text_utf8(struct text *t, struct span s)
{
	put_utf8(t, s, put_printable_ascii);
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
