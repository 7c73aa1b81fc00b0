/* The words in a refusal. It trusts no byte of them. */
#include "cli/link/problem.h"

#include <string.h>

#define UNESCAPED_MAX 1024 /* of a JSON string; PROBLEM_MAX is what is shown */

static bool
is_type(struct span content_type, const char *type)
{
	size_t end = span_find(content_type, ';');

	return span_eq_ci(span_trim(span_of(content_type.p, end)), span_str(type));
}

/* Escaped as far as it fits; white space of any length is one space. */
static void
put_words(struct text *out, struct span s)
{
	size_t begin = out->n;
	bool is_gap = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == ' ' || (s.p[i] >= '\t' && s.p[i] <= '\r')) {
			is_gap = out->n > begin;
			continue;
		}
		if (out->n - begin >= PROBLEM_MAX - 8) {
			text_str(out, "...");
			return;
		}
		text_str(out, is_gap ? " " : "");
		text_escape(out, span_of(&s.p[i], 1));
		is_gap = false;
	}
}

static void
skip_space(struct span *s)
{
	while (s->n > 0 && (s->p[0] == ' ' || (s->p[0] >= '\t' && s->p[0] <= '\r')))
		span_take(s, 1);
}

static unsigned
hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - (unsigned)'0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10 : 16;
}

/* \uXXXX: ASCII as it is, anything else "?": what is shown is ASCII. */
static char
take_unicode(struct span *s)
{
	struct span digits = span_take(s, 4);
	unsigned v = 0;

	for (size_t i = 0; i < digits.n; i++)
		v = v << 4 | (hex(digits.p[i]) & 15);
	return v < 0x7f ? (char)v : '?';
}

/* Takes a JSON string off *s, behind its opening quote; false when it has no end. */
static bool
take_string(struct span *s, struct text *value)
{
	while (s->n > 0) {
		uint8_t c = span_take(s, 1).p[0];

		if (c == '"')
			return true;
		if (c != '\\') {
			text_char(value, (char)c);
			continue;
		}
		if (s->n == 0)
			return false;
		c = span_take(s, 1).p[0];
		if (c == 'u')
			text_char(value, take_unicode(s));
		else
			text_char(value,
				  c == 'n' || c == 't' || c == 'r' ? ' ' : (char)c);
	}
	return false;
}

/* The string member `name` of an object; nested objects are not told apart. */
static bool
find_member(struct span json, const char *name, struct text *value)
{
	char mem[64];
	struct text key;

	while (json.n > 0) {
		if (span_take(&json, 1).p[0] != '"')
			continue;
		text_init(&key, mem, sizeof(mem));
		if (!take_string(&json, &key))
			return false;
		skip_space(&json);
		if (json.n == 0 || json.p[0] != ':')
			continue;
		span_take(&json, 1);
		skip_space(&json);
		if (json.n == 0 || json.p[0] != '"')
			continue;
		span_take(&json, 1);
		value->n = 0;
		value->is_cut = false;
		if (!take_string(&json, value))
			return false;
		if (!key.is_cut && span_eq(text_span(&key), span_str(name)))
			return value->n > 0;
	}
	return false;
}

void
problem_put(struct text *out, struct span content_type, struct span body)
{
	char mem[UNESCAPED_MAX];
	struct text value;

	text_init(&value, mem, sizeof(mem));
	if (is_type(content_type, "application/problem+json") ||
	    is_type(content_type, "application/json")) {
		if (find_member(body, "detail", &value) ||
		    find_member(body, "title", &value) ||
		    find_member(body, "error", &value))
			put_words(out, text_span(&value));
	} else if (is_type(content_type, "text/plain")) {
		put_words(out, body);
	}
}

bool
problem_is(struct span content_type, struct span body, const char *type)
{
	char mem[UNESCAPED_MAX];
	struct text value;

	text_init(&value, mem, sizeof(mem));
	return is_type(content_type, "application/problem+json") &&
	       find_member(body, "type", &value) &&
	       span_eq(text_span(&value), span_str(type));
}
