/* The automatic hold-back: as long as the slowest source needs. Must not know the order of
 * records. */
#include "merge/hold_back.h"

#include "merge/state.h"

/* How often the automatic hold-back looks whether it may be lower. */
#define REVIEW_NS 1000000000u

/* The hold-back that a source's delay calls for: a quarter more, within the limits. */
static uint64_t
paced_hold_back(const struct merge *m, uint32_t source, uint64_t now_ns)
{
	uint64_t delay = pace_delay_ns(&m->sources[source].hold_back.pace, now_ns);
	uint64_t hold_back = delay + delay / 4;

	if (hold_back > MERGE_HOLD_BACK_AUTO_MAX_NS)
		hold_back = MERGE_HOLD_BACK_AUTO_MAX_NS;
	return hold_back > m->options.hold_back_ns ? hold_back : m->options.hold_back_ns;
}

void
hold_back_init(struct merge *m)
{
	struct hold_back *all = &m->hold_back;

	*all = (struct hold_back){.ns = m->options.hold_back_ns, .slowest = STATE_NONE};
}

/* The source delivers as late as its pace says. */
static void
raise_to(struct merge *m, uint32_t source, uint64_t now_ns)
{
	struct hold_back *all = &m->hold_back;
	struct hold_back_source *s = &m->sources[source].hold_back;

	s->paced_ns = paced_hold_back(m, source, now_ns);
	if (s->paced_ns <= all->ns)
		return;
	all->ns = s->paced_ns;
	all->slowest = source;
}

/* Arrivals raise it at once; here it comes down with the slowest source. */
void
hold_back_review(struct merge *m, uint64_t now_ns)
{
	struct hold_back *all = &m->hold_back;

	if (!m->options.is_auto || now_ns - all->review_ns < REVIEW_NS)
		return;
	all->review_ns = now_ns;
	all->ns = m->options.hold_back_ns;
	all->slowest = STATE_NONE;
	for (uint32_t i = 0; i < m->n_sources; i++)
		if (m->sources[i].is_in && m->sources[i].hold_back.paced_ns > 0)
			raise_to(m, i, now_ns);
}

void
hold_back_arrival(struct merge *m, uint32_t source, uint64_t now_ns, uint64_t time_ns)
{
	if (pace_arrival(&m->sources[source].hold_back.pace, now_ns, time_ns))
		raise_to(m, source, now_ns);
}

static bool
is_late(const struct hold_back_source *s)
{
	return s->is_lagging || s->is_lumpy;
}

static void
set_late(struct hold_back *all, struct hold_back_source *s, bool is_lagging,
	 bool is_lumpy)
{
	all->n_lagging -= is_late(s);
	s->is_lagging = is_lagging;
	s->is_lumpy = is_lumpy;
	all->n_lagging += is_late(s);
}

void
hold_back_forget(struct merge *m, uint32_t source)
{
	struct hold_back *all = &m->hold_back;
	struct hold_back_source *s = &m->sources[source].hold_back;

	set_late(all, s, false, false);
	s->lumps = (struct lumps){0};
	pace_init(&s->pace);
}

/* The least age follows a clock that drifts. */
static void
note_age(struct hold_back_source *s, uint64_t mark_ns)
{
	bool is_first = s->lumps.beat_ns == 0;
	uint64_t elapsed_ns = s->lumps.heard_ns - s->lumps.beat_ns;

	s->age_ns = (int64_t)(s->lumps.heard_ns - mark_ns);
	if (!is_first)
		s->age_least_ns += (int64_t)(elapsed_ns / MERGE_LAG_DRIFT_PART);
	if (is_first || s->age_ns < s->age_least_ns)
		s->age_least_ns = s->age_ns;
}

/* By how much more than at its promptest its newest watermark came late. */
static uint64_t
lag_of(const struct hold_back_source *s)
{
	return (uint64_t)s->age_ns - (uint64_t)s->age_least_ns;
}

/* Half the hold-back: by the next watermark it may be all of it. */
void
hold_back_beat(struct merge *m, uint32_t source)
{
	struct hold_back *all = &m->hold_back;
	struct hold_back_source *s = &m->sources[source].hold_back;
	uint64_t mark_ns = m->sources[source].mark_ns;
	uint64_t limit_ns = all->ns / 2;

	if (m->sources[source].is_file || s->lumps.heard_ns == 0)
		return;
	note_age(s, mark_ns);
	lumps_note_beat(&s->lumps, mark_ns);
	if (!m->options.is_auto)
		return;
	set_late(all, s, lag_of(s) > limit_ns, lumps_pause_ns(&s->lumps) > limit_ns);
}

/* It counts as one that delivers while it pauses as it did before, and a quarter longer. */
uint64_t
hold_back_lag_end(const struct merge *m, uint32_t source)
{
	const struct hold_back_source *s = &m->sources[source].hold_back;
	uint64_t pause = s->is_lumpy ? lumps_pause_ns(&s->lumps) : 0;
	uint64_t heard = s->lumps.heard_ns + pause + pause / 4 + m->hold_back.ns;
	uint64_t beat = s->lumps.beat_ns + MERGE_LAG_BEAT_NS;

	if (!is_late(s))
		return 0;
	return heard < beat ? heard : beat;
}

/* Bytes that bring no watermark are of a burst that its link is still carrying. */
void
hold_back_heard(struct merge *m, uint32_t source, uint64_t now_ns)
{
	struct hold_back *all = &m->hold_back;
	struct hold_back_source *s = &m->sources[source].hold_back;
	uint64_t room_ns = m->sources[source].memory.room_ns;

	lumps_note_bytes(&s->lumps, now_ns,
			 room_ns > all->away_ns ? room_ns : all->away_ns);
	if (m->options.is_auto && s->lumps.beat_ns > 0 &&
	    now_ns - s->lumps.beat_ns > all->ns / 2)
		set_late(all, s, true, s->is_lumpy);
}

void
merge_was_away(struct merge *m, uint64_t now_ns)
{
	struct hold_back *all = &m->hold_back;

	all->away_ns = now_ns;
}

enum lumps_kind
merge_lumps(const struct merge *m, uint32_t source, uint64_t now_ns, uint64_t *gap_ns)
{
	return lumps_kind(&m->sources[source].hold_back.lumps, now_ns, gap_ns);
}

uint64_t
merge_lag_ns(const struct merge *m, uint32_t source)
{
	const struct hold_back_source *s = &m->sources[source].hold_back;

	return s->is_lagging ? lag_of(s) : 0;
}

uint64_t
merge_hold_back_ns(const struct merge *m)
{
	return m->hold_back.ns;
}

uint64_t
merge_source_hold_back_ns(const struct merge *m, uint32_t source)
{
	return m->sources[source].hold_back.paced_ns;
}

uint32_t
merge_slowest(const struct merge *m)
{
	return m->hold_back.slowest;
}
