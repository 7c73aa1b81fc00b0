/* The display's life: from the sources' counters to the terminal. */
#include "cli/run/app_display.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/run/app_state.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/neighbours.h"
#include "sys/signals.h"

static const int terminal_signals[] = {SIGTSTP, SIGCONT, SIGWINCH};

static void
be_none(struct display *d)
{
	d->kind = DISPLAY_NONE;
	d->due_ns = LOOP_NEVER;
}

static void
before_log_line(void *context)
{
	struct display *d = context;

	d->is_erased |= d->screen.is_shown;
	screen_erase(&d->screen);
}

void
app_display_open(struct app *a)
{
	struct display *d = &a->display;
	enum options_progress progress = a->options->progress;

	d->watch.fd = -1;
	d->screen.fd = -1;
	be_none(d);
	if (progress == OPTIONS_PROGRESS_NEVER || a->options->is_quiet)
		return;
	d->start_ns = clock_monotonic_ns();
	d->taken_ns = d->start_ns;
	if (screen_open(&d->screen) == 0) {
		d->kind = DISPLAY_LINES;
		d->due_ns = d->start_ns + DISPLAY_PERIOD_NS;
		log_set_before(before_log_line, d);
	} else if (progress == OPTIONS_PROGRESS_ALWAYS) {
		d->kind = DISPLAY_SENTENCES;
		d->due_ns = d->start_ns + DISPLAY_SENTENCE_NS;
	}
}

static void
suspend(struct display *d)
{
	screen_erase(&d->screen);
	signals_suspend();
}

/* What the shell wrote meanwhile stays. */
static void
on_signal(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct display *d =
	    (struct display *)((char *)w - offsetof(struct display, watch));
	int number;

	(void)ready;
	while ((number = signals_read(w->fd)) != 0) {
		if (number == SIGTSTP)
			suspend(d);
		d->is_erased |= d->screen.is_shown;
		if (number != SIGCONT)
			continue;
		screen_forget(&d->screen);
		d->due_ns = d->kind == DISPLAY_LINES ? now_ns : d->due_ns;
	}
}

int
app_display_watch(struct app *a)
{
	struct display *d = &a->display;
	int fd;

	if (d->kind != DISPLAY_LINES)
		return 0;
	fd = signals_open_for(terminal_signals,
			      sizeof(terminal_signals) / sizeof(terminal_signals[0]));
	d->watch.on_ready = on_signal;
	return fd < 0 ? fd : loop_add(&a->loop, &d->watch, fd, LOOP_IN);
}

uint64_t
app_display_deadline(const struct app *a)
{
	const struct display *d = &a->display;
	uint64_t redraw_ns = d->drawn_ns + DISPLAY_REDRAW_NS;

	return d->is_erased && redraw_ns < d->due_ns ? redraw_ns : d->due_ns;
}

static enum status_state
state_of(const struct source *s)
{
	if (s->state == SOURCE_BODY)
		return STATUS_CAPTURING;
	if (source_is_over(s))
		return s->state == SOURCE_FAILED ? STATUS_FAILED : STATUS_ENDED;
	return s->has_answered ? STATUS_LOST : STATUS_CONNECTING;
}

/* By the worker's own clock where that is known; a file's times say nothing about now. */
static void
take_clock(const struct source *s, uint64_t now_ns, struct status_row *row)
{
	uint64_t mark_ns = merge_mark_ns(s->context->merge, s->id);
	struct clock_offset_estimate e;

	source_offset(s, &e);
	row->has_offset = e.kind == CLOCK_OFFSET_KNOWN;
	row->offset_ns = e.offset_ns;
	row->lag_ns = STATUS_UNKNOWN;
	if (row->has_offset && !s->slew)
		now_ns = e.worker_ns;
	if (row->state == STATUS_CAPTURING && s->target->kind == TARGET_NETWORK &&
	    mark_ns > 0)
		row->lag_ns = now_ns > mark_ns ? now_ns - mark_ns : 0;
}

/* Only when it is needed: names in the list of targets may stand for many. */
static bool
has_memory(struct app *a)
{
	struct display *d = &a->display;

	if (!d->rows)
		d->rows = calloc(a->n, sizeof(*d->rows));
	if (!d->rates)
		d->rates = calloc(a->n, sizeof(*d->rates));
	return d->rows && d->rates;
}

static void
take(struct app *a, uint64_t now_ns)
{
	struct display *d = &a->display;
	uint64_t wall_ns = clock_realtime_ns();
	uint64_t elapsed_ns = now_ns - d->taken_ns;

	for (uint32_t i = 0; i < a->n; i++) {
		const struct source *s = &a->sources[i];
		struct display_rates *r = &d->rates[i];
		struct summary_counts c;

		source_count(s, &c);
		status_rate_update(&r->packets, c.written, elapsed_ns);
		status_rate_update(&r->bytes, c.bytes, elapsed_ns);
		d->rows[i] =
		    (struct status_row){.name = s->target->name,
					.reason = s->reason,
					.state = state_of(s),
					.packets_s = r->packets.per_s,
					.bytes_s = r->bytes.per_s,
					.drops = c.has_drops ? c.drops : STATUS_UNKNOWN,
					.late = c.late,
					.not_fetched = c.not_fetched,
					.not_written = s->n_unwritten,
					.own = c.own,
					.is_at_least = ledger_is_at_least(&s->ledger)};
		take_clock(s, wall_ns, &d->rows[i]);
	}
	d->taken_ns = now_ns;
}

static void
draw(struct app *a, uint64_t now_ns)
{
	struct display *d = &a->display;
	char mem[STATUS_BYTES];
	struct text lines;
	unsigned width;
	unsigned height;

	screen_size(&d->screen, &width, &height);
	text_init(&lines, mem, sizeof(mem));
	status_put(&lines, d->rows, a->n, a->context.is_blocked, width, height);
	screen_draw(&d->screen, text_span(&lines));
	d->is_erased = false;
	d->drawn_ns = now_ns;
}

/*
 * Whether nobody else writes where we would. A pipeline's processes take a moment to
 * start, and to get the descriptors that they keep: the look is repeated at first.
 */
static bool
is_alone(struct app *a, uint64_t now_ns)
{
	struct display *d = &a->display;

	if (a->options->progress == OPTIONS_PROGRESS_ALWAYS ||
	    !sink_is_watchable(&a->writer.sink))
		return true;
	if (now_ns - d->start_ns < DISPLAY_SETTLE_NS)
		d->is_quiet_pipeline =
		    neighbours_look(STDERR_FILENO, a->writer.sink.fd) == NEIGHBOURS_QUIET;
	else if (!d->is_quiet_pipeline)
		be_none(d);
	return d->is_quiet_pipeline;
}

static bool
may_draw(struct app *a, uint64_t now_ns)
{
	struct display *d = &a->display;

	switch (screen_place(&d->screen)) {
	case SCREEN_BACKGROUND:
		screen_forget(&d->screen);
		return false;
	case SCREEN_FOREIGN:
		return a->options->progress == OPTIONS_PROGRESS_ALWAYS;
	case SCREEN_FOREGROUND:
		break;
	}
	if (is_alone(a, now_ns))
		return true;
	screen_erase(&d->screen);
	return false;
}

static void
say(struct app *a)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	status_put_sentence(&line, a->display.rows, a->n);
	log_text(LOG_INFO, &line);
}

void
app_display_run(struct app *a, uint64_t now_ns)
{
	struct display *d = &a->display;
	bool is_due = now_ns >= d->due_ns;

	if (now_ns < app_display_deadline(a))
		return;
	if (!has_memory(a)) {
		be_none(d);
		return;
	}
	if (is_due) {
		take(a, now_ns);
		d->due_ns = now_ns + (d->kind == DISPLAY_LINES ? DISPLAY_PERIOD_NS
							       : DISPLAY_SENTENCE_NS);
	}
	d->is_erased = false;
	if (d->kind == DISPLAY_SENTENCES)
		say(a);
	else if (may_draw(a, now_ns))
		draw(a, now_ns);
}

void
app_display_close(struct app *a)
{
	struct display *d = &a->display;

	if (d->kind != DISPLAY_NONE || d->screen.is_shown)
		screen_close(&d->screen);
	log_set_before(NULL, NULL);
	be_none(d);
	free(d->rows);
	free(d->rates);
	d->rows = NULL;
	d->rates = NULL;
}
