#ifndef CLI_MODEL_LAG_H
#define CLI_MODEL_LAG_H

#include "base/text.h"
#include "merge/lumps.h"

/* What is said of a target with heartbeats whose stream is behind, and when. Times are
 * given; it knows no clock. */
#define LAG_LOOK_NS   1000000000u  /* from look to look: what the rate is taken over */
#define LAG_PERIOD_NS 60000000000u /* it is said at most so often */

struct lag {		/* zeroed at first */
	uint64_t bytes; /* all */
	uint64_t looked_ns;
	uint64_t looked_bytes;
	uint64_t told_ns; /* 0: never */
};

/* What the merge knows of the source. It lags if lag_ns is more than the hold-back. */
struct lag_view {
	uint64_t lag_ns;
	uint64_t hold_back_ns;
	enum lumps_kind lumps;
	uint64_t gap_ns; /* from lump to lump */
};

void lag_note_bytes(struct lag *l, size_t n);

/* Each LAG_LOOK_NS: appends to the line what is to be said; false: nothing. */
bool lag_look(struct lag *l, uint64_t now_ns, const struct lag_view *view,
	      struct text *line);

#endif
