/*
 * The order: which record leaves next, and why. Must not know clocks, descriptors, where
 * memory comes from, or what is inside a packet.
 *
 *   records   2:17 ---- the oldest of all: record 17 of source 2
 *   marks     1:15 ---- the lowest watermark: source 1 may still send a 16, so 17 waits
 *
 * until source 1 has a watermark > 17 (it stands before source 2), or ended, or a record
 * has waited for the hold-back. That is one compare of two tournament winners.
 */
#include "merge/merge.h"

#include <assert.h>
#include <stdalign.h>

#include "merge/ahead.h"

static_assert(sizeof(struct merge) % alignof(uint64_t) == 0 &&
		  sizeof(struct source) % alignof(uint64_t) == 0,
	      "what stands behind them is aligned");

size_t
merge_bytes(uint32_t n_sources)
{
	return sizeof(struct merge) + n_sources * sizeof(struct source) +
	       4 * tourney_bytes(n_sources) + n_sources * sizeof(uint32_t);
}

static uint8_t *
place_tourney(struct tourney *t, uint32_t n, uint8_t *mem)
{
	tourney_init(t, n, mem);
	return mem + tourney_bytes(n);
}

struct merge *
merge_new(void *mem, uint32_t n_sources, const struct merge_options *options)
{
	struct merge *m = mem;
	uint8_t *rest = (uint8_t *)mem + sizeof(*m) + n_sources * sizeof(struct source);

	assert(n_sources >= 1 && n_sources <= MERGE_SOURCES_MAX);
	*m = (struct merge){.options = *options,
			    .is_sorted = options->hold_back_ns > 0,
			    .sources = (void *)(m + 1),
			    .n_sources = n_sources,
			    .taken = STATE_NONE,
			    .aside = STATE_NONE,
			    .awaited = STATE_NONE,
			    .stuck = STATE_NONE};
	hold_back_init(m);
	rest = place_tourney(&m->records, n_sources, rest);
	rest = place_tourney(&m->marks, n_sources, rest);
	rest = place_tourney(&m->file_marks, n_sources, rest);
	rest = place_tourney(&m->arrivals, n_sources, rest);
	memory_init(m, (void *)rest);
	for (uint32_t i = 0; i < n_sources; i++) {
		m->sources[i] = (struct source){.limit_ns = UINT64_MAX};
		queue_init(&m->sources[i].queue, !m->is_sorted);
	}
	return m;
}

static inline uint64_t
record_key(const struct merge *m, const struct queue_record *r)
{
	return key_of(m->is_sorted ? r->record.time_ns : r->arrival_ns);
}

static inline void
watch_room(struct merge *m, uint32_t source)
{
	const struct queue *q = &m->sources[source].queue;

	if (queue_room(q) < q->cap / MERGE_ROOM_PART)
		memory_full(m, source, q->cap / MERGE_ROOM_PART, false);
}

void
merge_start(struct merge *m, uint32_t source, enum merge_kind kind, bool is_explicit,
	    uint64_t now_ns)
{
	struct source *s = &m->sources[source];

	assert(source < m->n_sources && !s->is_in);
	m->n_in++;
	s->is_in = true;
	s->is_file = kind == MERGE_FILE;
	s->is_explicit = is_explicit;
	s->mark_ns = 0;
	s->n_steps = 0;
	memory_enter(m, source);
	hold_back_forget(m, source);
	if (m->stuck == source)
		m->stuck_ns = now_ns;
	watch_room(m, source);
	if (!m->is_sorted)
		return;
	tourney_set(&m->marks, source, 0);
	if (s->is_file)
		tourney_set(&m->file_marks, source, 0);
}

void
merge_end(struct merge *m, uint32_t source)
{
	struct source *s = &m->sources[source];

	assert(s->is_in);
	if (s->queue.open != QUEUE_NIL)
		queue_abort(&s->queue);
	m->n_in--;
	s->is_in = false;
	memory_leave(m, source);
	hold_back_forget(m, source);
	tourney_set(&m->marks, source, TOURNEY_NONE);
	tourney_set(&m->file_marks, source, TOURNEY_NONE);
}

enum merge_begin
merge_begin(struct merge *m, uint32_t source, const struct savefile_record *record,
	    uint64_t now_ns, uint8_t **bytes)
{
	struct source *s = &m->sources[source];

	assert(s->is_in && record->caplen <= SAVEFILE_SNAPLEN_MAX);
	*bytes = queue_begin(&s->queue, record, m->is_sorted ? now_ns : m->n_arrivals);
	if (*bytes == NULL)
		return memory_lack(m, source, queue_size(record)) ? MERGE_NEEDS_MEMORY
								  : MERGE_FULL;
	if (!memory_is_idle(&s->memory))
		memory_begun(m, source);
	m->n_arrivals++;
	return MERGE_BEGUN;
}

static inline void
imply(struct merge *m, uint32_t source, uint64_t time_ns, uint64_t arrival_ns)
{
	struct source *s = &m->sources[source];
	uint64_t slack = m->options.slack_ns;
	uint64_t mark = time_ns > slack ? time_ns - slack : 0;

	if (s->is_file && is_step(s, time_ns))
		return;
	if (mark > s->mark_ns)
		s->mark_ns = mark;
	if (m->options.is_auto && m->is_sorted && !s->is_file)
		hold_back_arrival(m, source, arrival_ns, time_ns);
}

static void
commit_aside(struct merge *m, uint32_t source)
{
	struct source *s = &m->sources[source];

	if (s->queue.aside == QUEUE_NIL) {
		s->next_aside = m->aside;
		m->aside = source;
	}
	queue_commit_aside(&s->queue);
	s->counts.received++;
	watch_room(m, source);
}

void
merge_commit(struct merge *m, uint32_t source)
{
	struct source *s = &m->sources[source];
	const struct queue_record *r = queue_begun(&s->queue);

	assert(s->queue.open != QUEUE_NIL);
	if (r->record.time_ns > s->limit_ns && m->is_sorted && !s->is_file) {
		commit_aside(m, source);
		return;
	}
	if (queue_commit(&s->queue))
		tourney_set(&m->records, source, record_key(m, r));
	s->counts.received++;
	if (!s->has_arrival) {
		s->has_arrival = true;
		tourney_set(&m->arrivals, source, key_of(r->arrival_ns));
	}
	if (!s->is_explicit)
		imply(m, source, r->record.time_ns, r->arrival_ns);
	watch_room(m, source);
}

void
merge_set_limit(struct merge *m, uint32_t source, uint64_t time_ns)
{
	m->sources[source].limit_ns = time_ns;
}

void
merge_watermark(struct merge *m, uint32_t source, uint64_t time_ns)
{
	struct source *s = &m->sources[source];

	assert(s->is_in);
	if (time_ns <= s->mark_ns)
		return;
	s->mark_ns = time_ns;
	if (s->is_explicit)
		hold_back_beat(m, source);
}

void
merge_heard(struct merge *m, uint32_t source, uint64_t now_ns)
{
	hold_back_heard(m, source, now_ns);
	m->now_ns = now_ns;
}

/* Whether the source with this watermark can deliver nothing that belongs before it. */
static inline bool
lets_go(struct tourney_node mark, struct tourney_node record)
{
	return mark.key > record.key ||
	       (mark.key == record.key && mark.leaf >= record.leaf);
}

/* Whether the lowest of these watermarks lets the record go. */
static inline bool
is_cleared(const struct tourney *marks, struct tourney_node record)
{
	return lets_go(tourney_top(marks), record);
}

/* Raises winners to their true watermark until one stays the winner. */
static void
settle_marks(const struct merge *m, struct tourney *marks)
{
	for (;;) {
		struct tourney_node top = tourney_top(marks);
		uint64_t key;

		if (top.key == TOURNEY_NONE)
			return;
		key = key_of(m->sources[top.leaf].mark_ns);
		if (key == top.key)
			return;
		tourney_set(marks, top.leaf, key);
	}
}

/* When the record came that has waited longest: the same for arrivals. */
static uint64_t
oldest_arrival(struct merge *m)
{
	for (;;) {
		struct tourney_node top = tourney_top(&m->arrivals);
		struct source *s = &m->sources[top.leaf];
		const struct queue_record *r;

		if (top.key == TOURNEY_NONE)
			return UINT64_MAX;
		r = queue_oldest(&s->queue);
		if (r != NULL && key_of(r->arrival_ns) == top.key)
			return r->arrival_ns;
		s->has_arrival = r != NULL;
		tourney_set(&m->arrivals, top.leaf,
			    r != NULL ? key_of(r->arrival_ns) : TOURNEY_NONE);
	}
}

/* The record given last is done with: its room is free again. */
static inline void
drop(struct merge *m)
{
	struct source *s;

	if (m->taken == STATE_NONE)
		return;
	s = &m->sources[m->taken];
	queue_drop(&s->queue);
	if (s->memory.is_full || queue_is_empty(&s->queue))
		memory_freed(m, m->taken);
	m->taken = STATE_NONE;
}

/* A record whose stamp is wrong: it has no place in the order. */
static enum merge_result
leave_aside(struct merge *m, struct merge_out *out)
{
	uint32_t source = m->aside;
	struct source *s = &m->sources[source];
	const struct queue_record *r = queue_take_aside(&s->queue);

	if (s->queue.aside == QUEUE_NIL)
		m->aside = s->next_aside;
	*out = (struct merge_out){.source = source,
				  .record = r->record,
				  .data = r->data,
				  .is_ahead = key_of(r->record.time_ns) >= m->newest_ns};
	m->taken = source;
	m->awaited = STATE_NONE;
	count(m, s, out);
	return MERGE_RECORD;
}

/* The source's next record leaves. Returns whether it is in order: neither late nor
 * ahead. */
static inline bool
leave(struct merge *m, uint32_t source, struct merge_out *out)
{
	struct source *s = &m->sources[source];
	const struct queue_record *r = queue_take(&s->queue);
	const struct queue_record *next = queue_peek(&s->queue);
	const struct source *winner;
	uint64_t time_ns = key_of(r->record.time_ns);
	bool is_late = time_ns < m->newest_ns;

	tourney_set(&m->records, source,
		    next != NULL ? record_key(m, next) : TOURNEY_NONE);
	if (next != NULL)
		QUEUE_PREFETCH(&s->queue, s->queue.run + queue_size(&next->record));
	winner = &m->sources[tourney_top(&m->records).leaf];
	QUEUE_PREFETCH(&winner->queue, winner->queue.run);
	*out = (struct merge_out){.source = source,
				  .record = r->record,
				  .data = r->data,
				  .is_late = is_late,
				  .is_ahead = !is_late && is_ahead(m, s, time_ns)};
	m->taken = source;
	m->awaited = STATE_NONE;
	count(m, s, out);
	return !is_late && !out->is_ahead;
}

static enum merge_result
leave_anyway(struct merge *m, uint32_t source, uint64_t *count, struct merge_out *out)
{
	*count += leave(m, source, out);
	return MERGE_RECORD;
}

/* Nothing may leave, this source stands in the way. */
static void
await(struct merge *m, struct tourney_node mark, uint64_t now_ns)
{
	m->awaited = mark.leaf;
	if (m->stuck == mark.leaf && m->stuck_mark_ns == mark.key)
		return;
	m->stuck = mark.leaf;
	m->stuck_mark_ns = mark.key;
	m->stuck_ns = now_ns;
}

/* Nothing may leave in order: memory is given, or the record is forced out, or waits. */
static enum merge_result
stall(struct merge *m, uint32_t source, bool is_for_file, uint64_t due_ns,
      uint64_t now_ns, struct merge_out *out)
{
	uint64_t wake_ns = is_for_file ? UINT64_MAX : due_ns;
	uint64_t deadline_ns;

	switch (memory_relieve(m, now_ns, out)) {
	case MEMORY_ASK:
		return MERGE_GROW;
	case MEMORY_FORCE:
		if (is_for_file && !m->sources[m->awaited].memory.is_full)
			break;
		return leave_anyway(m, source, &m->sources[source].counts.forced, out);
	case MEMORY_WAIT:
		break;
	}
	deadline_ns = memory_deadline_ns(m, now_ns);
	*out =
	    (struct merge_out){.source = STATE_NONE,
			       .wake_ns = wake_ns < deadline_ns ? wake_ns : deadline_ns};
	return MERGE_WAIT;
}

/* Until when the oldest record waits for sources that lag; now_ns: for none. */
static uint64_t
lag_end(const struct merge *m, struct tourney_node record, uint64_t now_ns)
{
	uint64_t end_ns = now_ns;

	for (uint32_t i = 0; m->hold_back.n_lagging > 0 && i < m->n_sources; i++) {
		struct tourney_node mark = {key_of(m->sources[i].mark_ns), i};
		uint64_t lag_ns = hold_back_lag_end(m, i);

		if (lag_ns > end_ns && !lets_go(mark, record))
			end_ns = lag_ns;
	}
	return end_ns;
}

/* The oldest record has no promise that nothing older comes; winners may be outdated. */
static enum merge_result
hold(struct merge *m, struct tourney_node record, uint64_t now_ns, struct merge_out *out)
{
	struct source *s = &m->sources[record.leaf];
	bool is_for_file;
	uint64_t due_ns;

	settle_marks(m, &m->marks);
	if (record.key < m->last_ns || is_cleared(&m->marks, record)) {
		leave(m, record.leaf, out);
		return MERGE_RECORD;
	}
	settle_marks(m, &m->file_marks);
	is_for_file = !is_cleared(&m->file_marks, record);
	hold_back_review(m, now_ns);
	due_ns = state_later(oldest_arrival(m), m->hold_back.ns);
	if (now_ns >= due_ns)
		due_ns = lag_end(m, record, now_ns);
	if (!is_for_file && now_ns >= due_ns)
		return leave_anyway(m, record.leaf, &s->counts.held_back, out);
	await(m, tourney_top(is_for_file ? &m->file_marks : &m->marks), now_ns);
	return stall(m, record.leaf, is_for_file, due_ns, now_ns, out);
}

/* A source whose need of memory was refused asks again after a while. */
static enum merge_result
idle(struct merge *m, uint64_t now_ns, struct merge_out *out)
{
	m->awaited = STATE_NONE;
	*out = (struct merge_out){.source = STATE_NONE,
				  .wake_ns = m->memory.n_needs > 0
						 ? state_later(now_ns, MERGE_PATIENCE_NS)
						 : UINT64_MAX};
	return m->n_in == 0 ? MERGE_DONE : MERGE_WAIT;
}

bool
merge_asks(struct merge *m, struct merge_out *out)
{
	return m->memory.n_needs > 0 && memory_serve(m, out);
}

enum merge_result
merge_next(struct merge *m, uint64_t now_ns, struct merge_out *out)
{
	struct tourney_node record;

	m->now_ns = now_ns;
	drop(m);
	if (m->aside != STATE_NONE)
		return leave_aside(m, out);
	if (merge_asks(m, out))
		return MERGE_GROW;
	record = tourney_top(&m->records);
	if (record.key == TOURNEY_NONE)
		return idle(m, now_ns, out);
	if (!is_cleared(&m->marks, record))
		return hold(m, record, now_ns, out);
	leave(m, record.leaf, out);
	return MERGE_RECORD;
}

uint32_t
merge_awaited(const struct merge *m)
{
	return m->awaited;
}

const struct merge_counts *
merge_counts(const struct merge *m, uint32_t source)
{
	return &m->sources[source].counts;
}

uint64_t
merge_mark_ns(const struct merge *m, uint32_t source)
{
	return m->sources[source].mark_ns;
}
