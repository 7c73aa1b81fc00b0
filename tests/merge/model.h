#ifndef MERGE_MODEL_H
#define MERGE_MODEL_H

/*
 * The release rule once more, written from the contract in merge/merge.h without its
 * data structures: all records in one list, every question answered by looking at all of
 * them. It is fed what the merge is fed, and judges every answer of merge_next. What it
 * believes without a check of its own: which queues are full (merge_read_size says so;
 * queue_test.c checks room), and the automatic hold-back (pace_test.c).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"
#include "merge/queue.h"

#define MODEL_SOURCES 12
#define MODEL_RECORDS 4096

struct model_record {
	struct savefile_record r;
	uint32_t source;
	uint64_t arrival_ns; /* when it was begun, and how many were before it */
	uint32_t arrival;
	bool is_aside; /* ahead, sorted: it waits for nothing */
	bool is_gone;
};

struct model_source {
	bool is_in;
	bool is_file;
	bool is_explicit;
	bool is_open;
	bool needs;
	bool is_refused;
	bool is_promised; /* it got memory for a record that is not begun yet */
	uint64_t mark_ns;
	uint64_t limit_ns; /* live: what is newer is ahead */
	uint32_t n_steps;  /* file: records in a row that are far ahead of the mark */
	uint64_t want;	   /* room of the record that was refused last */
	uint64_t cap;
	struct merge_counts counts;
};

struct model {
	struct merge_options options;
	struct merge *m;
	uint32_t n_sources;
	struct model_source s[MODEL_SOURCES];
	struct model_record r[MODEL_RECORDS];
	uint32_t n;	/* records so far */
	uint32_t first; /* all before it are gone */
	uint32_t taken;
	uint64_t last_ns;
	uint64_t newest_ns;
	uint32_t stuck;
	uint64_t stuck_mark_ns;
	uint64_t stuck_ns;
	uint64_t given;
	uint64_t n_verdicts[4]; /* by enum merge_result, for the test's own statistics */
	char error[256];
};

#define MODEL_NONE UINT32_MAX

static bool
model_fail(struct model *o, const char *what)
{
	if (o->error[0] == '\0')
		snprintf(o->error, sizeof(o->error), "%s", what);
	return false;
}

static bool
model_equal(struct model *o, const char *what, uint64_t got, uint64_t want)
{
	if (got != want && o->error[0] == '\0')
		snprintf(o->error, sizeof(o->error), "%s: got %llu, want %llu", what,
			 (unsigned long long)got, (unsigned long long)want);
	return got == want;
}

static void
model_init(struct model *o, struct merge *m, uint32_t n_sources,
	   const struct merge_options *options)
{
	memset(o->s, 0, sizeof(o->s));
	for (uint32_t i = 0; i < MODEL_SOURCES; i++)
		o->s[i].limit_ns = UINT64_MAX;
	memset(o->n_verdicts, 0, sizeof(o->n_verdicts));
	o->options = *options;
	o->m = m;
	o->n_sources = n_sources;
	o->n = o->first = 0;
	o->taken = o->stuck = MODEL_NONE;
	o->last_ns = o->newest_ns = o->stuck_ns = o->stuck_mark_ns = o->given = 0;
	o->error[0] = '\0';
}

/* Between sources the two largest times count as equal. */
static uint64_t
model_time(uint64_t time_ns)
{
	return time_ns == UINT64_MAX ? UINT64_MAX - 1 : time_ns;
}

static bool
model_is_sorted(const struct model *o)
{
	return o->options.hold_back_ns > 0;
}

static bool
model_is_full(const struct model *o, uint32_t source)
{
	return merge_read_size(o->m, source, QUEUE_OVERHEAD) == 0;
}

/* A source's records are in the order of arrival, so a tie stays with the earlier one. */
static bool
model_is_before(const struct model *o, const struct model_record *a,
		const struct model_record *b)
{
	uint64_t a_ns = model_time(a->r.time_ns);
	uint64_t b_ns = model_time(b->r.time_ns);

	if (!model_is_sorted(o))
		return a->arrival < b->arrival;
	if (a_ns != b_ns)
		return a_ns < b_ns;
	if (a->source != b->source)
		return a->source < b->source;
	return a->r.time_ns < b->r.time_ns;
}

static struct model_record *
model_oldest(struct model *o)
{
	struct model_record *best = NULL;

	while (o->first < o->n && o->r[o->first].is_gone)
		o->first++;
	for (uint32_t i = o->first; i < o->n; i++) {
		struct model_record *r = &o->r[i];

		if (r->is_gone)
			continue;
		if (best == NULL || model_is_before(o, r, best))
			best = r;
	}
	return best;
}

static uint32_t
model_held(const struct model *o, uint32_t source)
{
	uint32_t n = 0;

	for (uint32_t i = o->first; i < o->n; i++)
		n += o->r[i].source == source && !o->r[i].is_gone;
	return n;
}

/* Whether no source (no file) can still deliver what belongs before the record. */
static bool
model_is_cleared(const struct model *o, const struct model_record *r, bool is_files)
{
	uint64_t t = model_time(r->r.time_ns);

	if (!model_is_sorted(o))
		return true;
	for (uint32_t j = 0; j < o->n_sources; j++) {
		uint64_t mark = model_time(o->s[j].mark_ns);

		if (!o->s[j].is_in || (is_files && !o->s[j].is_file))
			continue;
		if (j < r->source ? mark <= t : mark < t)
			return false;
	}
	return true;
}

/* The lowest watermark; of equals the lowest source. */
static uint32_t
model_lowest(const struct model *o, bool is_files)
{
	uint32_t low = MODEL_NONE;

	for (uint32_t j = 0; j < o->n_sources; j++) {
		if (!o->s[j].is_in || (is_files && !o->s[j].is_file))
			continue;
		if (low == MODEL_NONE ||
		    model_time(o->s[j].mark_ns) < model_time(o->s[low].mark_ns))
			low = j;
	}
	return low;
}

static uint64_t
model_oldest_arrival(const struct model *o)
{
	uint64_t oldest = UINT64_MAX;

	for (uint32_t i = o->first; i < o->n; i++)
		if (!o->r[i].is_gone && o->r[i].arrival_ns < oldest)
			oldest = o->r[i].arrival_ns;
	return oldest;
}

static uint64_t
model_add(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* What stands in the way of the oldest record. */
struct model_block {
	bool is_for_file;
	uint32_t awaited;
};

static struct model_block
model_await(struct model *o, const struct model_record *r, uint64_t now_ns)
{
	struct model_block b;

	b.is_for_file = !model_is_cleared(o, r, true);
	b.awaited = model_lowest(o, b.is_for_file);
	if (b.awaited != o->stuck ||
	    model_time(o->s[b.awaited].mark_ns) != o->stuck_mark_ns) {
		o->stuck = b.awaited;
		o->stuck_mark_ns = model_time(o->s[b.awaited].mark_ns);
		o->stuck_ns = now_ns;
	}
	return b;
}

/* A full source that may get memory, or make others leave, now. */
static bool
model_is_entitled(const struct model *o, uint32_t j, uint32_t awaited, uint64_t now_ns)
{
	const struct model_source *s = &o->s[j];

	if (!s->is_in || s->is_open || !model_is_full(o, j))
		return false;
	return s->needs || j == awaited ||
	       (!s->is_file && now_ns - o->stuck_ns >= MERGE_PATIENCE_NS);
}

/* Of these, one for which records may be forced out. */
static bool
model_may_press(const struct model *o, uint32_t j, uint32_t awaited, uint64_t now_ns)
{
	return model_is_entitled(o, j, awaited, now_ns) &&
	       (j == awaited || now_ns - o->stuck_ns >= MERGE_FORCE_PATIENCE_NS);
}

static bool
model_has_spare(const struct model *o)
{
	for (uint32_t j = 0; j < o->n_sources; j++)
		if (o->s[j].cap > 0 && !o->s[j].is_open && !o->s[j].is_refused &&
		    !o->s[j].is_promised && model_held(o, j) == 0)
			return true;
	return false;
}

/* What is kept for the first memory of those who have none. */
static uint64_t
model_reserve(const struct model *o)
{
	uint64_t share = o->options.buffer_bytes / o->n_sources / MERGE_FIRST_PART;
	uint64_t first = share - share % 8;
	uint64_t sum = 0;

	if (first > MERGE_QUEUE_FIRST)
		first = MERGE_QUEUE_FIRST;
	if (first < QUEUE_LEAST)
		first = QUEUE_LEAST;
	for (uint32_t j = 0; j < o->n_sources; j++)
		sum += o->s[j].is_in && o->s[j].cap == 0 ? first : 0;
	return sum;
}

/* Whether forcing is right: somebody is entitled to room and none can be had for it. */
static bool
model_may_force(struct model *o, struct model_block b, uint64_t now_ns)
{
	if (b.is_for_file && !model_is_full(o, b.awaited))
		return false;
	if (model_has_spare(o))
		return false;
	for (uint32_t j = 0; j < o->n_sources; j++) {
		const struct model_source *s = &o->s[j];

		if (!model_may_press(o, j, b.awaited, now_ns))
			continue;
		if (s->is_refused || 2 * s->cap > MERGE_QUEUE_MAX ||
		    o->given + (s->needs ? s->cap + s->want
					 : model_reserve(o) + 4 * s->cap) >
			o->options.buffer_bytes)
			return true;
	}
	return false;
}

static uint8_t
model_byte(uint32_t id, uint32_t i)
{
	return (uint8_t)((id * 2654435761u >> 11) + i * 7);
}

static void
model_fill(uint8_t *bytes, const struct savefile_record *r)
{
	for (uint32_t i = 0; i < savefile_record_bytes(r); i++)
		bytes[i] = model_byte(r->interface_id, i);
}

static bool
model_is_filled(const uint8_t *bytes, const struct savefile_record *r)
{
	for (uint32_t i = 0; i < savefile_record_bytes(r); i++)
		if (bytes[i] != model_byte(r->interface_id, i))
			return false;
	return true;
}

/* Of those that wait for nothing the first of the source, or of any. */
static struct model_record *
model_aside(struct model *o, uint32_t source)
{
	for (uint32_t i = o->first; i < o->n; i++)
		if (o->r[i].is_aside && !o->r[i].is_gone &&
		    (source == MODEL_NONE || o->r[i].source == source))
			return &o->r[i];
	return NULL;
}

/* Newer than all before it, and not to be believed. */
static bool
model_is_ahead(const struct model *o, const struct model_record *r)
{
	const struct model_source *s = &o->s[r->source];
	uint64_t t = model_time(r->r.time_ns);

	if (t < o->newest_ns)
		return false;
	if (r->is_aside) /* as it was when it came: its source may be a file by now */
		return true;
	if (!s->is_file)
		return t > s->limit_ns;
	return o->newest_ns > 0 && t > model_add(o->newest_ns, MERGE_STEP_NS) &&
	       t > model_add(s->mark_ns, o->options.slack_ns);
}

/* The record left: was it its turn, and what is it counted as? */
static bool
model_judge_record(struct model *o, const struct merge_out *out, uint64_t now_ns)
{
	struct model_record *r = model_aside(o, MODEL_NONE) != NULL
				     ? model_aside(o, out->source)
				     : model_oldest(o);
	uint64_t hold_back = merge_hold_back_ns(o->m);
	struct merge_counts *c;
	uint64_t t;
	bool is_late;
	bool is_ahead;

	if (r == NULL)
		return model_fail(o, "a record out of nothing");
	if (r->source != out->source || memcmp(&r->r, &out->record, sizeof(r->r)) != 0)
		return model_fail(o, "not the oldest record");
	if (!model_is_filled(out->data, &r->r))
		return model_fail(o, "other bytes");
	t = model_time(r->r.time_ns);
	c = &o->s[r->source].counts;
	is_late = t < o->newest_ns;
	is_ahead = model_is_ahead(o, r);
	if (out->is_ahead != is_ahead)
		return model_fail(o, "ahead or not?");
	if (!r->is_aside && t >= o->last_ns && !model_is_cleared(o, r, false)) {
		bool is_expired =
		    now_ns >= model_add(model_oldest_arrival(o), hold_back) &&
		    model_is_cleared(o, r, true);

		if (!is_expired) {
			struct model_block b = model_await(o, r, now_ns);

			if (!model_may_force(o, b, now_ns))
				return model_fail(o, "left without a reason");
		}
		c->held_back += is_expired && !is_late && !is_ahead;
		c->forced += !is_expired && !is_late && !is_ahead;
	}
	c->late += is_late;
	c->ahead += is_ahead;
	c->written++;
	c->bytes += r->r.caplen;
	r->is_gone = true;
	o->taken = r->source;
	if (is_ahead)
		return true;
	o->last_ns = t;
	o->newest_ns = is_late ? o->newest_ns : t;
	return true;
}

static bool
model_has_needs(const struct model *o)
{
	for (uint32_t j = 0; j < o->n_sources; j++)
		if (o->s[j].needs)
			return true;
	return false;
}

/* Nothing left: was there really nothing, and is the time to wake the right one? */
static bool
model_judge_wait(struct model *o, const struct merge_out *out, uint64_t now_ns)
{
	const struct model_record *r = model_oldest(o);
	uint64_t hold_back = merge_hold_back_ns(o->m);
	uint64_t wake = UINT64_MAX;
	struct model_block b;

	if (model_aside(o, MODEL_NONE) != NULL)
		return model_fail(o, "holds what is ahead");
	if (r == NULL) {
		if (model_has_needs(o))
			wake = model_add(now_ns, MERGE_PATIENCE_NS);
		if (merge_awaited(o->m) != MODEL_NONE)
			return model_fail(o, "awaits somebody for nothing");
		return out->wake_ns == wake ||
		       model_fail(o, "wakes at another time, idle");
	}
	if (model_is_cleared(o, r, false) || model_time(r->r.time_ns) < o->last_ns)
		return model_fail(o, "holds what may leave");
	b = model_await(o, r, now_ns);
	if (!model_equal(o, "awaits", merge_awaited(o->m), b.awaited))
		return false;
	if (!b.is_for_file)
		wake = model_add(model_oldest_arrival(o), hold_back);
	if (now_ns >= wake)
		return model_fail(o, "holds longer than the hold-back");
	for (uint32_t j = 0; j < o->n_sources; j++) {
		const struct model_source *s = &o->s[j];

		uint64_t patience = now_ns - o->stuck_ns < MERGE_PATIENCE_NS
					? MERGE_PATIENCE_NS
					: MERGE_FORCE_PATIENCE_NS;

		if (model_is_entitled(o, j, b.awaited, now_ns) && model_has_spare(o))
			return model_fail(o, "leaves memory unused");
		if (model_may_press(o, j, b.awaited, now_ns) &&
		    (!b.is_for_file || model_is_full(o, b.awaited)))
			return model_fail(o, "leaves a full source alone");
		if (s->is_in && (s->needs || !s->is_file) && !s->is_open &&
		    model_is_full(o, j) && now_ns - o->stuck_ns < patience &&
		    model_add(o->stuck_ns, patience) < wake)
			wake = model_add(o->stuck_ns, patience);
	}
	return model_equal(o, "wakes at", out->wake_ns, wake);
}

/* Memory is asked for only by those who may, and only within the bound. */
static bool
model_judge_grow(struct model *o, const struct merge_out *out, uint64_t now_ns)
{
	const struct model_record *r = model_oldest(o);
	struct model_source *s = &o->s[out->source];
	bool is_served = out->bytes > 0 ? s->needs : model_has_needs(o);
	uint64_t bound = o->options.buffer_bytes;
	struct model_block b;

	if (out->bytes == 0 &&
	    (s->cap == 0 || s->is_open || model_held(o, out->source) > 0))
		return model_fail(o, "takes memory in use");
	if (out->bytes > 0) {
		uint64_t top =
		    o->given <= bound && s->needs ? bound + MERGE_ALLOWANCE : bound;

		if (o->given + out->bytes > top || s->is_refused)
			return model_fail(o, "asks for too much memory");
		if (s->cap > 0 && !s->needs &&
		    o->given + out->bytes + model_reserve(o) > bound)
			return model_fail(o, "asks for others' first memory");
		if (out->bytes % 8 != 0 || out->bytes > MERGE_QUEUE_MAX)
			return model_fail(o, "asks for odd memory");
	}
	if (is_served)
		return true;
	if (r == NULL || model_is_cleared(o, r, false))
		return model_fail(o, "asks for memory without need");
	b = model_await(o, r, now_ns);
	if (out->bytes > 0 && !model_is_entitled(o, out->source, b.awaited, now_ns))
		return model_fail(o, "asks for memory out of turn");
	return true;
}

/* What merge_next does first: the room of the record given last is free. */
static void
model_drop(struct model *o)
{
	if (o->taken != MODEL_NONE && model_held(o, o->taken) == 0)
		o->s[o->taken].is_refused = false;
	o->taken = MODEL_NONE;
}

static bool
model_judge(struct model *o, enum merge_result result, const struct merge_out *out,
	    uint64_t now_ns)
{
	model_drop(o);
	o->n_verdicts[result]++;
	if (!model_equal(o, "memory", merge_memory(o->m), o->given))
		return false;
	switch (result) {
	case MERGE_RECORD:
		return model_judge_record(o, out, now_ns);
	case MERGE_WAIT:
		return model_judge_wait(o, out, now_ns);
	case MERGE_GROW:
		return model_judge_grow(o, out, now_ns);
	case MERGE_DONE:
		for (uint32_t j = 0; j < o->n_sources; j++)
			if (o->s[j].is_in)
				return model_fail(o, "done with a source in");
		return model_oldest(o) == NULL || model_fail(o, "done with records held");
	}
	return model_fail(o, "no such answer");
}

static void
model_commit(struct model *o, uint32_t source, const struct savefile_record *r,
	     uint64_t arrival_ns, uint32_t arrival)
{
	struct model_source *s = &o->s[source];
	uint64_t slack = o->options.slack_ns;
	uint64_t mark = r->time_ns > slack ? r->time_ns - slack : 0;
	bool is_ahead = !s->is_file && r->time_ns > s->limit_ns;
	bool is_step = s->is_file && r->time_ns > model_add(s->mark_ns, MERGE_STEP_NS);

	o->r[o->n++] = (struct model_record){.r = *r,
					     .source = source,
					     .arrival_ns = arrival_ns,
					     .arrival = arrival,
					     .is_aside = is_ahead && model_is_sorted(o)};
	s->counts.received++;
	if (o->r[o->n - 1].is_aside)
		return;
	if (!s->is_explicit)
		s->n_steps = is_step ? s->n_steps + 1 : 0;
	if (is_step && s->n_steps < MERGE_STEP_RECORDS)
		return;
	if (!s->is_explicit && mark > s->mark_ns)
		s->mark_ns = mark;
}

static bool
model_check_counts(struct model *o)
{
	for (uint32_t j = 0; j < o->n_sources; j++)
		if (memcmp(merge_counts(o->m, j), &o->s[j].counts,
			   sizeof(struct merge_counts)) != 0)
			return model_fail(o, "other counts");
	return true;
}

#endif
