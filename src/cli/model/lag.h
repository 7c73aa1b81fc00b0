#ifndef CLI_MODEL_LAG_H
#define CLI_MODEL_LAG_H

#include "base/text.h"

/* What is said of a target with heartbeats whose stream is behind, and when. Times are
 * given; it knows no clock. */
#define LAG_LOOK_NS   1000000000u  /* from look to look: what the rate is taken over */
#define LAG_PERIOD_NS 60000000000u /* it is said at most so often */

/* A stream that was silent so long and then brings LAG_LUMP_BEATS heartbeats at least,
 * LAG_LUMPS times in a row, comes in lumps. A link that carries too little is never
 * silent, and one stall is no rhythm. */
#define LAG_SILENCE_NS 1000000000u
#define LAG_LUMP_BEATS 4
#define LAG_LUMPS      3

struct lag { /* zeroed at first */
	uint64_t heard_ns;
	uint64_t gap_ns;  /* the silence before the lump at hand */
	uint32_t n_beats; /* in it */
	uint32_t n_lumps;
	uint64_t bytes; /* all */
	uint64_t looked_ns;
	uint64_t looked_bytes;
	uint64_t told_ns; /* 0: never */
};

void lag_note_bytes(struct lag *l, uint64_t now_ns, size_t n);
void lag_note_beat(struct lag *l);

/* Each LAG_LOOK_NS: appends to the line what is to be said; false: nothing. It lags if
 * lag_ns is more than the hold-back. */
bool lag_look(struct lag *l, uint64_t now_ns, uint64_t lag_ns, uint64_t hold_back_ns,
	      struct text *line);

#endif
