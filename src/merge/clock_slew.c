/*
 * The map from a source's times to ours: continuous, but for steps, and never falling.
 * Must not know how offsets are measured.
 */
#include "merge/clock_slew.h"

#include <string.h>

#define TIME_MAX ((uint64_t)INT64_MAX)

/* Exact: rises by 0 or 1 a nanosecond, and cannot overflow while ppm < 1000000. */
static uint64_t
part(uint64_t t_ns, uint32_t ppm)
{
	return t_ns / 1000000 * ppm + t_ns % 1000000 * ppm / 1000000;
}

static int64_t
applied_in(const struct clock_slew_segment *g, uint64_t t_ns)
{
	uint64_t d = t_ns > g->begin_ns ? part(t_ns - g->begin_ns, g->ppm) : 0;

	if (g->to_ns > g->from_ns) {
		if (d >= (uint64_t)g->to_ns - (uint64_t)g->from_ns)
			return g->to_ns;
		return (int64_t)((uint64_t)g->from_ns + d);
	}
	if (d >= (uint64_t)g->from_ns - (uint64_t)g->to_ns)
		return g->to_ns;
	return (int64_t)((uint64_t)g->from_ns - d);
}

static int64_t
applied_at(const struct clock_slew *s, uint64_t t_ns)
{
	uint32_t i = s->n;

	while (i > 1 && t_ns <= s->segments[i - 1].begin_ns)
		i--;
	return i > 0 ? applied_in(&s->segments[i - 1], t_ns) : 0;
}

static void
begin_segment(struct clock_slew *s, int64_t from_ns, int64_t to_ns, uint32_t ppm)
{
	struct clock_slew_segment *g = s->segments;

	if (s->n > 1 && s->segments[s->n - 1].begin_ns == s->newest_ns)
		s->n--; /* it rules no time that was mapped */
	if (s->n == CLOCK_SLEW_SEGMENTS)
		memmove(g, g + 1, --s->n * sizeof(*g));
	g[s->n++] = (struct clock_slew_segment){s->newest_ns, from_ns, to_ns, ppm};
}

static void
begin_anew(struct clock_slew *s, int64_t offset_ns)
{
	s->n = 1;
	s->segments[0] = (struct clock_slew_segment){0, offset_ns, offset_ns, 0};
	s->newest_ns = 0;
	s->has_mapped = false;
}

static bool
is_ahead(const struct clock_slew *s, const struct clock_offset_estimate *e)
{
	return s->newest_ns > e->worker_ns &&
	       s->newest_ns - e->worker_ns > CLOCK_SLEW_AHEAD_NS;
}

/* The worker's clock was set, or is known for the first time. */
static void
follow_step(struct clock_slew *s, const struct clock_offset_estimate *e)
{
	int64_t applied = clock_slew_applied_ns(s);
	bool is_up = e->offset_ns > applied;
	uint64_t rise = (uint64_t)e->offset_ns - (uint64_t)applied;

	if (is_ahead(s, e) || (is_up && rise > CLOCK_SLEW_STEP_MAX_NS))
		begin_anew(s, e->offset_ns);
	else
		begin_segment(s, is_up ? applied : e->offset_ns, e->offset_ns,
			      CLOCK_SLEW_FAST_PPM);
}

static bool
follow_drift(struct clock_slew *s, const struct clock_offset_estimate *e)
{
	const struct clock_slew_segment *last = &s->segments[s->n - 1];
	int64_t applied;

	/* One stamp from the future must not put off all changes until then. */
	if (is_ahead(s, e))
		s->newest_ns =
		    e->worker_ns > last->begin_ns ? e->worker_ns : last->begin_ns;
	if (e->offset_ns == last->to_ns ||
	    s->newest_ns - last->begin_ns < CLOCK_SLEW_PAUSE_NS)
		return false;
	applied = clock_slew_applied_ns(s);
	begin_segment(s, applied, e->offset_ns,
		      applied != last->to_ns && last->ppm == CLOCK_SLEW_FAST_PPM
			  ? CLOCK_SLEW_FAST_PPM
			  : CLOCK_SLEW_PPM);
	return true;
}

bool
clock_slew_follow(struct clock_slew *s, const struct clock_offset_estimate *e)
{
	bool is_step = !s->is_following || e->n_steps != s->n_steps;

	if (e->kind != CLOCK_OFFSET_KNOWN)
		return false;
	s->is_following = true;
	s->n_steps = e->n_steps;
	if (!s->has_mapped)
		begin_anew(s, e->offset_ns);
	else if (is_step)
		follow_step(s, e);
	else
		return follow_drift(s, e);
	return true;
}

static uint64_t
correct(uint64_t t_ns, int64_t applied_ns)
{
	uint64_t rise = 0 - (uint64_t)applied_ns;

	if (applied_ns >= 0)
		return t_ns > (uint64_t)applied_ns ? t_ns - (uint64_t)applied_ns : 0;
	return rise > TIME_MAX - t_ns ? TIME_MAX : t_ns + rise;
}

uint64_t
clock_slew_map(struct clock_slew *s, uint64_t time_ns)
{
	uint64_t t_ns = time_ns < TIME_MAX ? time_ns : TIME_MAX;

	if (s->n == 0)
		begin_anew(s, 0);
	s->has_mapped = true;
	if (t_ns > s->newest_ns)
		s->newest_ns = t_ns;
	return correct(t_ns, applied_at(s, t_ns));
}

int64_t
clock_slew_applied_ns(const struct clock_slew *s)
{
	return applied_at(s, s->newest_ns);
}
