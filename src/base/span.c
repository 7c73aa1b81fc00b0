/*
 * Borrowed bytes: comparing, finding, splitting. Must not know what the bytes mean.
 */
#include "base/span.h"

#include <string.h>

struct span
span_of(const void *p, size_t n)
{
	return (struct span){p, n};
}

struct span
span_str(const char *s)
{
	return span_of(s, strlen(s));
}

/* An empty span may hold NULL, which memcmp, memchr and pointer sums must not see. */
static bool
is_same(const uint8_t *a, const uint8_t *b, size_t n)
{
	return n == 0 || memcmp(a, b, n) == 0;
}

bool
span_eq(struct span a, struct span b)
{
	return a.n == b.n && is_same(a.p, b.p, a.n);
}

static uint8_t
fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool
span_eq_ci(struct span a, struct span b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (fold(a.p[i]) != fold(b.p[i]))
			return false;
	}
	return true;
}

int
span_compare(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

bool
span_starts(struct span s, struct span prefix)
{
	return s.n >= prefix.n && is_same(s.p, prefix.p, prefix.n);
}

bool
span_ends_ci(struct span s, struct span end)
{
	return s.n > end.n && span_eq_ci(span_of(s.p + s.n - end.n, end.n), end);
}

size_t
span_find(struct span s, uint8_t c)
{
	const uint8_t *hit = s.n == 0 ? NULL : memchr(s.p, c, s.n);

	return hit == NULL ? s.n : (size_t)(hit - s.p);
}

struct span
span_take(struct span *s, size_t n)
{
	struct span taken = *s;

	if (n == 0 || s->n == 0) {
		taken.n = 0;
		return taken;
	}
	taken.n = n < s->n ? n : s->n;
	s->p += taken.n;
	s->n -= taken.n;
	return taken;
}

bool
span_take_prefix_ci(struct span *s, const char *prefix)
{
	struct span rest = *s;

	if (!span_eq_ci(span_take(&rest, span_str(prefix).n), span_str(prefix)))
		return false;
	*s = rest;
	return true;
}

bool
span_take_suffix(struct span *s, const char *suffix)
{
	struct span end = span_str(suffix);

	if (s->n < end.n || !is_same(s->p + s->n - end.n, end.p, end.n))
		return false;
	s->n -= end.n;
	return true;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

struct span
span_take_word(struct span *s)
{
	size_t n = 0;

	while (s->n > 0 && is_blank(s->p[0]))
		span_take(s, 1);
	while (n < s->n && !is_blank(s->p[n]))
		n++;
	return span_take(s, n);
}

static bool
is_ows(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct span
span_trim(struct span s)
{
	while (s.n > 0 && is_ows(s.p[0]))
		span_take(&s, 1);
	while (s.n > 0 && is_ows(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct span
span_split(struct span *rest, uint8_t sep)
{
	struct span part = span_take(rest, span_find(*rest, sep));

	span_take(rest, 1);
	return part;
}
