/*
 * Room: which queues are full, who gets memory within the bound, who gives it back. Must
 * not know the order of records.
 */
#include "merge/state.h"

#include <assert.h>

static_assert(sizeof(struct queue_record) + SAVEFILE_SNAPLEN_MAX == MERGE_ALLOWANCE,
	      "the allowance is one record's worth");

void
memory_full(struct merge *m, uint32_t source, uint32_t want, bool needs)
{
	struct source *s = &m->sources[source];

	if (!s->is_full) {
		s->is_full = true;
		s->full_at = m->n_full;
		m->full[m->n_full++] = source;
	}
	s->want = want;
	m->n_needs += (uint32_t)needs - (uint32_t)s->needs;
	s->needs = needs;
}

void
memory_not_full(struct merge *m, uint32_t source)
{
	struct source *s = &m->sources[source];
	uint32_t last;

	if (!s->is_full)
		return;
	last = m->full[--m->n_full];
	m->full[s->full_at] = last;
	m->sources[last].full_at = s->full_at;
	m->n_needs -= s->needs;
	s->is_full = false;
	s->needs = false;
}

void
memory_in_use(struct merge *m, uint32_t source)
{
	uint32_t cap = m->sources[source].queue.cap;

	m->n_idle -= cap > 0;
	m->n_large -= cap > MERGE_QUEUE_FIRST;
}

void
memory_idle(struct merge *m, uint32_t source)
{
	uint32_t cap = m->sources[source].queue.cap;

	m->n_idle += cap > 0;
	m->n_large += cap > MERGE_QUEUE_FIRST;
}

/* Whether memory of more than beyond bytes lies unused. A refusal keeps it, and so does
 * the promise of room: two needy sources would take it from each other for ever. */
static bool
is_spare(const struct source *s, uint32_t beyond)
{
	return s->queue.cap > beyond && queue_is_empty(&s->queue) &&
	       s->queue.open == QUEUE_NIL && !s->is_refused && !s->is_promised;
}

static uint32_t
find_spare(struct merge *m, uint32_t beyond)
{
	for (uint32_t i = 0; i < m->n_sources; i++) {
		m->cursor = m->cursor + 1 < m->n_sources ? m->cursor + 1 : 0;
		if (is_spare(&m->sources[m->cursor], beyond))
			return m->cursor;
	}
	return STATE_NONE;
}

uint32_t
merge_spare_memory(struct merge *m)
{
	return m->n_large == 0 ? STATE_NONE : find_spare(m, MERGE_QUEUE_FIRST);
}

/* *out asks for the memory of an empty queue, if there is one. */
static bool
take_back(struct merge *m, struct merge_out *out)
{
	uint32_t source = m->n_idle == 0 ? STATE_NONE : find_spare(m, 0);

	if (source == STATE_NONE)
		return false;
	*out = (struct merge_out){.source = source};
	return true;
}

static uint64_t
half_of(uint64_t size)
{
	return size / 2 & ~UINT64_C(7);
}

/*
 * The memory that the source should get within the bound, 0 for none: twice what it has,
 * less if it must. The old piece counts until it is back. A record in need of memory gets
 * just its room, where there is no more, and beyond the bound if the queue is empty and
 * nobody else has the allowance now.
 */
static uint64_t
growth(const struct merge *m, const struct source *s)
{
	uint64_t bound = m->options.buffer_bytes;
	uint64_t room = bound > m->given ? bound - m->given : 0;
	uint64_t least = queue_used(&s->queue) + (uint64_t)s->want;
	uint64_t size = 2 * (uint64_t)s->queue.cap;

	if (s->is_refused)
		return 0;
	size = size > m->first ? size : m->first;
	while (size < least)
		size *= 2;
	while (size > room && half_of(size) >= least && half_of(size) > s->queue.cap)
		size = half_of(size);
	if (size <= room && size <= MERGE_QUEUE_MAX)
		return size;
	if (s->needs && least <= room)
		return least;
	if (s->needs && queue_is_empty(&s->queue) && m->given <= bound)
		return s->want;
	return 0;
}

static bool
ask(const struct merge *m, uint32_t source, struct merge_out *out)
{
	uint64_t size = growth(m, &m->sources[source]);

	*out = (struct merge_out){.source = source, .bytes = (size_t)size};
	return size > 0;
}

bool
memory_serve(struct merge *m, struct merge_out *out)
{
	bool is_cramped = false;

	for (uint32_t i = 0; i < m->n_full; i++) {
		const struct source *s = &m->sources[m->full[i]];

		if (!s->needs || s->is_refused)
			continue;
		if (ask(m, m->full[i], out))
			return true;
		is_cramped = true;
	}
	return is_cramped && take_back(m, out);
}

/* A file loses nothing by waiting, except where the others wait for it. */
static bool
is_urgent(const struct merge *m, uint32_t source)
{
	return m->sources[source].needs || source == m->awaited;
}

/* The first that cannot grow decides: it needs room, and only forcing makes some. */
enum memory_relief
memory_relieve(struct merge *m, uint64_t now_ns, struct merge_out *out)
{
	bool is_over = now_ns - m->stuck_ns >= MERGE_PATIENCE_NS;

	for (uint32_t i = 0; i < m->n_full; i++) {
		uint32_t source = m->full[i];

		if (!is_urgent(m, source) && !(is_over && !m->sources[source].is_file))
			continue;
		if (ask(m, source, out) || take_back(m, out))
			return MEMORY_ASK;
		return MEMORY_FORCE;
	}
	return MEMORY_WAIT;
}

uint64_t
memory_deadline_ns(const struct merge *m, uint64_t now_ns)
{
	if (now_ns - m->stuck_ns >= MERGE_PATIENCE_NS)
		return UINT64_MAX;
	for (uint32_t i = 0; i < m->n_full; i++)
		if (!m->sources[m->full[i]].is_file)
			return m->stuck_ns > UINT64_MAX - MERGE_PATIENCE_NS
				   ? UINT64_MAX
				   : m->stuck_ns + MERGE_PATIENCE_NS;
	return UINT64_MAX;
}

void *
merge_set_memory(struct merge *m, uint32_t source, void *mem, size_t bytes,
		 size_t *old_bytes)
{
	struct source *s = &m->sources[source];
	bool is_empty = queue_is_empty(&s->queue);
	uint32_t old_cap;
	void *old;

	assert(bytes <= MERGE_QUEUE_MAX);
	if (is_empty)
		memory_in_use(m, source);
	old = queue_set_memory(&s->queue, bytes > 0 ? mem : NULL, (uint32_t)bytes,
			       &old_cap);
	if (is_empty)
		memory_idle(m, source);
	m->given += bytes;
	m->given -= old_cap;
	s->is_promised = s->needs && bytes > 0;
	if (queue_room(&s->queue) >= s->want)
		memory_not_full(m, source);
	*old_bytes = old_cap;
	return old;
}

void
merge_refuse_memory(struct merge *m, uint32_t source)
{
	m->sources[source].is_refused = true;
}

/* The worst record has one byte behind its header: what it takes more than its input
 * is the queue's header and padding, less its own header. */
size_t
merge_read_size(const struct merge *m, uint32_t source, uint32_t header_bytes)
{
	const struct source *s = &m->sources[source];
	uint64_t room = s->queue.cap > 0 ? queue_room(&s->queue) : m->first;

	if (s->is_full)
		return 0;
	if (header_bytes >= QUEUE_OVERHEAD)
		return (size_t)room;
	return (size_t)(room * header_bytes / QUEUE_OVERHEAD);
}

uint64_t
merge_memory(const struct merge *m)
{
	return m->given;
}
