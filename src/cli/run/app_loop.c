/*
 * The loop: sources read, the merge gives, the output writes, and what is waited for is
 * computed anew for everything that changed.
 */
#include "cli/run/app_state.h"

#include <stddef.h>

#include "sys/clock.h"
#include "sys/signals.h"

#define AWAY_NS 100000000u /* a round of the loop that is shorter is no pause */

static void
stop_sources(struct app *a, bool wants_rest)
{
	uint64_t now_ns = clock_monotonic_ns();

	a->is_stopped = true;
	a->end_ns = LOOP_NEVER;
	a->has_progress = true;
	for (uint32_t i = 0; i < a->n; i++)
		source_stop(&a->sources[i], wants_rest, now_ns);
}

void
app_loop_stop(struct app *a)
{
	stop_sources(a, true);
	if (a->phase == APP_RUNNING)
		a->phase = APP_STOPPING;
}

/* The end at once: nothing more is fetched, and of what is there only what the output holds
 * already is written, if it can be. */
static void
cut(struct app *a)
{
	stop_sources(a, false);
	if (a->phase < APP_FLUSHING)
		a->phase = APP_FLUSHING;
}

void
app_loop_take(struct app *a, enum writer_result result)
{
	if (result == WRITER_OK || result == WRITER_FULL || a->is_output_over)
		return;
	if (result != WRITER_LAST) {
		a->is_output_over = true;
		loop_remove(&a->loop, &a->sink_watch);
	}
	cut(a);
	if (result != WRITER_FAILED)
		return;
	a->has_output_failed = true;
	app_log_failure(&a->writer);
}

void
app_loop_on_sink(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct app *a = (struct app *)((char *)w - offsetof(struct app, sink_watch));

	(void)now_ns;
	if (ready & LOOP_GONE)
		app_loop_take(a, writer_end_reader(&a->writer));
	if (ready & LOOP_OUT)
		writer_resume(&a->writer);
}

void
app_loop_on_signal(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct app *a = (struct app *)((char *)w - offsetof(struct app, signal_watch));

	(void)ready;
	(void)now_ns;
	if (signals_read(w->fd) == 0)
		return;
	if (a->phase == APP_STARTING) {
		a->is_stopped = true;
	} else if (a->phase == APP_RUNNING) {
		app_loop_stop(a);
	} else {
		log_line(LOG_ERROR, "interrupted again, exiting: packets that wait to be "
				    "written are discarded");
		a->has_output_failed = true;
		cut(a);
		app_loop_take(a, writer_finish_begun(&a->writer));
		a->phase = APP_OVER;
	}
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t
deadline(const struct app *a)
{
	uint64_t due = earlier(tourney_top(&a->deadlines).key, a->end_ns);
	uint64_t skew = a->context.skew_ns;

	due = earlier(due, a->writer.file_end_ns);
	due = earlier(due, app_report_deadline(a));
	due = earlier(due, app_display_deadline(a));
	if (a->has_progress)
		return 0;
	if (a->context.is_blocked || a->wake_ns > LOOP_NEVER - skew)
		return due;
	return earlier(due, a->wake_ns + skew);
}

static void
expire(struct app *a, uint64_t now_ns)
{
	struct tourney_node top = tourney_top(&a->deadlines);

	while (top.key <= now_ns && top.key != TOURNEY_NONE) {
		source_expire(&a->sources[top.leaf], now_ns);
		tourney_set(&a->deadlines, top.leaf,
			    source_deadline(&a->sources[top.leaf]));
		if (tourney_top(&a->deadlines).leaf == top.leaf)
			break;
		top = tourney_top(&a->deadlines);
	}
}

static void
note_progress(struct app *a, struct source *s)
{
	uint64_t due = source_deadline(s);

	if (tourney_key(&a->deadlines, s->id) != due)
		tourney_set(&a->deadlines, s->id, due);
	if (s->was_pending && !source_is_pending(s)) {
		s->was_pending = false;
		a->n_pending--;
	}
	if (s->was_capturing != (s->state == SOURCE_BODY)) {
		s->was_capturing = s->state == SOURCE_BODY;
		a->has_roster_changed = true;
	}
	if (s->was_counting != source_is_counting(s)) {
		s->was_counting = !s->was_counting;
		a->n_counting += s->was_counting ? 1 : UINT32_MAX;
	}
	if (s->was_over || !source_is_over(s))
		return;
	s->was_over = true;
	a->has_roster_changed = true;
	a->n_over++;
	a->n_refused += s->state == SOURCE_FAILED && !s->has_answered;
	a->has_progress = true;
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
static void
settle(struct app *a, uint64_t now_ns)
{
	struct source *next = reversed(a->context.changed);

	a->context.changed = NULL;
	a->has_progress = false;
	while (next) {
		struct source *s = next;

		next = s->next_changed;
		s->is_listed = false;
		if (source_settle(s, now_ns))
			a->has_progress = true;
		note_progress(a, s);
		if (!source_is_waiting(s) || s->is_listed)
			continue;
		s->is_listed = true;
		s->next_changed = a->context.changed;
		a->context.changed = s;
	}
}

static void
become_ready(struct app *a, uint64_t now_ns)
{
	a->is_ready = true;
	a->ready_ns = now_ns;
	a->has_progress = true;
	a->has_roster_changed = true;
	if (a->options->duration_ns > 0 && a->phase == APP_RUNNING)
		a->end_ns = now_ns + a->options->duration_ns;
}

/* True: the file is complete. */
static bool
put_tail(struct app *a)
{
	enum writer_result result;

	app_pump_note_drops(a);
	result = writer_put_tail(&a->writer);
	app_loop_take(a, result);
	return result == WRITER_OK;
}

/* What the round has led to. */
static void
judge(struct app *a, uint64_t now_ns)
{
	if (!a->is_ready && a->n_pending == 0)
		become_ready(a, now_ns);
	app_report_changes(a, now_ns);
	app_report_hold_back(a, now_ns);
	app_report_lag(a, now_ns);
	if (a->phase == APP_RUNNING && now_ns >= a->end_ns)
		app_loop_stop(a);
	if (a->phase == APP_RUNNING && a->options->requires_all && a->n_refused > 0) {
		log_line(LOG_ERROR, "--require-all: not all targets could start: "
				    "without it the others are captured");
		app_loop_stop(a);
	}
	if (a->phase < APP_FLUSHING && now_ns >= a->writer.file_end_ns) {
		app_pump_note_drops(a);
		app_loop_take(a, writer_expire(&a->writer, now_ns));
	}
	if (a->phase < APP_FLUSHING && a->n_over == a->n && a->is_merge_done &&
	    !a->has_progress)
		a->phase = APP_FLUSHING;
	if (a->phase == APP_FLUSHING && a->n_over == a->n && a->n_counting == 0 &&
	    (writer_is_over(&a->writer) || put_tail(a)))
		a->phase = APP_OVER;
	if (a->sink_watch.fd >= 0)
		loop_set(&a->loop, &a->sink_watch,
			 a->writer.state == WRITER_FULL ? LOOP_OUT : 0);
}

/* A disk that is slow to write stops everything: what comes meanwhile is no lump. */
static void
note_away(struct app *a, uint64_t before_ns)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (now_ns - before_ns >= AWAY_NS)
		merge_was_away(a->merge, source_merge_ns(&a->context, now_ns));
}

void
app_loop_run(struct app *a)
{
	while (a->phase != APP_OVER) {
		uint64_t now_ns = loop_run_once(&a->loop, deadline(a));

		expire(a, now_ns);
		app_loop_take(a, app_pump(a, now_ns));
		settle(a, now_ns);
		judge(a, now_ns);
		app_display_run(a, now_ns);
		note_away(a, now_ns);
	}
}
