/* Words about what is no capture. Pure. */
#include "cli/source/stranger.h"

static void
put_first_line(struct text *t, struct span first, struct span second)
{
	struct span parts[] = {first, second};
	bool has_begun = false;

	for (size_t i = 0; i < 2; i++) {
		for (size_t at = 0; at < parts[i].n; at++) {
			uint8_t c = parts[i].p[at];

			if (c == '\n' && has_begun)
				return;
			has_begun |= c > ' ';
			if (has_begun && c != '\r')
				text_escape(t, span_of(&c, 1));
		}
	}
}

void
stranger_put(struct text *words, const char *type, struct span first, struct span second)
{
	char mem[STRANGER_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	put_first_line(&line, first, second);
	text_str(words, type[0] != '\0' ? type : "without a Content-Type");
	if (line.n > 0) {
		text_str(words, ": \"");
		text_put(words, text_span(&line));
		text_str(words, line.is_cut ? "...\"" : "\"");
	} else {
		text_str(words, ", empty");
	}
}

const char *
stranger_advice(bool is_http)
{
	return is_http ? "check the path, and that the port is ddump-worker's"
		       : "name a pcap or pcapng file that is not compressed";
}
