/* A target that is behind, in words. Must not know sources or the merge's state. */
#include "cli/model/lag.h"

void
lag_note_bytes(struct lag *l, size_t n)
{
	l->bytes += n;
}

static void
put_lumps(struct text *line, uint64_t gap_ns)
{
	text_str(line, "its stream arrives in lumps of ");
	text_fixed(line, gap_ns / 100000000, 1);
	text_str(line, " s: a proxy buffers it; switch that off there (nginx: "
		       "proxy_buffering off)");
}

/* "12.1 MB/s", "40.2 kB/s", "99 B/s": a slow link is not one that carries nothing. */
static void
put_rate(struct text *line, uint64_t bytes_s)
{
	bool is_slow = bytes_s < 1000000;

	if (bytes_s < 1000) {
		text_u64(line, bytes_s);
		text_str(line, " B/s");
		return;
	}
	text_fixed(line, is_slow ? bytes_s / 100 : bytes_s / 100000, 1);
	text_str(line, is_slow ? " kB/s" : " MB/s");
}

/* A rate of 0 is one that is not known. */
static void
put_lag(struct text *line, uint64_t lag_ns, uint64_t bytes_s)
{
	text_fixed(line, lag_ns / 100000000, 1);
	text_str(line, " s behind: ");
	if (bytes_s > 0) {
		text_str(line, "its link carries ");
		put_rate(line, bytes_s);
		text_str(line, " and more is captured");
	} else {
		text_str(line, "more is captured than its link carries");
	}
	text_str(line, "; use -s or -f to capture less");
}

bool
lag_look(struct lag *l, uint64_t now_ns, const struct lag_view *view, struct text *line)
{
	uint64_t elapsed_ms = l->looked_ns > 0 ? (now_ns - l->looked_ns) / 1000000 : 0;
	uint64_t bytes = l->bytes - l->looked_bytes;

	l->looked_ns = now_ns;
	l->looked_bytes = l->bytes;
	if (l->told_ns > 0 && now_ns - l->told_ns < LAG_PERIOD_NS)
		return false;
	switch (view->lumps) {
	case LUMPS_NONE:
		if (view->lag_ns <= view->hold_back_ns || bytes == 0)
			return false;
		put_lag(line, view->lag_ns,
			elapsed_ms > 0 ? bytes * 1000 / elapsed_ms : 0);
		break;
	case LUMPS_MAYBE: /* the first lumps look like a lag */
		return false;
	case LUMPS_CERTAIN:
		put_lumps(line, view->gap_ns);
		break;
	}
	l->told_ns = now_ns;
	return true;
}
