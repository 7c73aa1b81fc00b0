#ifndef MERGE_CLOCK_OFFSET_H
#define MERGE_CLOCK_OFFSET_H

#include "base/text.h"

/*
 * How far a worker's wall clock is from ours, as an interval that holds the truth.
 *
 *   steady  --t0------------------------t1-->     sent just before, come just after
 *               \  GET /clock    w     /
 *   worker  -----`-----------( read )-'----->     w lies in between, wherever it does
 *
 * so at t1 the worker's clock less our steady clock lies in [w - t1, w - t0], however
 * asymmetric the path is. The intervals of a burst are intersected; the middle of what is
 * left is the offset, half its width the bound. An interval that ages is widened by
 * CLOCK_OFFSET_DRIFT_PPM on both sides. Of the burst and the one held from before, the
 * narrower counts. They are not intersected: what is stated rests on one burst alone, so
 * that a clock slewed faster than we allow for, or set by less than the bounds, makes it
 * false only until a narrower burst comes.
 *
 * The interval holds the truth as long as the worker's clock has not been set since it
 * was measured (age_ns), every answer was made for its request (no cache), and all came
 * from one worker. An interval that does not meet the one before shows that the clock was
 * set: it is counted, and everything from before is forgotten.
 *
 * Steady time (now_ns, t0, t1) is a clock of ours that is never set: CLOCK_BOOTTIME, or
 * CLOCK_MONOTONIC, for which a suspended host looks like a step of every worker. Our wall
 * clock comes in only as a clock_offset_reference: its being set spoils no interval.
 */
#define CLOCK_OFFSET_DRIFT_PPM 200  /* two hosts of 100 ppm each */
#define CLOCK_OFFSET_GRAIN_NS  1000 /* how coarse the clocks are read, with reserve */
#define CLOCK_OFFSET_BURST     8    /* exchanges; best of several by round trip */
#define CLOCK_OFFSET_BURST_NS  5000000000u  /* and no exchange begins a burst this old */
#define CLOCK_OFFSET_PERIOD_NS 10000000000u /* from burst to burst */
#define CLOCK_OFFSET_LARGE_NS  10000000u    /* worth a warning */

/* Stamps alone: the upper end is of use only up to here; see clock_offset_stamp. */
#define CLOCK_OFFSET_STAMP_MAX_NS 1000000000u
#define CLOCK_OFFSET_MARGIN_NS	  25000000u /* what our worker's watermarks lag by */

struct clock_offset_interval {
	int64_t low_ns;
	int64_t high_ns;
	uint64_t at_ns; /* steady time for which it is stated */
	bool is_set;
};

/* Our wall clock less our steady clock; zeroed at first. */
struct clock_offset_reference {
	struct clock_offset_interval i;
};

struct clock_offset { /* zeroed at first */
	struct clock_offset_interval held;
	struct clock_offset_interval burst;
	struct clock_offset_interval stamps; /* since stamps_begin_ns */
	struct clock_offset_interval stamps_before;
	uint64_t burst_begin_ns;
	uint64_t burst_end_ns;
	uint64_t stamps_begin_ns;
	uint64_t newest_stamp_ns;
	uint64_t n_exchanges;
	uint32_t n_burst;
	uint32_t n_steps;
	bool is_burst_anew; /* a step within it has begun it again */
};

enum clock_offset_kind {
	CLOCK_OFFSET_UNKNOWN,
	CLOCK_OFFSET_AT_LEAST, /* offset_ns is a lower end, the upper one is unknown */
	CLOCK_OFFSET_KNOWN     /* offset_ns +- bound_ns */
};

struct clock_offset_estimate {
	enum clock_offset_kind kind;
	int64_t offset_ns;    /* worker's clock less ours: positive is ahead; or 0 */
	uint64_t bound_ns;    /* KNOWN: now, that is, aged; else 0 */
	uint64_t age_ns;      /* since it was measured; UNKNOWN: 0 */
	uint64_t worker_ns;   /* what the worker's clock reads now, about; UNKNOWN: 0 */
	uint64_t n_exchanges; /* ever taken */
	uint32_t n_steps;     /* how often the worker's clock was seen to have been set */
};

/*
 * Three readings in a row: steady, wall, steady. Returns whether our wall clock was set
 * since the last time; then the new reading counts, else the sharper one. Who wants one
 * time scale for a whole run keeps a copy of the first.
 */
bool clock_offset_reference_read(struct clock_offset_reference *r, uint64_t before_ns,
				 uint64_t wall_ns, uint64_t after_ns);

enum clock_offset_result {
	CLOCK_OFFSET_TAKEN,
	CLOCK_OFFSET_STEP,   /* taken, and the worker's clock has been set */
	CLOCK_OFFSET_REFUSED /* not an exchange: end before begin, or a time past 2262 */
};

/*
 * One exchange: t0_ns was read before the first byte of the request was written, t1_ns
 * after the last byte of the answer was read (afresh: the time at which the loop woke up
 * may be older than the answer), worker_ns is what it said.
 */
enum clock_offset_result clock_offset_exchange(struct clock_offset *c, uint64_t t0_ns,
					       uint64_t worker_ns, uint64_t t1_ns);

/* When to begin the next exchange (steady): in the past within a burst, which a step begins
 * again once. */
uint64_t clock_offset_due_ns(const struct clock_offset *c);

/*
 * For a worker without /clock. Its stream was asked for at asked_ns (read before the
 * request was written; 0: unknown); a time from it arrived before arrived_ns; it shows
 * that in between the worker's clock read stamp_ns + margin_ns. A live capture's record:
 * margin 0. A watermark of our own worker: CLOCK_OFFSET_MARGIN_NS. Of any other: do not.
 *
 * So the offset is at least stamp - arrived, and at most stamp - asked, which is of use for
 * what comes first only: an interval wider than 2 * CLOCK_OFFSET_STAMP_MAX_NS is stated as
 * AT_LEAST. After a step back a worker repeats its last watermark: a stamp that is not
 * newer says nothing, lower ends are forgotten after two CLOCK_OFFSET_PERIOD_NS, and one
 * older by a second shows the step. Steps smaller than the interval go unseen.
 */
enum clock_offset_result clock_offset_stamp(struct clock_offset *c, uint64_t asked_ns,
					    uint64_t stamp_ns, uint64_t margin_ns,
					    uint64_t arrived_ns);

void clock_offset_estimate(const struct clock_offset *c,
			   const struct clock_offset_reference *r, uint64_t now_ns,
			   struct clock_offset_estimate *e);

/*
 * Puts "offset +1.3 ms +-0.2 ms" (with the sign U+00B1), "offset at least -3.1 ms" or
 * "offset unknown"; ns us ms s, two digits of the bound, rounded so that what is shown
 * still holds the truth.
 */
void clock_offset_text(struct text *t, const struct clock_offset_estimate *e);

enum clock_offset_warning {
	CLOCK_OFFSET_FINE,
	CLOCK_OFFSET_LARGE,    /* more than CLOCK_OFFSET_LARGE_NS */
	CLOCK_OFFSET_MISORDERS /* more than the hold-back (0, unsorted output: never) */
};

/* Warns only of an offset whose bound leaves no doubt that the clocks differ. */
enum clock_offset_warning clock_offset_judge(const struct clock_offset_estimate *e,
					     uint64_t hold_back_ns);

#endif
