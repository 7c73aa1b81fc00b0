/*
 * Room: which queues are full, who gets memory within the bound, who gives it back. Must
 * not know the order of records.
 */
#include "merge/memory.h"

#include <assert.h>

#include "merge/state.h"

static_assert((QUEUE_LEAST + SAVEFILE_SNAPLEN_MAX + SAVEFILE_OPTIONS_MAX + 7) / 8 * 8 ==
		  MERGE_ALLOWANCE,
	      "the allowance is one record's worth");

/* A part of every source's equal share in the bound. */
static uint32_t
first_bytes(uint64_t buffer_bytes, uint32_t n_sources)
{
	uint64_t share = buffer_bytes / n_sources / MERGE_FIRST_PART & ~UINT64_C(7);
	uint64_t least = QUEUE_LEAST;

	if (share > MERGE_QUEUE_FIRST)
		return MERGE_QUEUE_FIRST;
	return (uint32_t)(share > least ? share : least);
}

void
memory_init(struct merge *m, uint32_t *full)
{
	struct memory *all = &m->memory;

	*all = (struct memory){
	    .full = full, .first = first_bytes(m->options.buffer_bytes, m->n_sources)};
}

static void
end_full(struct merge *m, uint32_t source)
{
	struct memory *all = &m->memory;
	struct memory_source *s = &m->sources[source].memory;
	struct memory_source *last;

	if (!s->is_full)
		return;
	all->full[s->full_at] = all->full[--all->n_full];
	last = &m->sources[all->full[s->full_at]].memory;
	last->full_at = s->full_at;
	all->n_needs -= s->needs;
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
	       s->queue.open == QUEUE_NIL && !s->memory.is_refused &&
	       !s->memory.is_promised;
}

/* Its memory may have come to lie unused, or be of use again. */
static void
review(struct merge *m, uint32_t source)
{
	struct memory *all = &m->memory;
	struct memory_source *s = &m->sources[source].memory;
	bool is_spare = is_unused(&m->sources[source]);

	if (is_spare == s->is_spare)
		return;
	s->is_spare = is_spare;
	s->spare_at = all->n_reviews++;
	all->n_spare += is_spare;
	all->n_spare -= !is_spare;
}

void
memory_enter(struct merge *m, uint32_t source)
{
	struct memory *all = &m->memory;

	all->n_bare += m->sources[source].queue.cap == 0;
}

void
memory_leave(struct merge *m, uint32_t source)
{
	struct memory *all = &m->memory;
	struct memory_source *s = &m->sources[source].memory;

	all->n_bare -= m->sources[source].queue.cap == 0;
	s->is_refused = false;
	s->is_promised = false;
	end_full(m, source);
	review(m, source);
}

void
memory_full(struct merge *m, uint32_t source, uint32_t want, bool needs)
{
	struct memory *all = &m->memory;
	struct memory_source *s = &m->sources[source].memory;

	if (!s->is_full) {
		s->is_full = true;
		s->full_at = all->n_full;
		all->full[all->n_full++] = source;
	}
	s->want = want;
	all->n_needs += (uint32_t)needs - (uint32_t)s->needs;
	s->needs = needs;
}

/* It lasts until the queue is empty. */
static void
end_refusal(struct merge *m, uint32_t source)
{
	struct memory_source *s = &m->sources[source].memory;

	if (!queue_is_empty(&m->sources[source].queue))
		return;
	s->is_refused = false;
	review(m, source);
}

bool
memory_lack(struct merge *m, uint32_t source, uint32_t want)
{
	bool needs = want > m->sources[source].queue.cap;

	end_refusal(m, source);
	memory_full(m, source, want, needs);
	return needs;
}

void
memory_begun(struct merge *m, uint32_t source)
{
	struct memory_source *s = &m->sources[source].memory;

	end_full(m, source);
	s->is_promised = false;
	if (s->is_spare)
		review(m, source);
}

void
memory_freed(struct merge *m, uint32_t source)
{
	end_refusal(m, source);
	if (queue_room(&m->sources[source].queue) >= m->sources[source].memory.want)
		end_full(m, source);
}

/* The longest unused memory of more than so many bytes. */
static uint32_t
find_spare(const struct merge *m, uint32_t bytes)
{
	uint32_t found = STATE_NONE;
	uint64_t at = UINT64_MAX;

	for (uint32_t i = 0; m->memory.n_spare > 0 && i < m->n_sources; i++) {
		const struct source *s = &m->sources[i];

		if (s->memory.is_spare && s->queue.cap > bytes &&
		    s->memory.spare_at < at) {
			found = i;
			at = s->memory.spare_at;
		}
	}
	return found;
}

uint32_t
merge_spare_memory(const struct merge *m)
{
	return find_spare(m, MERGE_QUEUE_FIRST);
}

/* *out asks for the memory of an empty queue, if there is one. */
static bool
take_back(const struct merge *m, struct merge_out *out)
{
	*out = (struct merge_out){.source = find_spare(m, 0)};
	return out->source != STATE_NONE;
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
	return (uint64_t)m->memory.n_bare * m->memory.first;
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
	bool needs = s->memory.needs;
	uint64_t kept = s->queue.cap > 0 && !needs ? reserve(m) : 0;
	uint64_t used = m->memory.given + kept;
	uint64_t room = bound > used ? bound - used : 0;
	uint64_t least = queue_used(&s->queue) + (uint64_t)s->memory.want;
	uint64_t size = 2 * (uint64_t)s->queue.cap;

	if (s->memory.is_refused)
		return 0;
	size = size > m->memory.first ? size : m->memory.first;
	while (size < least)
		size *= 2;
	while (size > room && half_of(size) >= least && half_of(size) > s->queue.cap)
		size = half_of(size);
	if (size <= room && size <= MERGE_QUEUE_MAX)
		return size;
	if (needs && least <= room)
		return least;
	if (needs && queue_is_empty(&s->queue) && m->memory.given <= bound)
		return s->memory.want;
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
memory_serve(const struct merge *m, struct merge_out *out)
{
	bool is_cramped = false;

	for (uint32_t i = 0; i < m->memory.n_full; i++) {
		uint32_t source = m->memory.full[i];
		const struct memory_source *s = &m->sources[source].memory;

		if (!s->needs || s->is_refused)
			continue;
		if (ask(m, source, out))
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

	return s->memory.needs || source == m->awaited ||
	       (!s->is_file && waited_ns >= MERGE_PATIENCE_NS);
}

/* That the awaited one is full ends by nothing else; any other may soon have room. */
static bool
may_force(const struct merge *m, uint32_t source, uint64_t waited_ns)
{
	return source == m->awaited || waited_ns >= MERGE_FORCE_PATIENCE_NS;
}

enum memory_relief
memory_relieve(const struct merge *m, uint64_t now_ns, struct merge_out *out)
{
	uint64_t waited_ns = now_ns - m->stuck_ns;

	for (uint32_t i = 0; i < m->memory.n_full; i++) {
		uint32_t source = m->memory.full[i];

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
	for (uint32_t i = 0; i < m->memory.n_full; i++) {
		const struct source *s = &m->sources[m->memory.full[i]];

		if (s->memory.needs || !s->is_file)
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
	return state_later(m->stuck_ns, patience_ns);
}

void *
merge_set_memory(struct merge *m, uint32_t source, void *mem, size_t bytes,
		 size_t *old_bytes)
{
	struct memory *all = &m->memory;
	struct memory_source *s = &m->sources[source].memory;
	struct queue *q = &m->sources[source].queue;
	bool is_in = m->sources[source].is_in;
	uint32_t old_cap;
	void *old;

	assert(bytes <= MERGE_QUEUE_MAX);
	old = queue_set_memory(q, bytes > 0 ? mem : NULL, (uint32_t)bytes, &old_cap);
	all->n_bare += is_in && bytes == 0;
	all->n_bare -= is_in && old_cap == 0;
	all->given += bytes;
	all->given -= old_cap;
	s->is_promised = s->needs && bytes > 0;
	review(m, source);
	if (queue_room(q) >= s->want)
		end_full(m, source);
	*old_bytes = old_cap;
	return old;
}

void
merge_refuse_memory(struct merge *m, uint32_t source)
{
	struct memory_source *s = &m->sources[source].memory;

	s->is_refused = true;
	review(m, source);
}

/* The worst record has one byte behind its header: what it takes more than its input
 * is the queue's header and padding, less its own header. */
size_t
merge_read_size(const struct merge *m, uint32_t source, uint32_t header_bytes)
{
	const struct source *s = &m->sources[source];
	uint64_t room = s->queue.cap > 0 ? queue_room(&s->queue) : m->memory.first;

	if (s->memory.is_full)
		return 0;
	if (header_bytes >= QUEUE_OVERHEAD)
		return (size_t)room;
	return (size_t)(room * header_bytes / QUEUE_OVERHEAD);
}

uint64_t
merge_memory(const struct merge *m)
{
	return m->memory.given;
}
