/* Numbers, addresses and escaped bytes into a bounded line. It knows no protocol. */
#include "print/line.h"

#include <string.h>

#include "base/num.h"

static const char hex_digits[] = "0123456789abcdef";

static void
put(struct line *l, const char *p, size_t n)
{
	if (l->is_over)
		return;
	if (n > l->cap - l->n)
		n = l->cap - l->n;
	memcpy(l->p + l->n, p, n);
	l->n += n;
}

void
line_str(struct line *l, const char *s)
{
	put(l, s, strlen(s));
}

void
line_u64(struct line *l, uint64_t v)
{
	char digits[NUM_U64_DIGITS];

	put(l, digits, num_format_u64(digits, v));
}

void
line_hex(struct line *l, uint32_t v, unsigned digits)
{
	char text[8];
	unsigned n = 0;

	do
		text[7 - n++] = hex_digits[v & 15];
	while ((v >>= 4) > 0 || (n < digits && n < sizeof(text)));
	put(l, text + sizeof(text) - n, n);
}

void
line_bytes(struct line *l, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		line_hex(l, s.p[i], 2);
}

void
line_escaped(struct line *l, uint8_t c)
{
	if (c & 0x80)
		line_str(l, "M-");
	c &= 0x7f;
	if (c < 0x20 || c == 0x7f) {
		line_char(l, '^');
		c ^= 0x40;
	}
	line_char(l, (char)c);
}

static size_t
format_byte(char *p, uint8_t v)
{
	size_t n = 0;

	if (v >= 100)
		p[n++] = (char)('0' + v / 100);
	if (v >= 10)
		p[n++] = (char)('0' + v / 10 % 10);
	p[n++] = (char)('0' + v % 10);
	return n;
}

/* False: the address has none. */
static bool
put_name(struct line *l, const uint8_t *p, uint8_t size)
{
	struct span name = print_names_find(&l->names, p, size);

	for (size_t i = 0; i < name.n; i++)
		line_escaped(l, name.p[i]);
	return name.n > 0;
}

static void
put_ip4(struct line *l, const uint8_t *p)
{
	char text[16];
	size_t n = 0;

	for (unsigned i = 0; i < 4; i++) {
		n += format_byte(text + n, p[i]);
		text[n++] = '.';
	}
	put(l, text, n - 1);
}

void
line_ip4(struct line *l, const uint8_t *p)
{
	if (!put_name(l, p, 4))
		put_ip4(l, p);
}

/* The longest run of two zero groups or more (RFC 5952 4.2), the first of equal ones. */
static void
find_zeros(const uint8_t *p, unsigned *begin, unsigned *size)
{
	unsigned run = 0;

	*begin = 8;
	*size = 1;
	for (unsigned i = 0; i < 8; i++) {
		run = bytes_be16(p + 2 * i) == 0 ? run + 1 : 0;
		if (run > *size) {
			*size = run;
			*begin = i + 1 - run;
		}
	}
}

/* ::ffff:1.2.3.4 and ::1.2.3.4 */
static bool
ends_with_ip4(const uint8_t *p, unsigned begin, unsigned size)
{
	return begin == 0 && (size == 6 || (size == 5 && bytes_be16(p + 10) == 0xffff));
}

void
line_ip6(struct line *l, const uint8_t *p)
{
	unsigned begin;
	unsigned size;
	unsigned end;

	if (put_name(l, p, 16))
		return;
	find_zeros(p, &begin, &size);
	end = ends_with_ip4(p, begin, size) ? 6 : 8;
	for (unsigned i = 0; i < end; i++) {
		if (i == begin) {
			line_str(l, i + size == 8 ? "::" : ":");
			i += size - 1;
			continue;
		}
		if (i > 0)
			line_char(l, ':');
		line_hex(l, bytes_be16(p + 2 * i), 1);
	}
	if (end == 6) {
		line_char(l, ':');
		put_ip4(l, p + 12);
	}
}

void
line_mac(struct line *l, const uint8_t *p)
{
	for (unsigned i = 0; i < 6; i++) {
		if (i > 0)
			line_char(l, ':');
		line_hex(l, p[i], 2);
	}
}

void
line_end_short(struct line *l)
{
	line_str(l, " [|");
	line_str(l, l->protocol);
	line_char(l, ']');
	l->is_over = true;
}

const char *
line_find(const struct line_word *words, size_t n, uint32_t v)
{
	for (size_t i = 0; i < n; i++)
		if (words[i].v == v)
			return words[i].word;
	return NULL;
}
