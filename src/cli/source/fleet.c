/* What is done for each source in turn, and what all of them add up to. */
#include "cli/source/fleet.h"

#include <stdlib.h>

#include "sys/clock.h"

bool
fleet_init(struct fleet *f, const struct target *targets, uint32_t n)
{
	f->sources = calloc(n, sizeof(*f->sources));
	if (!f->sources)
		return false;
	f->n = n;
	f->n_pending = n;
	for (uint32_t i = 0; i < n; i++)
		source_init(&f->sources[i], &f->context, &targets[i], i);
	return true;
}

void
fleet_fini(struct fleet *f)
{
	for (uint32_t i = 0; i < f->n; i++)
		source_fini(&f->sources[i]);
	free(f->sources);
}

void
fleet_start(struct fleet *f, uint64_t now_ns)
{
	for (uint32_t i = 0; i < f->n; i++)
		source_start(&f->sources[i], now_ns);
}

void
fleet_stop(struct fleet *f, bool wants_rest, uint64_t now_ns)
{
	for (uint32_t i = 0; i < f->n; i++)
		source_stop(&f->sources[i], wants_rest, now_ns);
}

/* True: it is over now, and was not. */
static bool
count_change(struct fleet *f, struct source *s)
{
	if (s->was_pending && !source_is_pending(s)) {
		s->was_pending = false;
		f->n_pending--;
		f->has_changed |= f->n_pending == 0;
	}
	if (s->was_capturing != (s->state == SOURCE_BODY)) {
		s->was_capturing = s->state == SOURCE_BODY;
		f->has_changed = true;
	}
	if (s->was_counting != source_is_counting(s)) {
		s->was_counting = !s->was_counting;
		f->n_counting += s->was_counting ? 1 : UINT32_MAX;
	}
	if (s->was_over || !source_is_over(s))
		return false;
	s->was_over = true;
	f->has_changed = true;
	f->n_over++;
	f->n_refused += s->state == SOURCE_FAILED && !s->has_answered;
	return true;
}

/* The list grows at its head: what came first stands last in it. */
static struct source *
reversed(struct source *list)
{
	struct source *done = NULL;

	while (list) {
		struct source *next = list->next_changed;

		list->next_changed = done;
		done = list;
		list = next;
	}
	return done;
}

/* Those that wait for room stay in the list, and are looked at in every round. */
bool
fleet_settle(struct fleet *f, uint64_t now_ns)
{
	struct source *next = reversed(f->context.changed);
	bool has_progress = false;

	f->context.changed = NULL;
	while (next) {
		struct source *s = next;

		next = s->next_changed;
		s->is_listed = false;
		has_progress |= source_settle(s, now_ns);
		has_progress |= count_change(f, s);
		if (!source_is_waiting(s) || s->is_listed)
			continue;
		s->is_listed = true;
		s->next_changed = f->context.changed;
		f->context.changed = s;
	}
	return has_progress;
}

bool
fleet_take_change(struct fleet *f)
{
	bool has_changed = f->has_changed;

	f->has_changed = false;
	return has_changed;
}

void
fleet_set_blocked(struct fleet *f, bool is_blocked, uint64_t now_ns)
{
	merge_clock_set_blocked(&f->context.merge_clock, is_blocked, now_ns);
}

bool
fleet_has_begun(const struct fleet *f, uint32_t i)
{
	const struct source *s = &f->sources[i];

	if (source_is_over(s) || !s->is_file)
		return true;
	return f->context.interfaces->sources[i].n > 0 && source_has_record(s);
}

bool
fleet_is_measuring(const struct fleet *f)
{
	for (uint32_t i = 0; i < f->n; i++)
		if (source_is_measuring(&f->sources[i]))
			return true;
	return false;
}

void
fleet_note_offsets(const struct fleet *f, uint32_t first)
{
	struct interfaces *all = f->context.interfaces;

	for (uint32_t n = first; n < all->n; n++)
		source_offset(&f->sources[all->list[n].source], &all->list[n].offset);
}

void
fleet_note_drops(const struct fleet *f)
{
	for (uint32_t i = 0; i < f->n; i++) {
		struct summary_counts counts;

		if (!source_is_ddump(&f->sources[i]))
			continue;
		source_count(&f->sources[i], &counts);
		interfaces_note_drops(f->context.interfaces, i, counts.drops);
	}
}

void
fleet_resolved(struct fleet *f, struct resolve_request *q, uint64_t now_ns)
{
	source_resolved(&f->sources[q->id], q, now_ns);
	resolve_free(q);
}

void
fleet_note_unwritten(struct fleet *f, uint32_t i, bool is_late)
{
	source_note_unwritten(&f->sources[i], is_late);
}

bool
fleet_note_ahead(struct fleet *f, uint32_t i)
{
	bool has_told = f->sources[i].has_told_ahead;

	f->sources[i].has_told_ahead = true;
	return !has_told;
}

bool
fleet_look_at_lag(struct fleet *f, uint32_t i, uint64_t now_ns, struct text *line)
{
	struct merge *merge = f->context.merge;
	struct source *s = &f->sources[i];
	struct lag_view view = {.lag_ns = merge_lag_ns(merge, i),
				.hold_back_ns = merge_hold_back_ns(merge)};

	view.lumps = merge_lumps(
	    merge, i, merge_clock_ns(&f->context.merge_clock, now_ns), &view.gap_ns);
	text_str(line, s->target->name);
	text_str(line, ": ");
	return s->state == SOURCE_BODY && source_is_ddump(s) &&
	       lag_look(&s->lag, now_ns, &view, line);
}

static enum view_state
state_of(const struct source *s)
{
	if (s->state == SOURCE_BODY)
		return VIEW_CAPTURING;
	if (source_is_over(s))
		return source_has_failed(s) ? VIEW_FAILED : VIEW_ENDED;
	return s->has_answered ? VIEW_LOST : VIEW_CONNECTING;
}

/* By the worker's own clock where that is known; a file's times say nothing about now. */
static uint64_t
lag_of(const struct source *s, const struct view *v)
{
	uint64_t mark_ns = merge_mark_ns(s->context->merge, s->id);
	uint64_t now_ns = v->offset.kind == CLOCK_OFFSET_KNOWN && !v->is_corrected
			      ? v->offset.worker_ns
			      : clock_realtime_ns();

	if (v->state != VIEW_CAPTURING || !v->is_network || mark_ns == 0)
		return VIEW_UNKNOWN;
	return now_ns > mark_ns ? now_ns - mark_ns : 0;
}

static void
view_at(const void *of, uint32_t i, struct view *v)
{
	const struct source *s = &((const struct fleet *)of)->sources[i];

	*v = (struct view){.name = s->target->name,
			   .reason = s->reason,
			   .state = state_of(s),
			   .is_network = s->target->ops->is_http,
			   .has_answered = s->has_answered,
			   .has_clock = s->clock.offset != NULL,
			   .is_corrected = source_is_corrected(s),
			   .is_limited = s->is_limited,
			   .is_unverified = s->is_unverified,
			   .is_at_least = ledger_is_at_least(&s->ledger),
			   .n_unwritten = s->n_unwritten};
	source_offset(s, &v->offset);
	source_count(s, &v->counts);
	v->lag_ns = lag_of(s, v);
}

struct views
fleet_views(const struct fleet *f)
{
	return (struct views){.of = f, .n = f->n, .at = view_at};
}
