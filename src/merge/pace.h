#ifndef MERGE_PACE_H
#define MERGE_PACE_H

#include "base/span.h"

/*
 * How late a source delivers: what the automatic hold-back follows.
 *
 * A record's age is its arrival less its time; clocks need not agree, so only differences
 * of ages count. Records that arrive less than PACE_GAP_NS apart are a burst. A burst's
 * delay is the age of its oldest record less the smallest age in the last PACE_BURSTS
 * bursts: what a worker that flushes once a second adds to a record at most, and nothing
 * for a source that sends one packet a minute at once. The delay of a source is the
 * second largest of these bursts', so that one stall changes nothing, and two flushes
 * settle it. It is forgotten burst by burst when the source becomes fast, and wholly when
 * it has been silent for PACE_MEMORY_NS.
 */
#define PACE_BURSTS 8

/* Gaps in a flush over a slow link are shorter, those between flushes that the floor of
 * the hold-back does not cover are longer. */
#define PACE_GAP_NS 20000000u

/* A burst ends after this, so that a source that never pauses has bursts to forget. */
#define PACE_BURST_NS 500000000u

/* Twice the largest automatic hold-back: a longer delay is an outage, a file played
 * through a fifo, or a clock that was set, and no hold-back cures it. */
#define PACE_DELAY_MAX_NS 4000000000u

#define PACE_MEMORY_NS 60000000000u

struct pace_burst {
	int64_t age_min;
	int64_t age_max;
};

struct pace {
	uint64_t begin_ns; /* of the burst at hand */
	uint64_t last_ns;  /* newest arrival */
	uint64_t zero;	   /* age of the first record; the others' are relative to it */
	uint32_t n; /* bursts so far; the one at hand is n - 1, modulo PACE_BURSTS */
	struct pace_burst bursts[PACE_BURSTS];
};

void pace_init(struct pace *p);

/* A record arrived. Returns whether the delay may be larger now: at a burst's first record
 * and at its older ones. */
bool pace_arrival(struct pace *p, uint64_t now_ns, uint64_t time_ns);

/* The source's delay; 0 while there are fewer than two bursts, or after a long silence. */
uint64_t pace_delay_ns(const struct pace *p, uint64_t now_ns);

#endif
