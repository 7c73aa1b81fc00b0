/* Watching, or blind: intervals, and what proves their ends. */
#include "path/sight.h"

void
path_sight_init(struct path_sight *s, struct path_source *sources, uint32_t n)
{
	*s = (struct path_sight){.sources = sources, .n = n, .dark_ns = PATH_SIGHT_NONE};
	s->full = (struct path_interval){PATH_SIGHT_NONE, 0, PATH_BLIND_MEMORY};
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return b < PATH_SIGHT_NONE - a ? a + b : PATH_SIGHT_NONE;
}

static void
join(struct path_interval *i, uint64_t from_ns, uint64_t to_ns)
{
	if (from_ns < i->from_ns)
		i->from_ns = from_ns;
	if (to_ns > i->to_ns)
		i->to_ns = to_ns;
}

void
path_sight_darken(struct path_sight *s, uint32_t source, uint64_t from_ns, uint64_t to_ns,
		  enum path_blind why)
{
	struct path_source *o = &s->sources[source];
	struct path_interval *i = o->list;
	const struct path_interval *end = o->list + o->n;

	while (i < end && (i->why != why || from_ns > i->to_ns || to_ns < i->from_ns))
		i++;
	if (i < end) {
		join(i, from_ns, to_ns);
	} else if (o->n < PATH_SIGHT_INTERVALS) {
		o->list[o->n++] = (struct path_interval){from_ns, to_ns, why};
	} else {
		join(&o->list[o->n - 1], from_ns, to_ns);
	}
	if (from_ns == 0 && to_ns != PATH_SIGHT_NONE) {
		s->begun_ns = to_ns > s->begun_ns ? to_ns : s->begun_ns;
		return;
	}
	s->dark_ns = from_ns < s->dark_ns ? from_ns : s->dark_ns;
	s->bright_ns = to_ns > s->bright_ns ? to_ns : s->bright_ns;
}

void
path_sight_forget(struct path_sight *s, uint64_t from_ns, uint64_t to_ns)
{
	join(&s->full, from_ns, to_ns);
}

/* It has said once how far it is, and by what clock. */
static void
begin(struct path_sight *s, uint32_t source, const struct path_state *now)
{
	struct path_source *o = &s->sources[source];

	if (now->is_over)
		path_sight_darken(s, source, 0, PATH_SIGHT_NONE, PATH_BLIND_START);
	if (now->mark_ns == 0 || now->bound_ns == PATH_SIGHT_NONE)
		return;
	o->has_begun = true;
	s->n_begun++;
	o->connection = now->connection;
	path_sight_darken(s, source, 0,
			  later(now->mark_ns, now->margin_ns + now->bound_ns),
			  PATH_BLIND_START);
}

/*
 * The count stood lower at the mark that was known before; when it rose is not known, but
 * that it had risen when it came here. A mark that came with the count is older than what
 * it counts.
 */
static void
take_drops(struct path_sight *s, uint32_t source, const struct path_state *now)
{
	struct path_source *o = &s->sources[source];

	if (now->drops <= o->drops)
		return;
	o->drops = now->drops;
	if (now->is_file)
		path_sight_darken(s, source, 0, PATH_SIGHT_NONE, PATH_BLIND_DROPS);
	else
		path_sight_darken(s, source, o->mark_ns,
				  later(now->now_ns, now->bound_ns), PATH_BLIND_DROPS);
}

/* Lost, and what came back begins with its first mark. */
static void
take_gap(struct path_sight *s, uint32_t source, const struct path_state *now)
{
	struct path_source *o = &s->sources[source];
	bool is_new = now->connection != o->connection;

	o->is_lost |= is_new || now->is_out;
	if (!o->is_lost)
		return;
	if (!is_new || now->is_out || now->mark_ns == 0) {
		path_sight_darken(s, source, o->mark_ns,
				  later(now->now_ns, now->bound_ns), PATH_BLIND_GAP);
		return;
	}
	path_sight_darken(s, source, o->mark_ns,
			  later(now->mark_ns, now->margin_ns + now->bound_ns),
			  PATH_BLIND_GAP);
	o->is_lost = false;
	o->connection = now->connection;
}

void
path_sight_update(struct path_sight *s, uint32_t source, const struct path_state *now)
{
	struct path_source *o = &s->sources[source];

	if (o->is_over)
		return;
	o->is_partial = now->is_partial;
	if (!now->is_file && !now->has_marks && now->mark_ns > 0)
		path_sight_darken(s, source, 0, PATH_SIGHT_NONE, PATH_BLIND_MARKS);
	if (!o->has_begun)
		begin(s, source, now);
	if (o->has_begun) {
		take_drops(s, source, now);
		if (!now->is_over && !now->is_file)
			take_gap(s, source, now);
		if (now->bound_ns == PATH_SIGHT_NONE)
			path_sight_darken(s, source, o->mark_ns, PATH_SIGHT_NONE,
					  PATH_BLIND_CLOCK);
		else if (now->bound_ns > o->bound_ns) /* times of before were as wrong */
			o->bound_ns = now->bound_ns;
		if (!o->is_lost && now->mark_ns > o->mark_ns)
			o->mark_ns = now->mark_ns;
	}
	if (!now->is_over)
		return;
	o->is_over = true;
	path_sight_darken(s, source,
			  o->mark_ns > o->bound_ns ? o->mark_ns - o->bound_ns : 1,
			  PATH_SIGHT_NONE, PATH_BLIND_OPEN);
}

void
path_sight_note_file(struct path_sight *s, uint32_t source, uint64_t time_ns)
{
	struct path_source *o = &s->sources[source];

	if (!o->has_begun) {
		o->has_begun = true;
		s->n_begun++;
		path_sight_darken(s, source, 0, time_ns, PATH_BLIND_START);
	}
	if (time_ns > o->mark_ns)
		o->mark_ns = time_ns;
}

uint64_t
path_sight_bound_ns(const struct path_sight *s)
{
	uint64_t bound_ns = 0;

	for (uint32_t i = 0; i < s->n; i++)
		if (s->sources[i].bound_ns > bound_ns)
			bound_ns = s->sources[i].bound_ns;
	return bound_ns;
}

static bool
is_blind(const struct path_source *o, uint64_t from_ns, uint64_t to_ns, uint16_t *why)
{
	bool is_any = false;

	if (!o->has_begun) {
		*why |= 1u << PATH_BLIND_START;
		is_any = true;
	}
	for (uint32_t i = 0; i < o->n; i++) {
		if (to_ns < o->list[i].from_ns || from_ns > o->list[i].to_ns)
			continue;
		*why |= (uint16_t)(1u << o->list[i].why);
		is_any = true;
	}
	return is_any;
}

uint64_t
path_sight_blind(const struct path_sight *s, uint64_t from_ns, uint64_t to_ns,
		 uint16_t *why)
{
	uint64_t mask = 0;

	if (to_ns >= s->full.from_ns && from_ns <= s->full.to_ns) {
		*why |= 1u << PATH_BLIND_MEMORY;
		mask = UINT64_MAX;
	}
	if (s->n_begun == s->n && from_ns > s->begun_ns &&
	    (to_ns < s->dark_ns || from_ns > s->bright_ns))
		return mask;
	for (uint32_t i = 0; i < s->n; i++)
		if (is_blind(&s->sources[i], from_ns, to_ns, why))
			mask |= UINT64_C(1) << (i % 64);
	return mask;
}
