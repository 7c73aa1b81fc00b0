#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/span.h"

/*
 * Builds text in memory that the caller owns. What does not fit is cut at a whole
 * call and remembered in is_cut; text after a cut is dropped as well, so that a cut
 * text is a prefix. No terminator is kept; text_cstr adds one.
 */
struct text {
	char *p;
	size_t cap;
	size_t n;
	bool is_cut;
};

void text_init(struct text *t, char *mem, size_t cap);
void text_put(struct text *t, struct span s);
void text_str(struct text *t, const char *s);
void text_char(struct text *t, char c);
void text_u64(struct text *t, uint64_t v);
void text_i64(struct text *t, int64_t v);

/* v in units of 10^-digits, as a decimal fraction: text_fixed(t, 1234, 3) is 1.234. */
void text_fixed(struct text *t, uint64_t v, unsigned digits);

/* A length of time as people read it: "5 min", "90 s", "1.5 s"; down to 1 ms. */
void text_duration(struct text *t, uint64_t ns);

/*
 * Untrusted bytes for a terminal or a log: printable ASCII as it is, everything else
 * and the backslash as \xHH. text_json is a JSON string with its quotes (RFC 8259):
 * valid UTF-8 is kept, any byte that is not becomes U+FFFD. Controls, also those of C1 and
 * of text direction, are escaped: the text may be read on a terminal.
 */
void text_escape(struct text *t, struct span s);
void text_json(struct text *t, struct span s);

/* Untrusted bytes for a file of UTF-8 text: controls as above and what is no UTF-8 become
 * U+FFFD. What does not fit is cut behind a character. */
void text_utf8(struct text *t, struct span s);

/* Two lower-case digits a byte. */
void text_hex(struct text *t, struct span s);

/* Percent-encodes everything but RFC 3986 unreserved characters. */
void text_percent(struct text *t, struct span s);

struct span text_span(const struct text *t);

/* The text as a C string, cut by one byte if it fills its memory; cap must be > 0. */
const char *text_cstr(struct text *t);

#endif
