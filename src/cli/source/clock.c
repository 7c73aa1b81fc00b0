/* What is known of a worker's clock: words about it, and corrected times. */
#include "cli/source/clock.h"

#include "sys/clock.h"
#include "sys/log.h"

#define STAMPS_FIRST_NS 100000000u /* from look to look until stamps have told enough */

void
source_clock_read_reference(struct source_clock_reference *r)
{
	uint64_t before_ns = clock_boottime_ns();
	uint64_t wall_ns = clock_realtime_ns();
	bool is_set =
	    clock_offset_reference_read(&r->now, before_ns, wall_ns, clock_boottime_ns());

	if (is_set)
		log_line(LOG_WARNING, "this host's clock was set: offsets are told by "
				      "the new time from now on");
}

/* A lower end far in the past is a replayed file's, or says nothing. */
static void
estimate(const struct source_clock *c, const struct clock_offset_reference *r,
	 struct clock_offset_estimate *e)
{
	*e = (struct clock_offset_estimate){0};
	if (!c->offset)
		return;
	clock_offset_estimate(c->offset, r, clock_boottime_ns(), e);
	if (e->kind == CLOCK_OFFSET_AT_LEAST &&
	    e->offset_ns < -(int64_t)CLOCK_OFFSET_STAMP_MAX_NS)
		*e = (struct clock_offset_estimate){0};
}

void
source_clock_estimate(const struct source_clock *c, struct clock_offset_estimate *e)
{
	estimate(c, &c->reference->now, e);
}

uint64_t
source_clock_age(const struct source_clock *c, uint64_t time_ns)
{
	uint64_t now_ns = clock_realtime_ns();
	struct clock_offset_estimate e;

	source_clock_estimate(c, &e);
	if (e.kind == CLOCK_OFFSET_KNOWN && !c->slew)
		now_ns = e.worker_ns;
	return now_ns > time_ns ? now_ns - time_ns : 0;
}

/* A hold-back of 0 or little leaves no room for a clock that is being slewed. */
static uint64_t
patience(const struct source_clock *c)
{
	uint64_t hold_back_ns = merge_hold_back_ns(c->merge);

	return hold_back_ns > MERGE_HOLD_BACK_NS ? hold_back_ns : MERGE_HOLD_BACK_NS;
}

uint64_t
source_clock_limit(const struct source_clock *c)
{
	struct clock_offset_estimate e;

	source_clock_estimate(c, &e);
	if (e.kind != CLOCK_OFFSET_KNOWN)
		return clock_realtime_ns() + SOURCE_CLOCK_TRUST_NS;
	return e.worker_ns + e.bound_ns + patience(c);
}

static void
say(const struct source_clock *c, enum log_level level,
    const struct clock_offset_estimate *e, const char *more)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_str(&line, c->target->name);
	text_str(&line, ": ");
	clock_offset_text(&line, e);
	text_str(&line, more);
	log_text(level, &line);
}

static uint64_t
distance(int64_t a, int64_t b)
{
	return a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;
}

/* Two statements that can both be true are no news. */
static bool
is_news(const struct clock_offset_estimate *old, const struct clock_offset_estimate *e)
{
	if (old->kind != e->kind || old->n_steps != e->n_steps)
		return true;
	return e->kind == CLOCK_OFFSET_KNOWN &&
	       distance(old->offset_ns, e->offset_ns) > old->bound_ns + e->bound_ns;
}

/* Once a target, and again when its clock was set or it got worse. */
static void
warn(struct source_clock *c, const struct clock_offset_estimate *e)
{
	enum clock_offset_warning w = clock_offset_judge(e, merge_hold_back_ns(c->merge));

	if (w == CLOCK_OFFSET_FINE || c->slew ||
	    (w <= c->warned && e->n_steps == c->warned_steps))
		return;
	c->warned = w;
	c->warned_steps = e->n_steps;
	say(c, LOG_WARNING, e,
	    w == CLOCK_OFFSET_MISORDERS
		? ": more than the hold-back, its packets come out of order: set its "
		  "clock (NTP), or give --align-clocks"
		: ": its packets stand in the wrong place among the others': set its "
		  "clock (NTP), or give --align-clocks");
}

void
source_clock_look(struct source_clock *c)
{
	struct clock_offset_estimate e;

	c->seen_ns = clock_boottime_ns();
	source_clock_read_reference(c->reference);
	source_clock_estimate(c, &e);
	if (c->slew && e.kind == CLOCK_OFFSET_KNOWN) {
		struct clock_offset_estimate fixed;

		estimate(c, &c->reference->first, &fixed);
		clock_slew_follow(c->slew, &fixed);
	}
	if (is_news(&c->told, &e)) {
		c->told = e;
		say(c, LOG_DEBUG, &e, c->slew ? ", corrected" : "");
	}
	warn(c, &e);
}

void
source_clock_note_request(struct source_clock *c, bool has_probes)
{
	struct clock_offset_estimate e;

	if (!c->offset)
		return;
	c->asked_ns = clock_boottime_ns();
	if (!c->slew)
		return;
	source_clock_look(c); /* part of a burst is enough */
	source_clock_estimate(c, &e);
	if (e.kind != CLOCK_OFFSET_KNOWN && has_probes)
		say(c, LOG_WARNING, &e,
		    ": its times are not corrected until more is known");
}

void
source_clock_stamp(struct source_clock *c, bool has_clock, uint64_t time_ns,
		   uint64_t margin_ns)
{
	uint64_t now_ns;
	uint64_t pause_ns;
	bool is_step;

	if (!c->offset || has_clock)
		return;
	now_ns = clock_boottime_ns();
	is_step = clock_offset_stamp(c->offset, margin_ns > 0 ? c->asked_ns : 0, time_ns,
				     margin_ns, now_ns) == CLOCK_OFFSET_STEP;
	pause_ns = c->told.kind == CLOCK_OFFSET_UNKNOWN ? STAMPS_FIRST_NS
							: CLOCK_OFFSET_PERIOD_NS;
	if (is_step || now_ns - c->seen_ns >= pause_ns)
		source_clock_look(c);
}
