#ifndef CLI_SOURCE_FLEET_H
#define CLI_SOURCE_FLEET_H

#include "cli/model/view.h"
#include "cli/source/source.h"

/* All sources: which have changed, and how many are in which state. */
struct fleet {
	struct source *sources;
	uint32_t n;
	struct source_context context; /* what they share */
	uint32_t n_pending;	       /* neither answered nor failed yet */
	uint32_t n_over;
	uint32_t n_counting; /* over, and the worker is asked for the last counts */
	uint32_t n_refused;  /* failed before they answered */
	bool has_changed;    /* who captures: see fleet_take_change */
};

/* One source for each target, borrowed; f->context is set. False: no memory. fleet_fini is
 * legal behind it and in a zeroed struct. */
bool fleet_init(struct fleet *f, const struct target *targets, uint32_t n);
void fleet_fini(struct fleet *f);

void fleet_start(struct fleet *f, uint64_t now_ns);
void fleet_stop(struct fleet *f, bool wants_rest, uint64_t now_ns); /* source_stop */

/* Settles all that changed or wait for room. True when the merge got something, or one is
 * over. */
bool fleet_settle(struct fleet *f, uint64_t now_ns);

/* Whether another set of sources captures than when it was asked last. */
bool fleet_take_change(struct fleet *f);

/* The merge's clock stands still while the output is blocked. */
void fleet_set_blocked(struct fleet *f, bool is_blocked, uint64_t now_ns);

/* Whether what the source begins with is known: a file describes its interfaces before the
 * first packet, others are known by their answer. */
bool fleet_has_begun(const struct fleet *f, uint32_t i);

/* Whether the first look at a worker's clock is not over. */
bool fleet_is_measuring(const struct fleet *f);

/* In the interfaces: how far the clocks are off, from number `first` on; and what our workers
 * were asked for because the stream did not bring it. */
void fleet_note_offsets(const struct fleet *f, uint32_t first);
void fleet_note_drops(const struct fleet *f);

/* A name was looked up for the source q->id; takes q. */
void fleet_resolved(struct fleet *f, struct resolve_request *q, uint64_t now_ns);

/* A packet of the source left the merge and is not written. */
void fleet_note_unwritten(struct fleet *f, uint32_t i, bool is_late);

/* True the first time that a packet of it is ahead. */
bool fleet_note_ahead(struct fleet *f, uint32_t i);

/* Appends "NAME: " and what is to be said of its lag; false: nothing. */
bool fleet_look_at_lag(struct fleet *f, uint32_t i, uint64_t now_ns, struct text *line);

struct views fleet_views(const struct fleet *f);

#endif
