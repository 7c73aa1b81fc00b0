#ifndef CLI_SOURCE_CLOCK_H
#define CLI_SOURCE_CLOCK_H

#include "cli/source/source.h"
#include "merge/clock_slew.h"

/*
 * How far the clock of a source's worker is from ours, from exchanges with its /clock
 * (source_probe.h), or from the stamps that come with the capture where it has none: what
 * is known, what is said about it, and --align-clocks.
 */
enum source_probe_state {
	PROBE_IDLE, /* no connection until it is due */
	PROBE_DIALING,
	PROBE_SENDING,
	PROBE_READING,
	PROBE_READY /* connected; the next burst is not due */
};

struct source_probe_dial;
struct source_probe_work;

struct source_clock {
	struct loop_watch watch;
	struct source *source;
	struct source_probe_dial *dial; /* NULL: no connection is being made */
	struct source_probe_work *work; /* NULL: no burst is under way */
	struct transport transport;
	struct net_address address; /* of the capture's connection: the same worker */
	enum source_probe_state state;
	bool is_started;   /* for this connection of the capture */
	bool is_allowed;   /* likewise: its worker may be asked */
	bool is_measuring; /* the first burst beside this connection is not over */
	bool is_kept;	   /* nothing came on the connection since a burst was over */
	bool is_refused;   /* the last answer was none: there is no such clock */
	unsigned wants;	   /* as a source's */
	uint64_t deadline_ns;
	uint64_t t0_ns;	   /* steady, as all times of struct clock_offset */
	uint64_t asked_ns; /* steady: before the capture was asked for */
	struct clock_offset offset;

	uint64_t seen_ns; /* steady: when what is known was looked at last */
	struct clock_offset_estimate told;
	enum clock_offset_warning warned;
	uint32_t warned_steps;
};

/* Makes the clock of a source of the network; without memory it has none. */
void source_clock_init(struct source *s);
void source_clock_fini(struct source *s);

/* The source may be another worker from now on: what was measured counts no more. */
void source_clock_forget(struct source *s);

/* The capture is about to be asked for. */
void source_clock_note_request(struct source *s);

/*
 * A live stream's time has come, margin_ns as in clock_offset_stamp: all that is known
 * where there is no /clock. Costs next to nothing where there is one.
 */
void source_clock_stamp(struct source *s, uint64_t time_ns, uint64_t margin_ns);

/* A burst is over, or enough stamps have come: says what is new, follows it. */
void source_clock_look(struct source *s);

/* How long ago a time of the worker's clock was, as far as that is known; 0: it is still
 * to come. */
uint64_t source_clock_age(const struct source *s, uint64_t time_ns);

/*
 * What no time of the worker's clock can exceed now: later ones are ahead (merge.h). Where
 * its clock is not known, it may be as far ahead as SOURCE_CLOCK_TRUST_NS: more than one
 * set to another time zone is, so that its packets keep their place among themselves.
 */
#define SOURCE_CLOCK_TRUST_NS 86400000000000u
uint64_t source_clock_limit(const struct source *s);

/* Likewise, of times as the merge gets them: corrected. */
uint64_t source_clock_merge_limit(const struct source *s, uint64_t limit_ns);

/* Reads our clocks anew; once before the first source starts. */
void source_clock_read_reference(struct source_context *c);

#endif
