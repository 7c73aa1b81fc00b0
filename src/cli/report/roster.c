/* Who captures, in one line of bounded length. */
#include "cli/report/roster.h"

#define END_MAX 32 /* "; and 4294967295 more)" */

void
roster_begin(struct roster *r, struct text *line, uint32_t n_capturing, uint32_t n)
{
	*r = (struct roster){.line = line};
	text_str(line, "capturing on ");
	text_u64(line, n_capturing);
	text_str(line, " of ");
	text_u64(line, n);
	text_str(line, n == 1 ? " target" : " targets");
}

static void
put_entry(struct text *t, const char *name, const char *state, struct span reason)
{
	bool is_long = reason.n > ROSTER_REASON_MAX;

	if (is_long)
		reason.n = ROSTER_REASON_MAX - 3;
	text_str(t, name);
	text_str(t, state ? ": " : "");
	text_str(t, state ? state : "");
	text_str(t, ": ");
	text_put(t, reason);
	text_str(t, is_long ? "..." : "");
}

/* Behind the first that does not fit all are only counted, so that the names stand in the
 * targets' order. */
void
roster_add(struct roster *r, const char *name, const char *state, const char *reason)
{
	struct text *line = r->line;
	size_t start = line->n;

	if (r->n_more == 0) {
		text_str(line, r->n_named == 0 ? " (" : "; ");
		put_entry(line, name, state, span_str(reason));
		if (!line->is_cut && line->cap - line->n >= END_MAX) {
			r->n_named++;
			return;
		}
		line->n = start;
		line->is_cut = false;
	}
	r->n_more++;
}

void
roster_end(struct roster *r)
{
	if (r->n_more > 0) {
		text_str(r->line, r->n_named == 0 ? " (" : "; and ");
		text_u64(r->line, r->n_more);
		text_str(r->line, r->n_named == 0 ? " not" : " more");
	}
	if (r->n_named + r->n_more > 0)
		text_char(r->line, ')');
}
