#ifndef CLI_SOURCE_CLOCK_H
#define CLI_SOURCE_CLOCK_H

#include "cli/target/target.h"
#include "merge/clock_slew.h"
#include "merge/merge.h"

/*
 * How far the clock of a target's worker is from ours, from exchanges with its /clock
 * (probe.h), or from the stamps that come with the capture where it has none: what is
 * said about it, and --align-clocks. It opens and reads nothing but our own clocks.
 */
struct source_clock_reference {		     /* of all sources */
	struct clock_offset_reference now;   /* our clock */
	struct clock_offset_reference first; /* as it was at the start */
};

struct source_clock { /* zeroed: of a file, which has none */
	const struct target *target;
	const struct merge *merge;
	struct source_clock_reference *reference;
	struct clock_offset *offset; /* what was measured; NULL: nothing can be known */
	struct clock_slew *slew;     /* NULL: its times are as they come */
	uint64_t asked_ns;	     /* steady: before the capture was asked for */
	uint64_t seen_ns;	     /* steady: when what is known was looked at last */
	struct clock_offset_estimate told;
	enum clock_offset_warning warned;
	uint32_t warned_steps;
};

/* The capture is about to be asked for. has_probes: its clock was asked. */
void source_clock_note_request(struct source_clock *c, bool has_probes);

/*
 * A live stream's time has come, margin_ns as in clock_offset_stamp: all that is known
 * where there is no /clock (has_clock). Costs next to nothing where there is one.
 */
void source_clock_stamp(struct source_clock *c, bool has_clock, uint64_t time_ns,
			uint64_t margin_ns);

/* A burst is over, or enough stamps have come: says what is new, follows it. */
void source_clock_look(struct source_clock *c);

/* How far the worker's clock is from ours, now. */
void source_clock_estimate(const struct source_clock *c, struct clock_offset_estimate *e);

/* How long ago a time of the worker's clock was, as far as that is known; 0: it is still
 * to come. */
uint64_t source_clock_age(const struct source_clock *c, uint64_t time_ns);

/*
 * What no time of the worker's clock can exceed now: later ones are ahead (merge.h). Where
 * its clock is not known, it may be as far ahead as SOURCE_CLOCK_TRUST_NS: more than one
 * set to another time zone is, so that its packets keep their place among themselves.
 */
#define SOURCE_CLOCK_TRUST_NS 86400000000000u
uint64_t source_clock_limit(const struct source_clock *c);

/* Reads our clocks anew; once before the first source starts. */
void source_clock_read_reference(struct source_clock_reference *r);

#endif
