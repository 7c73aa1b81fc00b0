/* A target that is behind, in words. Must not know sources or the merge. */
#include "cli/model/lag.h"

void
lag_note_bytes(struct lag *l, uint64_t now_ns, size_t n)
{
	uint64_t silence_ns = now_ns - l->heard_ns;

	if (l->heard_ns > 0 && silence_ns >= LAG_SILENCE_NS) {
		l->n_lumps = l->n_beats >= LAG_LUMP_BEATS ? l->n_lumps + 1 : 0;
		l->gap_ns = silence_ns;
		l->n_beats = 0;
	}
	l->heard_ns = now_ns;
	l->bytes += n;
}

void
lag_note_beat(struct lag *l)
{
	l->n_beats++;
}

static void
put_lumps(struct text *line, const struct lag *l)
{
	text_str(line, "its stream arrives in lumps of ");
	text_fixed(line, l->gap_ns / 100000000, 1);
	text_str(line, " s: a proxy buffers it; switch that off there (nginx: "
		       "proxy_buffering off)");
}

static void
put_lag(struct text *line, uint64_t lag_ns, uint64_t bytes_s)
{
	text_fixed(line, lag_ns / 100000000, 1);
	text_str(line, " s behind: its link carries ");
	text_fixed(line, bytes_s / 100000, 1);
	text_str(line, " MB/s and more is captured; use -s or -f to capture less");
}

bool
lag_look(struct lag *l, uint64_t now_ns, uint64_t lag_ns, uint64_t hold_back_ns,
	 struct text *line)
{
	uint64_t elapsed_ms = (now_ns - l->looked_ns) / 1000000;
	uint64_t bytes = l->bytes - l->looked_bytes;
	bool is_lumpy = l->n_lumps >= LAG_LUMPS && now_ns - l->heard_ns < 2 * l->gap_ns;

	l->looked_ns = now_ns;
	l->looked_bytes = l->bytes;
	if (l->told_ns > 0 && now_ns - l->told_ns < LAG_PERIOD_NS)
		return false;
	if (!is_lumpy && (lag_ns <= hold_back_ns || bytes == 0))
		return false;
	/* its first lumps look like a lag */
	if (!is_lumpy && l->n_lumps + (now_ns - l->heard_ns >= LAG_SILENCE_NS) > 0)
		return false;
	l->told_ns = now_ns;
	if (is_lumpy)
		put_lumps(line, l);
	else
		put_lag(line, lag_ns, elapsed_ms > 0 ? bytes * 1000 / elapsed_ms : 0);
	return true;
}
