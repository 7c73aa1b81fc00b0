#ifndef MERGE_AHEAD_H
#define MERGE_AHEAD_H

#include "merge/state.h"

/* Which time stamps merge.c believes; nobody else includes this. Inline: every record goes
 * through it. */

/* A time as a tournament's key: the largest one means "takes no part" there. */
static inline uint64_t
key_of(uint64_t time_ns)
{
	return time_ns < TOURNEY_NONE ? time_ns : TOURNEY_NONE - 1;
}

/* Whether a file's record may be wrong: what comes behind it tells. */
static inline bool
is_step(struct source *s, uint64_t time_ns)
{
	bool is_far = time_ns > state_later(s->mark_ns, MERGE_STEP_NS);

	s->n_steps = is_far ? s->n_steps + 1 : 0;
	return is_far && s->n_steps < MERGE_STEP_RECORDS;
}

static inline bool
is_ahead(const struct merge *m, const struct source *s, uint64_t time_ns)
{
	if (!s->is_file)
		return time_ns > s->limit_ns;
	return m->newest_ns > 0 && time_ns > state_later(m->newest_ns, MERGE_STEP_NS) &&
	       time_ns > state_later(s->mark_ns, m->options.slack_ns);
}

/* Counts what leaves, and moves the times that it moves. */
static inline void
count(struct merge *m, struct source *s, const struct merge_out *out)
{
	uint64_t time_ns = key_of(out->record.time_ns);

	s->counts.written++;
	s->counts.bytes += out->record.caplen;
	if (out->is_ahead) {
		s->counts.ahead++;
		return;
	}
	m->last_ns = time_ns;
	if (time_ns < m->newest_ns)
		s->counts.late++;
	else
		m->newest_ns = time_ns;
}

#endif
