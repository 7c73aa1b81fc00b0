/* Who captures, in one line of bounded length. */
#include "cli/report/roster.h"

#define END_MAX 32 /* "; and 4294967295 more)" */

static bool
put_group(struct text *line, const struct news_group *g, bool is_first)
{
	size_t start = line->n;

	text_str(line, is_first ? " (" : "; ");
	news_put_names(g, line);
	text_str(line, ": ");
	text_put(line, span_of(g->words, g->words_size));
	if (!line->is_cut && line->cap - line->n >= END_MAX)
		return true;
	line->n = start;
	line->is_cut = false;
	return false;
}

void
roster_put(struct text *line, uint32_t n_capturing, uint32_t n, const struct news *others,
	   uint32_t n_more)
{
	unsigned n_put = 0;

	text_str(line, "capturing on ");
	text_u64(line, n_capturing);
	text_str(line, " of ");
	text_u64(line, n);
	text_str(line, n == 1 ? " target" : " targets");
	while (n_put < others->n && put_group(line, &others->groups[n_put], n_put == 0))
		n_put++;
	for (unsigned i = n_put; i < others->n; i++)
		n_more += others->groups[i].n;
	if (n_more > 0) {
		text_str(line, n_put == 0 ? " (" : "; and ");
		text_u64(line, n_more);
		text_str(line, n_put == 0 ? " not" : " more");
	}
	if (n_put > 0 || n_more > 0)
		text_char(line, ')');
}
