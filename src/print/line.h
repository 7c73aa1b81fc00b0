#ifndef PRINT_LINE_H
#define PRINT_LINE_H

#include "base/bytes.h"
#include "print/flows.h"
#include "print/print.h"

/*
 * One packet on its way to a line. Every printer gets the bytes that were captured (s) and
 * how many there were on the wire (length, >= s.n where the headers are honest).
 *
 * A printer that needs more bytes than there are ends the whole line: it writes
 * " [|protocol]" once, and nothing that follows shows. So each printer reads as if its
 * bytes were there, and asks line_needs first.
 */
struct line {
	char *p; /* cap bytes; what does not fit is left out */
	size_t n;
	size_t cap;
	bool is_over;	      /* the rest does not show */
	const char *protocol; /* of the innermost printer */
	uint32_t source;      /* of the packet: its flows are its own */
	bool has_link;
	bool is_absolute;
	struct print_names names;
	struct print_flows *flows;
};

void line_str(struct line *l, const char *s);
void line_u64(struct line *l, uint64_t v);

/* Hexadecimal, with zeros in front up to `digits`. */
void line_hex(struct line *l, uint32_t v, unsigned digits);

/* Bytes, two digits each. */
void line_bytes(struct line *l, struct span s);

/* One byte of a packet as tcpdump shows text: "M-" for the high bit, "^" for control. */
void line_escaped(struct line *l, uint8_t c);

/* The addresses at p: 4, 16 (RFC 5952) and 6 bytes; the name where there is one. */
void line_ip4(struct line *l, const uint8_t *p);
void line_ip6(struct line *l, const uint8_t *p);
void line_mac(struct line *l, const uint8_t *p);

/* " [|protocol]", and the line is over. */
void line_end_short(struct line *l);

/* Nothing more shows. */
static inline void
line_end(struct line *l)
{
	l->is_over = true;
}

static inline void
line_set_protocol(struct line *l, const char *protocol)
{
	l->protocol = protocol;
}

static inline void
line_char(struct line *l, char c)
{
	if (l->is_over || l->n == l->cap)
		return;
	l->p[l->n++] = c;
}

/* Whether the first n bytes are there; false: the line is over. */
static inline bool
line_needs(struct line *l, struct span s, size_t n)
{
	if (s.n >= n && !l->is_over)
		return true;
	line_end_short(l);
	return false;
}

/* "word" and a number behind it. */
static inline void
line_number(struct line *l, const char *before, uint64_t v)
{
	line_str(l, before);
	line_u64(l, v);
}

/* A name of v among pairs, or NULL. */
struct line_word {
	uint32_t v;
	const char *word;
};
const char *line_find(const struct line_word *words, size_t n, uint32_t v);
#define LINE_FIND(words, v) line_find(words, sizeof(words) / sizeof((words)[0]), v)

#endif
