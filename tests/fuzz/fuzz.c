/* What the fuzz targets share: bytes to fields, and what an output must be. */
#include "fuzz/fuzz.h"

#include "base/num.h"

uint64_t
fuzz_mix_bytes(uint64_t hash, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		hash = fuzz_mix(hash, s.p[i]);
	return fuzz_mix(hash, s.n);
}

uint8_t
fuzz_byte(struct span *in)
{
	struct span one = span_take(in, 1);

	return one.n > 0 ? one.p[0] : 0;
}

void
fuzz_fill(struct span *in, void *mem, size_t n)
{
	struct span part = span_take(in, n);

	memset((uint8_t *)mem + part.n, 0, n - part.n);
	if (part.n > 0)
		memcpy(mem, part.p, part.n);
}

void
fuzz_string(struct span *in, char *mem, size_t cap)
{
	struct span part = span_split(in, '\0');

	part = span_take(&part, cap - 1);
	if (part.n > 0)
		memcpy(mem, part.p, part.n);
	mem[part.n] = '\0';
}

bool
fuzz_is_plain(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

bool
fuzz_is_filter(struct span s)
{
	int depth = 0;

	for (size_t i = 0; i < s.n && depth >= 0; i++) {
		uint8_t c = s.p[i];

		depth += (c == '(') - (c == ')');
		if (!((c >= 'a' && c <= 'z') || (c >= '-' && c <= ':') || c == '(' ||
		      c == ')' || c == ' '))
			return false;
	}
	return depth == 0 && s.n > 0;
}

static void
skip_space(struct span *s)
{
	while (s->n > 0 && (s->p[0] == ' ' || s->p[0] == '\n'))
		span_take(s, 1);
}

static bool
take(struct span *s, uint8_t c)
{
	skip_space(s);
	if (s->n == 0 || s->p[0] != c)
		return false;
	span_take(s, 1);
	return true;
}

static bool
take_string(struct span *s)
{
	static const char escapes[] = "\"\\/bfnrtu";

	if (!take(s, '"'))
		return false;
	while (s->n > 0) {
		uint8_t c = span_take(s, 1).p[0];

		if (c == '"')
			return true;
		if (c < 0x20 || c == 0x7f)
			return false;
		if (c != '\\')
			continue;
		c = fuzz_byte(s);
		if (c == 0 || !strchr(escapes, c))
			return false;
		for (int i = 0; c == 'u' && i < 4; i++)
			if (num_hex_digit(fuzz_byte(s)) == 16)
				return false;
	}
	return false;
}

static bool
take_number(struct span *s)
{
	size_t n = 0;

	take(s, '-');
	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	if (n == 0 || (n > 1 && s->p[0] == '0'))
		return false;
	span_take(s, n);
	return true;
}

static bool take_value(struct span *s, unsigned depth);

static bool
take_list(struct span *s, bool is_object, unsigned depth)
{
	uint8_t end = is_object ? '}' : ']';

	if (take(s, end))
		return true;
	do {
		if (is_object && (!take_string(s) || !take(s, ':')))
			return false;
		if (!take_value(s, depth - 1))
			return false;
	} while (take(s, ','));
	return take(s, end);
}

static bool
take_value(struct span *s, unsigned depth)
{
	static const char *const words[] = {"true", "false", "null"};

	skip_space(s);
	for (size_t i = 0; i < 3; i++)
		if (span_starts(*s, span_str(words[i]))) {
			span_take(s, strlen(words[i]));
			return true;
		}
	if (depth > 0 && take(s, '{'))
		return take_list(s, true, depth);
	if (depth > 0 && take(s, '['))
		return take_list(s, false, depth);
	return s->n > 0 && s->p[0] == '"' ? take_string(s) : take_number(s);
}

/* A control of C1, or one that turns the order of text around (UAX 9). */
static bool
is_obeyed(struct span s)
{
	uint8_t c[3] = {0};

	fuzz_fill(&s, c, 3);
	if (c[0] == 0xc2)
		return c[1] < 0xa0;
	return c[0] == 0xe2 && ((c[1] == 0x80 && (c[2] == 0x8e || c[2] == 0x8f ||
						  (c[2] >= 0xaa && c[2] <= 0xae))) ||
				(c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9));
}

static bool
is_utf8(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned n = s.p[i] < 0x80	       ? 0
			     : (s.p[i] & 0xe0) == 0xc0 ? 1
			     : (s.p[i] & 0xf0) == 0xe0 ? 2
			     : (s.p[i] & 0xf8) == 0xf0 ? 3
						       : 4;

		if (n == 4)
			return false;
		if (n > 0 && is_obeyed(span_of(s.p + i, s.n - i)))
			return false;
		for (; n > 0; n--)
			if (++i == s.n || (s.p[i] & 0xc0) != 0x80)
				return false;
	}
	return true;
}

bool
fuzz_is_json(struct span s)
{
	if (!is_utf8(s) || !take_value(&s, 8))
		return false;
	skip_space(&s);
	return s.n == 0;
}
