#ifndef MERGE_LUMPS_H
#define MERGE_LUMPS_H

#include "base/span.h"

/*
 * How a source with heartbeats delivers: steadily, or in lumps, as a proxy that buffers
 * makes them. Clocks need not agree, and a lag that stays the same is none.
 *
 *   captured   . . . . . . . . . . . .       a watermark each 50 ms
 *   arrived          ....    ....    ....    silence, lump, silence, lump
 *
 * A watermark's rise is the time between its arrival and the last one's, less the time
 * between the two watermarks: 0 from a worker with slow heartbeats, negative in a lump.
 * A pause is the silence before a watermark, or its rise if that is less: a link that
 * carries too little is never silent.
 */

/* A lump begins with a pause of this at least: with heartbeats each 50 ms, a silence of
 * 0.25 s. */
#define LUMPS_PAUSE_NS 200000000u

/* It brings as many heartbeats at least. */
#define LUMPS_BEATS 4

/* A heartbeat after a silence of this at least, which rises or falls by this at most, came
 * as it was sent. One between two lumps is chance, two mean a link that stalls now and
 * then. */
#define LUMPS_STEADY_NS	 20000000u
#define LUMPS_STEADY_MAX 1

/* So many in a row, over so long, are a proxy's. */
#define LUMPS_ROW    3
#define LUMPS_ROW_NS 3000000000u

/* A pause is forgotten after one to two times this; a longer one is an outage. */
#define LUMPS_MEMORY_NS	   30000000000u
#define LUMPS_PAUSE_MAX_NS 5000000000u

struct lumps {		     /* zeroed at first */
	uint64_t heard_ns;   /* when bytes came last; 0: never */
	uint64_t silence_ns; /* the longest since the last watermark */
	uint64_t beat_ns;    /* when a watermark came last; 0: never */
	uint64_t time_ns;    /* its time */

	uint64_t first_ns; /* what the first lump's watermarks fell by */
	bool has_risen;
	uint64_t slot_ns;      /* since when the first of these two is filled */
	uint64_t pauses[2][2]; /* the longest and the second, now and before */

	uint32_t n_beats; /* in the lump at hand */
	uint32_t n_steady;
	uint32_t n_row;
	uint64_t row_ns;
	uint64_t gap_ns; /* the silence before the lump at hand */
};

/* Bytes came at now_ns. Nothing was read before since_ns (0: it was): until then the
 * silence was ours. */
void lumps_note_bytes(struct lumps *l, uint64_t now_ns, uint64_t since_ns);

/* A watermark that is newer than the last one came at heard_ns. */
void lumps_note_beat(struct lumps *l, uint64_t time_ns);

/* How long the source pauses: the second longest pause in memory, so that one stall is no
 * rhythm, and two lumps settle it. */
uint64_t lumps_pause_ns(const struct lumps *l);

enum lumps_kind { LUMPS_NONE, LUMPS_MAYBE, LUMPS_CERTAIN };

/* How it delivers now; *gap_ns is the time from lump to lump where that is CERTAIN. */
enum lumps_kind lumps_kind(const struct lumps *l, uint64_t now_ns, uint64_t *gap_ns);

#endif
