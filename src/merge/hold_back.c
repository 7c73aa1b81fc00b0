/* The automatic hold-back: as long as the slowest source needs. Must not know the order of
 * records. */
#include "merge/state.h"

/* How often the automatic hold-back looks whether it may be lower. */
#define PACING_NS 1000000000u

/* The hold-back that a source's delay calls for: a quarter more, within the limits. */
static uint64_t
paced_hold_back(const struct merge *m, const struct source *s, uint64_t now_ns)
{
	uint64_t delay = pace_delay_ns(&s->pace, now_ns);
	uint64_t hold_back = delay + delay / 4;

	if (hold_back > MERGE_HOLD_BACK_AUTO_MAX_NS)
		hold_back = MERGE_HOLD_BACK_AUTO_MAX_NS;
	return hold_back > m->options.hold_back_ns ? hold_back : m->options.hold_back_ns;
}

void
hold_back_raise(struct merge *m, struct source *s, uint64_t now_ns)
{
	s->hold_back_ns = paced_hold_back(m, s, now_ns);
	if (s->hold_back_ns <= m->hold_back_ns)
		return;
	m->hold_back_ns = s->hold_back_ns;
	m->slowest = (uint32_t)(s - m->sources);
}

/* Arrivals raise it at once; here it comes down with the slowest source. */
void
hold_back_review(struct merge *m, uint64_t now_ns)
{
	if (!m->options.is_auto || now_ns - m->paced_ns < PACING_NS)
		return;
	m->paced_ns = now_ns;
	m->hold_back_ns = m->options.hold_back_ns;
	m->slowest = STATE_NONE;
	for (uint32_t i = 0; i < m->n_sources; i++)
		if (m->sources[i].is_in && m->sources[i].hold_back_ns > 0)
			hold_back_raise(m, &m->sources[i], now_ns);
}

void
hold_back_forget(struct merge *m, struct source *s)
{
	m->n_lagging -= s->is_lagging || s->is_lumpy;
	s->is_lagging = s->is_lumpy = false;
	s->lumps = (struct lumps){0};
}

/* The least age follows a clock that drifts. */
static void
note_age(struct source *s)
{
	bool is_first = s->lumps.beat_ns == 0;
	uint64_t elapsed_ns = s->lumps.heard_ns - s->lumps.beat_ns;

	s->age_ns = (int64_t)(s->lumps.heard_ns - s->mark_ns);
	if (!is_first)
		s->age_least_ns += (int64_t)(elapsed_ns / MERGE_LAG_DRIFT_PART);
	if (is_first || s->age_ns < s->age_least_ns)
		s->age_least_ns = s->age_ns;
}

/* Half the hold-back: by the next watermark it may be all of it. */
void
hold_back_beat(struct merge *m, struct source *s)
{
	uint64_t limit_ns = m->hold_back_ns / 2;
	bool was_late = s->is_lagging || s->is_lumpy;

	if (s->is_file || s->lumps.heard_ns == 0)
		return;
	note_age(s);
	lumps_note_beat(&s->lumps, s->mark_ns);
	if (!m->options.is_auto)
		return;
	s->is_lagging = (uint64_t)s->age_ns - (uint64_t)s->age_least_ns > limit_ns;
	s->is_lumpy = lumps_pause_ns(&s->lumps) > limit_ns;
	m->n_lagging += s->is_lagging || s->is_lumpy;
	m->n_lagging -= was_late;
}

/* Until when the source counts as one that delivers: it may pause as it did before, and a
 * quarter longer. */
static uint64_t
alive_until(const struct merge *m, const struct source *s)
{
	uint64_t pause = s->is_lumpy ? lumps_pause_ns(&s->lumps) : 0;
	uint64_t heard = s->lumps.heard_ns + pause + pause / 4 + m->hold_back_ns;
	uint64_t beat = s->lumps.beat_ns + MERGE_LAG_BEAT_NS;

	return heard < beat ? heard : beat;
}

uint64_t
hold_back_lag_end(const struct merge *m, struct tourney_node record, uint64_t now_ns)
{
	uint64_t end_ns = now_ns;

	for (uint32_t i = 0; m->n_lagging > 0 && i < m->n_sources; i++) {
		const struct source *s = &m->sources[i];
		bool is_awaited = s->mark_ns < record.key ||
				  (s->mark_ns == record.key && i < record.leaf);

		if ((s->is_lagging || s->is_lumpy) && is_awaited &&
		    alive_until(m, s) > end_ns)
			end_ns = alive_until(m, s);
	}
	return end_ns;
}

void
merge_heard(struct merge *m, uint32_t source, uint64_t now_ns)
{
	struct source *s = &m->sources[source];

	lumps_note_bytes(&s->lumps, now_ns,
			 s->room_ns > m->away_ns ? s->room_ns : m->away_ns);
	m->now_ns = now_ns;
}

void
merge_was_away(struct merge *m, uint64_t now_ns)
{
	m->away_ns = now_ns;
}

enum lumps_kind
merge_lumps(const struct merge *m, uint32_t source, uint64_t now_ns, uint64_t *gap_ns)
{
	return lumps_kind(&m->sources[source].lumps, now_ns, gap_ns);
}

uint64_t
merge_lag_ns(const struct merge *m, uint32_t source)
{
	const struct source *s = &m->sources[source];

	return s->is_lagging ? (uint64_t)s->age_ns - (uint64_t)s->age_least_ns : 0;
}

uint64_t
merge_hold_back_ns(const struct merge *m)
{
	return m->hold_back_ns;
}

uint64_t
merge_source_hold_back_ns(const struct merge *m, uint32_t source)
{
	return m->sources[source].hold_back_ns;
}

uint32_t
merge_slowest(const struct merge *m)
{
	return m->slowest;
}
