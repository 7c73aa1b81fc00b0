/* Packets in hexadecimal and as text, as -x, -X and -A of tcpdump show them. */
#include "print/dump.h"

#define ROW 16u

static char
visible(uint8_t c)
{
	return c > 0x20 && c < 0x7f ? (char)c : '.';
}

static void
print_row(struct line *l, size_t at, struct span row, bool has_text)
{
	line_str(l, "\n\t0x");
	line_hex(l, (uint32_t)at, 4);
	line_str(l, ": ");
	for (size_t i = 0; i < row.n; i++) {
		if (i % 2 == 0)
			line_char(l, ' ');
		line_hex(l, row.p[i], 2);
	}
	if (!has_text)
		return;
	for (size_t i = row.n; i < ROW; i++)
		line_str(l, i % 2 == 0 ? "   " : "  ");
	line_str(l, "  ");
	for (size_t i = 0; i < row.n; i++)
		line_char(l, visible(row.p[i]));
}

/* Lines stay lines; CR in front of LF is left out. */
static void
print_text(struct line *l, struct span s)
{
	line_char(l, '\n');
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = s.p[i];

		if (c == '\r' && i + 1 < s.n && s.p[i + 1] == '\n')
			continue;
		line_char(l, c == '\n' || c == '\t' || c == ' ' ? (char)c : visible(c));
	}
}

void
dump_print(struct line *l, enum print_dump dump, struct span s)
{
	size_t more = s.n > PRINT_DUMP_MAX ? s.n - PRINT_DUMP_MAX : 0;

	s.n -= more;
	if (dump == PRINT_DUMP_TEXT)
		print_text(l, s);
	for (size_t at = 0; at < s.n && dump != PRINT_DUMP_TEXT; at += ROW)
		print_row(l, at, span_of(s.p + at, s.n - at < ROW ? s.n - at : ROW),
			  dump == PRINT_DUMP_BOTH);
	if (more > 0) {
		line_number(l, "\n\t", more);
		line_str(l, " bytes more");
	}
}
