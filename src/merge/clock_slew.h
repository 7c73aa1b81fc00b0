#ifndef MERGE_CLOCK_SLEW_H
#define MERGE_CLOCK_SLEW_H

#include "merge/clock_offset.h"

/*
 * --align-clocks: a source's times, corrected by the measured offset of its clock such
 * that the order within the source never flips.
 *
 *   corrected(t) = t - applied(t);  applied moves towards the measured offset, by at most
 *                                   CLOCK_SLEW_PPM of the time that passes in t
 *
 *   applied   ______/-----  <- measured anew, later
 *            /
 *   ________/   <- history: kept, so that a record out of order is mapped as its equals
 *         times seen | times to come: a new measurement changes these only
 *
 * So for all times mapped, in whatever order they come: t <= u gives corrected(t) <=
 * corrected(u), and a watermark, mapped by the same function, stays the promise it was.
 * Exact for the last CLOCK_SLEW_SEGMENTS - 1 changes, CLOCK_SLEW_PAUSE_NS apart in the
 * source's time; what is older follows the beginning of the history, and stays before all
 * that is younger. A time more than CLOCK_SLEW_AHEAD_NS in the worker's future is wrong
 * or from before a step, and binds nothing.
 *
 * The first measurement applies at once to everything if nothing was mapped before it.
 *
 * When the worker's clock was set (the estimate counts its steps; it takes up to
 * CLOCK_OFFSET_PERIOD_NS to see one), or the first measurement comes late:
 * - back: what was stamped since came out too early by the step; the offset is applied
 *   at once. Where times have already been seen that lie in the worker's future, they are
 *   about to come again and mean another moment: history is forgotten, and the promise
 *   above begins anew. (A watermark repeated from before the step promises too much; so
 *   did the worker.)
 * - forward: what was stamped since came out too late by the step. Corrected time goes on
 *   at half speed (CLOCK_SLEW_FAST_PPM) until it is right again, so the order holds; after
 *   a step of more than CLOCK_SLEW_STEP_MAX_NS it is set back at once instead, history is
 *   forgotten, and the records of up to a period show as late.
 */
#define CLOCK_SLEW_PPM	       500u
#define CLOCK_SLEW_FAST_PPM    500000u /* less than 1000000: time never goes back */
#define CLOCK_SLEW_STEP_MAX_NS 60000000000u
#define CLOCK_SLEW_AHEAD_NS    1000000000u /* further ahead of the worker: was set back */
#define CLOCK_SLEW_PAUSE_NS    5000000000u /* of the source's time, between changes */
#define CLOCK_SLEW_SEGMENTS    8

struct clock_slew_segment {
	uint64_t begin_ns; /* uncorrected; rules the times after it */
	int64_t from_ns;
	int64_t to_ns;
	uint32_t ppm;
};

struct clock_slew { /* zeroed at first: applies 0 */
	struct clock_slew_segment segments[CLOCK_SLEW_SEGMENTS];
	uint32_t n;
	uint32_t n_steps;
	uint64_t newest_ns; /* of the times mapped, uncorrected */
	bool has_mapped;
	bool is_following;
};

/*
 * A new estimate, after each burst; only a KNOWN one counts. All of them must be related
 * to one reference. Returns whether it changed anything.
 */
bool clock_slew_follow(struct clock_slew *s, const struct clock_offset_estimate *e);

/* The corrected time of a record or a watermark, within 0 and the year 2262. */
uint64_t clock_slew_map(struct clock_slew *s, uint64_t time_ns);

/* What is subtracted from the newest times. */
int64_t clock_slew_applied_ns(const struct clock_slew *s);

#endif
