/*
 * Builds binary test input from a line of text. It knows how pcapng frames blocks and
 * options, and nothing of what stands in them.
 */
#include "support/image.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct image {
	uint8_t *out;
	size_t cap;
	size_t n;
	bool is_big_endian;
	size_t block;  /* where the present block begins */
	size_t option; /* where the present option begins */
};

static void
stop(const char *text, const char *at)
{
	fprintf(stderr, "image: cannot read \"%s\" of \"%s\"\n", at, text);
	abort();
}

static void
put_byte(struct image *m, uint8_t b)
{
	if (m->n == m->cap)
		stop("", "more than there is room for");
	m->out[m->n++] = b;
}

static void
set_number(struct image *m, size_t at, unsigned long long v, unsigned size)
{
	for (unsigned i = 0; i < size; i++) {
		unsigned shift = 8 * (m->is_big_endian ? size - 1 - i : i);

		m->out[at + i] = (uint8_t)(v >> shift);
	}
}

static void
put_number(struct image *m, unsigned long long v, unsigned size)
{
	for (unsigned i = 0; i < size; i++)
		put_byte(m, 0);
	set_number(m, m->n - size, v, size);
}

static void
pad(struct image *m, size_t from)
{
	while ((m->n - from) % 4 != 0)
		put_byte(m, 0);
}

/* p stands behind the bracket. */
static void
end_block(struct image *m, const char *p)
{
	size_t size;

	pad(m, m->block);
	size = m->n + 4 - m->block;
	set_number(m, m->block + 4, size, 4);
	put_number(m, isxdigit((unsigned char)*p) ? strtoull(p, NULL, 16) : size, 4);
}

static void
end_option(struct image *m)
{
	set_number(m, m->option + 2, m->n - m->option - 4, 2);
	pad(m, m->option);
}

static const char *
put_text(struct image *m, const char *p)
{
	while (*p != '"' && *p != '\0')
		put_byte(m, (uint8_t)*p++);
	return p;
}

static void
put_hex(struct image *m, const char *text, const char *p)
{
	unsigned v;

	for (; isxdigit((unsigned char)p[0]) && isxdigit((unsigned char)p[1]); p += 2) {
		sscanf(p, "%2x", &v);
		put_byte(m, (uint8_t)v);
	}
	if (*p != '\0' && *p != ' ')
		stop(text, p);
}

static void
begin(struct image *m, size_t *at, unsigned long long v, unsigned size)
{
	*at = m->n;
	put_number(m, v, size);
	put_number(m, 0, size);
}

/* One word. Returns its last character when that is not the one before a space. */
static const char *
put_word(struct image *m, const char *text, const char *p)
{
	switch (*p) {
	case '<':
	case '>':
		m->is_big_endian = *p == '>';
		break;
	case '[':
		begin(m, &m->block, strtoull(p + 1, NULL, 16), 4);
		break;
	case ']':
		end_block(m, p + 1);
		break;
	case '(':
		begin(m, &m->option, strtoull(p + 1, NULL, 10), 2);
		break;
	case ')':
		end_option(m);
		break;
	case '"':
		return put_text(m, p + 1);
	case 'h':
		put_number(m, strtoull(p + 1, NULL, 16), 2);
		break;
	case 'w':
		put_number(m, strtoull(p + 1, NULL, 16), 4);
		break;
	case 'q':
		put_number(m, strtoull(p + 1, NULL, 16), 8);
		break;
	case 'z':
		for (long i = strtol(p + 1, NULL, 10); i > 0; i--)
			put_byte(m, 0);
		break;
	default:
		put_hex(m, text, p);
	}
	return p;
}

size_t
image_make(const char *text, uint8_t *out, size_t cap)
{
	struct image m = {.out = out, .cap = cap};

	for (const char *p = text; *p != '\0';) {
		if (*p != ' ')
			p = put_word(&m, text, p);
		while (*p != ' ' && *p != '\0')
			p++;
		while (*p == ' ')
			p++;
	}
	return m.n;
}
