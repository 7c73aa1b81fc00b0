/* The display's life: from the targets' counts to the terminal. */
#include "cli/report/display.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys/clock.h"
#include "sys/log.h"
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

void
display_open(struct display *d, const struct options *options, bool is_shared,
	     bool is_printed)
{
	enum options_progress progress = options->progress;

	d->is_always = progress == OPTIONS_PROGRESS_ALWAYS;
	loop_watch_init(&d->watch, on_signal);
	d->screen.fd = -1;
	be_none(d);
	if (progress == OPTIONS_PROGRESS_NEVER || options->is_quiet || is_printed ||
	    (is_shared && !d->is_always))
		return;
	d->start_ns = clock_monotonic_ns();
	d->taken_ns = d->start_ns;
	if (screen_open(&d->screen) == 0) {
		d->kind = DISPLAY_LINES;
		d->due_ns = d->start_ns + DISPLAY_PERIOD_NS;
		log_set_before(before_log_line, d);
	} else if (d->is_always) {
		d->kind = DISPLAY_SENTENCES;
		d->due_ns = d->start_ns + DISPLAY_SENTENCE_NS;
	}
}

int
display_watch(struct display *d, struct loop *loop)
{
	int fd;

	if (d->kind != DISPLAY_LINES)
		return 0;
	fd = signals_open_for(terminal_signals,
			      sizeof(terminal_signals) / sizeof(terminal_signals[0]));
	return fd < 0 ? fd : loop_add(loop, &d->watch, fd, LOOP_IN);
}

uint64_t
display_deadline(const struct display *d)
{
	uint64_t redraw_ns = d->drawn_ns + DISPLAY_REDRAW_NS;

	return d->is_erased && redraw_ns < d->due_ns ? redraw_ns : d->due_ns;
}

/* Only when it is needed: names in the list of targets may stand for many. */
static bool
has_memory(struct display *d, uint32_t n)
{
	if (!d->rows)
		d->rows = calloc(n, sizeof(*d->rows));
	if (!d->rates)
		d->rates = calloc(n, sizeof(*d->rates));
	return d->rows && d->rates;
}

static void
take(struct display *d, const struct views *views, uint64_t now_ns)
{
	uint64_t elapsed_ns = now_ns - d->taken_ns;

	for (uint32_t i = 0; i < views->n; i++) {
		struct display_rates *r = &d->rates[i];
		struct view v;

		views->at(views->of, i, &v);
		status_rate_update(&r->packets, v.counts.written, elapsed_ns);
		status_rate_update(&r->bytes, v.counts.bytes, elapsed_ns);
		d->rows[i] = (struct status_row){
		    .name = v.name,
		    .reason = v.reason,
		    .state = v.state,
		    .has_offset = v.offset.kind == CLOCK_OFFSET_KNOWN,
		    .offset_ns = v.offset.offset_ns,
		    .packets_s = r->packets.per_s,
		    .bytes_s = r->bytes.per_s,
		    .drops = v.counts.has_drops ? v.counts.drops : VIEW_UNKNOWN,
		    .late = v.counts.late,
		    .not_fetched = v.counts.not_fetched,
		    .not_written = v.n_unwritten,
		    .own = v.counts.own,
		    .is_at_least = v.is_at_least,
		    .lag_ns = v.lag_ns};
	}
	d->taken_ns = now_ns;
}

static void
draw(struct display *d, uint32_t n, bool is_paused, uint64_t now_ns)
{
	char mem[STATUS_BYTES];
	struct text lines;
	unsigned width;
	unsigned height;

	screen_size(&d->screen, &width, &height);
	text_init(&lines, mem, sizeof(mem));
	status_put(&lines, d->rows, n, is_paused, width, height);
	screen_draw(&d->screen, text_span(&lines));
	d->is_erased = false;
	d->drawn_ns = now_ns;
}

static bool
may_draw(struct display *d)
{
	switch (screen_place(&d->screen)) {
	case SCREEN_BACKGROUND:
		screen_forget(&d->screen);
		return false;
	case SCREEN_FOREIGN:
		return d->is_always;
	case SCREEN_FOREGROUND:
		break;
	}
	return true;
}

static void
say(const struct display *d, uint32_t n)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	status_put_sentence(&line, d->rows, n);
	log_text(LOG_INFO, &line);
}

void
display_run(struct display *d, const struct views *views, bool is_paused, uint64_t now_ns)
{
	bool is_due = now_ns >= d->due_ns;

	if (now_ns < display_deadline(d))
		return;
	if (!has_memory(d, views->n)) {
		be_none(d);
		return;
	}
	if (is_due) {
		take(d, views, now_ns);
		d->due_ns = now_ns + (d->kind == DISPLAY_LINES ? DISPLAY_PERIOD_NS
							       : DISPLAY_SENTENCE_NS);
	}
	d->is_erased = false;
	if (d->kind == DISPLAY_SENTENCES)
		say(d, views->n);
	else if (may_draw(d))
		draw(d, views->n, is_paused, now_ns);
}

void
display_close(struct display *d)
{
	if (d->kind != DISPLAY_NONE || d->screen.is_shown)
		screen_close(&d->screen);
	log_set_before(NULL, NULL);
	be_none(d);
	free(d->rows);
	free(d->rates);
	d->rows = NULL;
	d->rates = NULL;
}
