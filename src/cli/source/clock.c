/* What is known of a worker's clock: words about it, and corrected times. It opens and
 * reads nothing but our own clocks. */
#include "cli/source/clock.h"

#include <stdlib.h>

#include "cli/source/probe.h"
#include "sys/clock.h"
#include "sys/log.h"

#define STAMPS_FIRST_NS 100000000u /* from look to look until stamps have told enough */

void
source_clock_init(struct source *s)
{
	struct source_clock *c = calloc(1, sizeof(*c));

	if (!c)
		return;
	c->source = s;
	c->watch.fd = -1;
	c->transport.fd = -1;
	c->deadline_ns = LOOP_NEVER;
	s->clock = c;
	if (s->context->options->aligns_clocks)
		s->slew = calloc(1, sizeof(*s->slew));
}

void
source_clock_fini(struct source *s)
{
	source_probe_stop(s);
	source_probe_settle(s);
	free(s->clock);
	free(s->slew);
	s->clock = NULL;
	s->slew = NULL;
}

void
source_clock_forget(struct source *s)
{
	struct clock_offset *o = &s->clock->offset;

	*o = (struct clock_offset){.n_exchanges = o->n_exchanges,
				   .n_steps = o->n_steps + 1};
}

void
source_clock_read_reference(struct source_context *c)
{
	uint64_t before_ns = clock_boottime_ns();
	uint64_t wall_ns = clock_realtime_ns();
	bool is_set = clock_offset_reference_read(&c->reference, before_ns, wall_ns,
						  clock_boottime_ns());

	if (is_set)
		log_line(LOG_WARNING, "this host's clock was set: offsets are told by "
				      "the new time from now on");
}

/* A lower end far in the past is a replayed file's, or says nothing. */
static void
estimate(const struct source *s, const struct clock_offset_reference *r,
	 struct clock_offset_estimate *e)
{
	*e = (struct clock_offset_estimate){0};
	if (!s->clock)
		return;
	clock_offset_estimate(&s->clock->offset, r, clock_boottime_ns(), e);
	if (e->kind == CLOCK_OFFSET_AT_LEAST &&
	    e->offset_ns < -(int64_t)CLOCK_OFFSET_STAMP_MAX_NS)
		*e = (struct clock_offset_estimate){0};
}

void
source_offset(const struct source *s, struct clock_offset_estimate *e)
{
	estimate(s, &s->context->reference, e);
}

uint64_t
source_clock_age(const struct source *s, uint64_t time_ns)
{
	uint64_t now_ns = clock_realtime_ns();
	struct clock_offset_estimate e;

	source_offset(s, &e);
	if (e.kind == CLOCK_OFFSET_KNOWN && !s->slew)
		now_ns = e.worker_ns;
	return now_ns > time_ns ? now_ns - time_ns : 0;
}

/* A hold-back of 0 or little leaves no room for a clock that is being slewed. */
static uint64_t
patience(const struct source *s)
{
	uint64_t hold_back_ns = merge_hold_back_ns(s->context->merge);

	return hold_back_ns > MERGE_HOLD_BACK_NS ? hold_back_ns : MERGE_HOLD_BACK_NS;
}

uint64_t
source_clock_limit(const struct source *s)
{
	struct clock_offset_estimate e;

	source_offset(s, &e);
	if (e.kind != CLOCK_OFFSET_KNOWN)
		return clock_realtime_ns() + SOURCE_CLOCK_TRUST_NS;
	return e.worker_ns + e.bound_ns + patience(s);
}

uint64_t
source_clock_merge_limit(const struct source *s, uint64_t limit_ns)
{
	int64_t applied_ns = s->slew ? clock_slew_applied_ns(s->slew) : 0;

	return limit_ns - (uint64_t)applied_ns;
}

static void
say(const struct source *s, enum log_level level, const struct clock_offset_estimate *e,
    const char *more)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_str(&line, s->target->name);
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
warn(struct source *s, const struct clock_offset_estimate *e)
{
	struct source_clock *c = s->clock;
	enum clock_offset_warning w =
	    clock_offset_judge(e, merge_hold_back_ns(s->context->merge));

	if (w == CLOCK_OFFSET_FINE || s->slew ||
	    (w <= c->warned && e->n_steps == c->warned_steps))
		return;
	c->warned = w;
	c->warned_steps = e->n_steps;
	say(s, LOG_WARNING, e,
	    w == CLOCK_OFFSET_MISORDERS
		? ": more than the hold-back, its packets come out of order: set its "
		  "clock (NTP), or give --align-clocks"
		: ": its packets stand in the wrong place among the others': set its "
		  "clock (NTP), or give --align-clocks");
}

void
source_clock_look(struct source *s)
{
	struct source_clock *c = s->clock;
	struct clock_offset_estimate e;

	c->seen_ns = clock_boottime_ns();
	source_clock_read_reference(s->context);
	source_offset(s, &e);
	if (s->slew && e.kind == CLOCK_OFFSET_KNOWN) {
		struct clock_offset_estimate fixed;

		estimate(s, &s->context->first_reference, &fixed);
		clock_slew_follow(s->slew, &fixed);
	}
	if (is_news(&c->told, &e)) {
		c->told = e;
		say(s, LOG_DEBUG, &e, s->slew ? ", corrected" : "");
	}
	warn(s, &e);
}

void
source_clock_note_request(struct source *s)
{
	struct clock_offset_estimate e;

	if (!s->clock)
		return;
	s->clock->asked_ns = clock_boottime_ns();
	if (!s->slew)
		return;
	source_clock_look(s); /* part of a burst is enough */
	source_offset(s, &e);
	if (e.kind != CLOCK_OFFSET_KNOWN && s->context->has_probes)
		say(s, LOG_WARNING, &e,
		    ": its times are not corrected until more is known");
}

void
source_clock_stamp(struct source *s, uint64_t time_ns, uint64_t margin_ns)
{
	struct source_clock *c = s->clock;
	uint64_t now_ns;
	uint64_t pause_ns;
	bool is_step;

	if (!c || (c->offset.n_exchanges > 0 && !c->is_refused))
		return;
	now_ns = clock_boottime_ns();
	is_step = clock_offset_stamp(&c->offset, margin_ns > 0 ? c->asked_ns : 0, time_ns,
				     margin_ns, now_ns) == CLOCK_OFFSET_STEP;
	pause_ns = c->told.kind == CLOCK_OFFSET_UNKNOWN ? STAMPS_FIRST_NS
							: CLOCK_OFFSET_PERIOD_NS;
	if (is_step || now_ns - c->seen_ns >= pause_ns)
		source_clock_look(s);
}
