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
