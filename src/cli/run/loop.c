/*
 * The loop: sources read, the merge gives, the output writes, and what is waited for is
 * computed anew for everything that changed. What the writer returns, and what time and
 * people ask for, sets the phase here and nowhere else.
 */
#include "cli/run/loop.h"

#include <stddef.h>

#include "cli/run/fault.h"
#include "cli/source/tell.h"
#include "sys/clock.h"
#include "sys/log.h"
#include "sys/signals.h"

#define AWAY_NS	   100000000u  /* a round of the loop that is shorter is no pause */
#define MISSING_NS 2000000000u /* after this long it is said who has not answered */
#define STALL_NS   2000000000u /* longer behind the end than what is captured takes */

static void
stop_sources(struct run *r, bool wants_rest)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (!r->is_stopped)
		r->stall_ns = now_ns + STALL_NS;
	r->is_stopped = true;
	r->end_ns = LOOP_NEVER;
	r->has_progress = true;
	fleet_stop(&r->fleet, wants_rest, now_ns);
}

/* --path: what is on its way is still observed, for the wait. */
static void
settle(struct run *r)
{
	uint64_t wait_ns = r->options->path.wait_ns;

	paths_end(r->pump.paths, clock_realtime_ns());
	r->end_ns = clock_monotonic_ns() + 2 * wait_ns + STALL_NS;
	log_line(LOG_INFO, "settling, up to %llu s",
		 (unsigned long long)((2 * wait_ns + STALL_NS) / 1000000000u));
}

static bool
is_settling(const struct run *r)
{
	return r->pump.paths && r->pump.paths->end_ns > 0;
}

static void
finish(struct run *r)
{
	stop_sources(r, true);
	if (r->phase == RUN_RUNNING)
		r->phase = RUN_STOPPING;
}

/* The end: what the workers have captured until now is still fetched, and written. */
static void
stop(struct run *r)
{
	if (r->pump.paths && r->phase == RUN_RUNNING && !is_settling(r) &&
	    r->fleet.n_over < r->fleet.n)
		settle(r);
	else
		finish(r);
}

/* The end at once: nothing more is fetched, and of what is there only what the output holds
 * already is written, if it can be. */
static void
cut(struct run *r)
{
	stop_sources(r, false);
	if (r->phase < RUN_FLUSHING)
		r->phase = RUN_FLUSHING;
}

/* Does what the writer's result asks for. */
static void
take_result(struct run *r, enum writer_result result)
{
	if (result == WRITER_OK || result == WRITER_FULL || r->is_output_over)
		return;
	if (result == WRITER_LAST && r->pump.paths) {
		if (!is_settling(r))
			stop(r);
		return;
	}
	if (result != WRITER_LAST) {
		r->is_output_over = true;
		loop_remove(&r->loop, &r->sink_watch);
	}
	cut(r);
	if (result != WRITER_FAILED)
		return;
	r->has_failed = true;
	fault_writer(&r->writer);
}

static void
on_sink(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct run *r = (struct run *)((char *)w - offsetof(struct run, sink_watch));

	(void)now_ns;
	if (ready & LOOP_GONE)
		take_result(r, writer_end_reader(&r->writer));
	if (ready & LOOP_OUT)
		writer_resume(&r->writer);
}

static void
on_signal(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct run *r = (struct run *)((char *)w - offsetof(struct run, signal_watch));

	(void)ready;
	(void)now_ns;
	if (signals_read(w->fd) == 0)
		return;
	if (r->phase == RUN_STARTING) {
		r->is_stopped = true;
	} else if (r->phase == RUN_RUNNING) {
		stop(r);
	} else if (r->phase == RUN_FLUSHING && output_waiting(&r->writer.output).n == 0) {
		r->wants_no_counts = true;
	} else {
		log_line(LOG_ERROR, "interrupted again, exiting: packets that wait to be "
				    "written are discarded");
		r->has_failed = true;
		cut(r);
		take_result(r, writer_finish_begun(&r->writer));
		r->phase = RUN_OVER;
	}
}

int
run_loop_open(struct run *r, int signal_fd)
{
	int rc = loop_init(&r->loop);

	loop_watch_init(&r->signal_watch, on_signal);
	loop_watch_init(&r->sink_watch, on_sink);
	if (rc == 0)
		rc = display_watch(&r->display, &r->loop);
	if (rc == 0)
		rc = loop_add(&r->loop, &r->signal_watch, signal_fd, LOOP_IN);
	if (rc == 0 && sink_is_watchable(&r->writer.sink))
		rc = loop_add(&r->loop, &r->sink_watch, r->writer.sink.fd, 0);
	return rc;
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool
has_roster_to_tell(const struct run *r)
{
	return r->pump.is_ready && r->phase == RUN_RUNNING && r->has_change;
}

static uint64_t
stall_deadline(const struct run *r)
{
	return r->writer.state == WRITER_FULL ? r->stall_ns : LOOP_NEVER;
}

/* A table tells it all the time. */
static uint64_t
missing_deadline(const struct run *r)
{
	return r->pump.is_ready || r->display.kind == DISPLAY_LINES ? LOOP_NEVER
								    : r->missing_ns;
}

static uint64_t
deadline(const struct run *r)
{
	uint64_t due = earlier(r->end_ns, r->writer.file_end_ns);
	uint64_t skew = r->fleet.context.merge_clock.skew_ns;
	uint64_t wake_ns = r->pump.wake_ns;

	due = earlier(due, stall_deadline(r));
	due = earlier(due, r->fleet.context.news.due_ns);
	due = earlier(due, missing_deadline(r));
	due = earlier(due, display_deadline(&r->display));
	if (has_roster_to_tell(r))
		due = earlier(due, messages_roster_due(&r->messages));
	if (r->has_progress)
		return 0;
	if (r->fleet.context.merge_clock.is_blocked || wake_ns > LOOP_NEVER - skew)
		return due;
	return earlier(due, wake_ns + skew);
}

static void
become_ready(struct run *r, uint64_t now_ns)
{
	pump_set_ready(&r->pump, now_ns);
	r->has_progress = true;
	r->has_change = true;
	if (r->options->duration_ns > 0 && r->phase == RUN_RUNNING)
		r->end_ns = now_ns + r->options->duration_ns;
}

static void
tell_lag(struct run *r, uint64_t now_ns)
{
	if (now_ns - r->lag_looked_ns < LAG_LOOK_NS)
		return;
	r->lag_looked_ns = now_ns;
	for (uint32_t i = 0; i < r->fleet.n; i++) {
		char mem[LOG_LINE_MAX];
		struct text line;

		text_init(&line, mem, sizeof(mem));
		if (fleet_look_at_lag(&r->fleet, i, now_ns, &line))
			log_text(LOG_WARNING, &line);
	}
}

/* Once, when the reader of the output holds up the end. */
static void
tell_stall(struct run *r, uint64_t now_ns)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	if (now_ns < stall_deadline(r))
		return;
	r->stall_ns = LOOP_NEVER;
	text_init(&line, mem, sizeof(mem));
	text_str(&line, "waiting for the reader of ");
	writer_put_name(&r->writer, &line);
	log_text(LOG_WARNING, &line);
}

static void
tell_waiting(struct run *r, const struct views *views, uint64_t now_ns)
{
	if (now_ns >= r->fleet.context.news.due_ns)
		tell_now(&r->fleet.context.news);
	if (now_ns < missing_deadline(r))
		return;
	r->missing_ns = LOOP_NEVER;
	messages_tell_missing(views);
}

static void
tell(struct run *r, uint64_t now_ns)
{
	struct views views = fleet_views(&r->fleet);
	uint32_t slowest = merge_slowest(r->pump.merge);

	if (fleet_take_change(&r->fleet))
		r->has_change = true;
	if (r->pump.is_ready && !r->messages.has_roster)
		tell_now(&r->fleet.context.news);
	tell_waiting(r, &views, now_ns);
	if (has_roster_to_tell(r) && now_ns >= messages_roster_due(&r->messages))
		r->has_change = messages_tell_roster(&r->messages, &views, now_ns);
	messages_tell_hold_back(
	    &r->messages, merge_hold_back_ns(r->pump.merge),
	    slowest == UINT32_MAX ? NULL : r->fleet.sources[slowest].target->name,
	    now_ns);
	tell_lag(r, now_ns);
	tell_stall(r, now_ns);
}

/* True: the file is complete. */
static bool
put_tail(struct run *r)
{
	enum writer_result result;

	pump_note_drops(&r->pump);
	result = writer_put_tail(&r->writer);
	take_result(r, result);
	return result == WRITER_OK;
}

/* Ends that the options ask for. */
static void
apply_ends(struct run *r, uint64_t now_ns)
{
	if (r->phase == RUN_RUNNING && (now_ns >= r->end_ns || r->pump.is_settled))
		stop(r);
	if (r->phase == RUN_RUNNING && r->options->requires_all &&
	    r->fleet.n_refused > 0) {
		tell_now(&r->fleet.context.news);
		log_line(LOG_ERROR, "--require-all: not all targets could start; "
				    "without it the others are captured");
		stop(r);
	}
	if (r->phase < RUN_FLUSHING && now_ns >= r->writer.file_end_ns) {
		pump_note_drops(&r->pump);
		take_result(r, writer_expire(&r->writer, now_ns));
	}
}

/* The last counts are there, and the commands of targets have ended. */
static bool
is_all_told(const struct run *r)
{
	return r->fleet.n_counting == 0 && !r->children.list;
}

/* What the round has led to. */
static void
judge(struct run *r, uint64_t now_ns)
{
	const struct fleet *f = &r->fleet;

	if (!r->pump.is_ready && f->n_pending == 0)
		become_ready(r, now_ns);
	tell(r, now_ns);
	apply_ends(r, now_ns);
	if (r->phase < RUN_FLUSHING && f->n_over == f->n && r->pump.is_done &&
	    !r->has_progress)
		r->phase = RUN_FLUSHING;
	if (r->phase == RUN_FLUSHING && f->n_over == f->n &&
	    (is_all_told(r) || r->wants_no_counts) &&
	    (writer_is_over(&r->writer) || put_tail(r)))
		r->phase = RUN_OVER;
	if (r->sink_watch.fd >= 0)
		loop_set(&r->loop, &r->sink_watch,
			 r->writer.state == WRITER_FULL ? LOOP_OUT : 0);
}

/* A disk that is slow to write stops everything: what comes meanwhile is no lump. */
static void
note_away(struct run *r, uint64_t before_ns)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (now_ns - before_ns >= AWAY_NS)
		merge_was_away(r->pump.merge,
			       merge_clock_ns(&r->fleet.context.merge_clock, now_ns));
}

static void
start(struct run *r)
{
	uint64_t now_ns = clock_monotonic_ns();

	r->has_progress = true;
	r->phase = RUN_RUNNING;
	news_clear(&r->fleet.context.news);
	r->missing_ns = now_ns + MISSING_NS;
	if (r->is_stopped)
		stop(r);
	else
		fleet_start(&r->fleet, now_ns);
	pump_start(&r->pump, now_ns);
}

void
run_loop(struct run *r)
{
	start(r);
	while (r->phase != RUN_OVER) {
		uint64_t now_ns = loop_run_once(&r->loop, deadline(r));
		struct views views = fleet_views(&r->fleet);

		take_result(r, r->phase < RUN_FLUSHING
				   ? pump_give(&r->pump, r->phase == RUN_RUNNING, now_ns)
				   : pump_flush(&r->pump, now_ns));
		r->has_progress = fleet_settle(&r->fleet, now_ns);
		judge(r, now_ns);
		display_run(&r->display, &views, r->fleet.context.merge_clock.is_blocked,
			    now_ns);
		note_away(r, now_ns);
	}
	tell_now(&r->fleet.context.news);
}

void
run_loop_close(struct run *r)
{
	take_result(r, writer_close(&r->writer));
}
