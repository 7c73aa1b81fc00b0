/*
 * Room: which queues are full, who gets memory within the bound, who gives it back. Must
 * not know the order of records.
 */
#include "merge/state.h"

#include <assert.h>

static_assert((QUEUE_LEAST + SAVEFILE_SNAPLEN_MAX + SAVEFILE_OPTIONS_MAX + 7) / 8 * 8 ==
		  MERGE_ALLOWANCE,
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
	s->room_ns = m->now_ns;
	s->needs = false;
}

/* A refusal keeps it, and so does the promise of room: two needy sources would take it
 * from each other for ever. */
static bool
is_unused(const struct source *s)
{
	return s->queue.cap > 0 && queue_is_empty(&s->queue) &&
	       s->queue.open == QUEUE_NIL && !s->is_refused && !s->is_promised;
}

static void
join_spare(struct merge *m, uint32_t source)
{
	struct source *s = &m->sources[source];

	s->is_spare = true;
	s->spare_next = STATE_NONE;
	s->spare_before = m->spare_last;
	if (m->spare_last == STATE_NONE)
		m->spare = source;
	else
		m->sources[m->spare_last].spare_next = source;
	m->spare_last = source;
	m->n_large += s->queue.cap > MERGE_QUEUE_FIRST;
}

static void
leave_spare(struct merge *m, uint32_t source)
{
	struct source *s = &m->sources[source];

	s->is_spare = false;
	if (s->spare_before == STATE_NONE)
		m->spare = s->spare_next;
	else
		m->sources[s->spare_before].spare_next = s->spare_next;
	if (s->spare_next == STATE_NONE)
		m->spare_last = s->spare_before;
	else
		m->sources[s->spare_next].spare_before = s->spare_before;
	m->n_large -= s->queue.cap > MERGE_QUEUE_FIRST;
}

void
memory_review(struct merge *m, uint32_t source)
{
	const struct source *s = &m->sources[source];
	bool is_spare = is_unused(s);

	if (is_spare && !s->is_spare)
		join_spare(m, source);
	else if (!is_spare && s->is_spare)
		leave_spare(m, source);
}

uint32_t
merge_spare_memory(struct merge *m)
{
	uint32_t source = m->spare;

	if (m->n_large == 0)
		return STATE_NONE;
	while (m->sources[source].queue.cap <= MERGE_QUEUE_FIRST)
		source = m->sources[source].spare_next;
	return source;
}

/* *out asks for the memory of an empty queue, if there is one. */
static bool
take_back(struct merge *m, struct merge_out *out)
{
	if (m->spare == STATE_NONE)
		return false;
	*out = (struct merge_out){.source = m->spare};
	return true;
}

static uint64_t
half_of(uint64_t size)
{
	return size / 2 & ~UINT64_C(7);
}

/* What the sources that have no memory yet will ask for: who wants more must not take it,
 * or those whom the others wait for could not be read. */
static uint64_t
reserve(const struct merge *m)
{
	return (uint64_t)m->n_bare * m->first;
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
	uint64_t kept = s->queue.cap > 0 && !s->needs ? reserve(m) : 0;
	uint64_t used = m->given + kept;
	uint64_t room = bound > used ? bound - used : 0;
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
may_ask(const struct merge *m, uint32_t source, uint64_t waited_ns)
{
	const struct source *s = &m->sources[source];

	return s->needs || source == m->awaited ||
	       (!s->is_file && waited_ns >= MERGE_PATIENCE_NS);
}

/* That the awaited one is full ends by nothing else; any other may soon have room. */
static bool
may_force(const struct merge *m, uint32_t source, uint64_t waited_ns)
{
	return source == m->awaited || waited_ns >= MERGE_FORCE_PATIENCE_NS;
}

enum memory_relief
memory_relieve(struct merge *m, uint64_t now_ns, struct merge_out *out)
{
	uint64_t waited_ns = now_ns - m->stuck_ns;

	for (uint32_t i = 0; i < m->n_full; i++) {
		uint32_t source = m->full[i];

		if (!may_ask(m, source, waited_ns))
			continue;
		if (ask(m, source, out) || take_back(m, out))
			return MEMORY_ASK;
		if (may_force(m, source, waited_ns))
			return MEMORY_FORCE;
	}
	return MEMORY_WAIT;
}

/* Whether a full source's patience may end. */
static bool
is_pressed(const struct merge *m)
{
	for (uint32_t i = 0; i < m->n_full; i++) {
		const struct source *s = &m->sources[m->full[i]];

		if (s->needs || !s->is_file)
			return true;
	}
	return false;
}

uint64_t
memory_deadline_ns(const struct merge *m, uint64_t now_ns)
{
	uint64_t waited_ns = now_ns - m->stuck_ns;
	uint64_t patience_ns =
	    waited_ns < MERGE_PATIENCE_NS ? MERGE_PATIENCE_NS : MERGE_FORCE_PATIENCE_NS;

	if (waited_ns >= patience_ns || !is_pressed(m))
		return UINT64_MAX;
	return m->stuck_ns > UINT64_MAX - patience_ns ? UINT64_MAX
						      : m->stuck_ns + patience_ns;
}

void *
merge_set_memory(struct merge *m, uint32_t source, void *mem, size_t bytes,
		 size_t *old_bytes)
{
	struct source *s = &m->sources[source];
	uint32_t old_cap;
	void *old;

	assert(bytes <= MERGE_QUEUE_MAX);
	if (s->is_spare)
		leave_spare(m, source);
	m->n_bare += s->is_in && bytes == 0;
	m->n_bare -= s->is_in && s->queue.cap == 0;
	old = queue_set_memory(&s->queue, bytes > 0 ? mem : NULL, (uint32_t)bytes,
			       &old_cap);
	m->given += bytes;
	m->given -= old_cap;
	s->is_promised = s->needs && bytes > 0;
	memory_review(m, source);
	if (queue_room(&s->queue) >= s->want)
		memory_not_full(m, source);
	*old_bytes = old_cap;
	return old;
}

void
merge_refuse_memory(struct merge *m, uint32_t source)
{
	m->sources[source].is_refused = true;
	memory_review(m, source);
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
