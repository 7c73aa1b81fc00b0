/* What people read on stderr about all targets together. */
#include "cli/report/messages.h"

#include <string.h>

#include "cli/report/roster.h"
#include "sys/clock.h"
#include "sys/log.h"

#define ROSTER_PERIOD_NS    1000000000u /* it is said at most so often */
#define HOLD_BACK_PERIOD_NS 1000000000u
#define HOLD_BACK_PART	    8 /* a change by less than this part is none */

/* At first, one that has ended already counts as well: it did capture. */
static bool
is_capturing(const struct messages *m, const struct view *v)
{
	return v->state == VIEW_CAPTURING ||
	       (!m->has_roster && v->state == VIEW_ENDED && v->has_answered);
}

/* Of one that is still tried. */
static const char *
trying_state(const struct view *v)
{
	if (v->state == VIEW_ENDED || v->state == VIEW_FAILED)
		return NULL;
	return v->has_answered ? "lost" : "not reached yet";
}

static void
put_roster(const struct messages *m, const struct views *views, struct text *line)
{
	uint32_t n = 0;
	struct roster r;
	struct view v;

	for (uint32_t i = 0; i < views->n; i++) {
		views->at(views->of, i, &v);
		n += is_capturing(m, &v);
	}
	roster_begin(&r, line, n, views->n);
	for (uint32_t i = 0; i < views->n; i++) {
		views->at(views->of, i, &v);
		if (!is_capturing(m, &v))
			roster_add(&r, v.name, trying_state(&v),
				   v.state == VIEW_ENDED ? "ended" : v.reason);
	}
	roster_end(&r);
}

/* What was said last is not said again. */
static void
say_roster(struct messages *m, const struct views *views)
{
	char mem[sizeof(m->roster)];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	put_roster(m, views, &line);
	text_cstr(&line);
	if (strcmp(mem, m->roster) == 0)
		return;
	memcpy(m->roster, mem, line.n + 1);
	log_text(LOG_INFO, &line);
}

uint64_t
messages_roster_due(const struct messages *m)
{
	return m->has_roster ? m->roster_ns + ROSTER_PERIOD_NS : 0;
}

/* When all are over, the summary says it. */
bool
messages_tell_roster(struct messages *m, const struct views *views, uint64_t now_ns)
{
	bool has_network = false;
	bool has_ended = false;
	bool is_over = true;

	for (uint32_t i = 0; i < views->n; i++) {
		struct view v;

		views->at(views->of, i, &v);
		has_network |= v.is_network;
		has_ended |= v.state == VIEW_ENDED;
		is_over &= v.state == VIEW_ENDED || v.state == VIEW_FAILED;
	}
	if (has_network && (!m->has_roster || !is_over))
		say_roster(m, views);
	has_ended &= !m->has_roster;
	m->has_roster = true;
	m->roster_ns = now_ns;
	return has_ended;
}

static void
put_ms(struct text *t, const char *before, uint64_t ns)
{
	text_str(t, before);
	text_u64(t, ns / 1000000);
	text_str(t, " ms");
}

void
messages_tell_hold_back(struct messages *m, uint64_t new_ns, const char *slowest,
			uint64_t now_ns)
{
	uint64_t old_ns = m->hold_back_ns;
	uint64_t change_ns = new_ns > old_ns ? new_ns - old_ns : old_ns - new_ns;
	char mem[LOG_LINE_MAX];
	struct text line;

	if (change_ns <= old_ns / HOLD_BACK_PART ||
	    now_ns - m->hold_back_told_ns < HOLD_BACK_PERIOD_NS)
		return;
	m->hold_back_ns = new_ns;
	m->hold_back_told_ns = now_ns;
	text_init(&line, mem, sizeof(mem));
	put_ms(&line, "hold-back from ", old_ns);
	put_ms(&line, " to ", new_ns);
	if (slowest) {
		text_str(&line, ": ");
		text_str(&line, slowest);
		text_str(&line, " delivers in bursts");
	}
	log_text(LOG_DEBUG, &line);
}

void
messages_tell_ahead(const char *name, bool is_file, uint64_t time_ns)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_str(&line, name);
	text_str(&line, ": a packet has the time ");
	clock_put_utc(&line, time_ns);
	text_str(&line, is_file
			    ? ", more than a day ahead of those before it"
			    : ", ahead of now by more than its clock is known to be off");
	text_str(&line, ": packets like this one are counted as ahead");
	log_text(LOG_WARNING, &line);
}

static void
tell_target(const struct view *v)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_str(&line, v->name);
	text_str(&line, ": ");
	summary_put(&line, &v->counts);
	if (v->has_clock) {
		text_str(&line, ", ");
		clock_offset_text(&line, &v->offset);
	}
	if (v->is_corrected && v->offset.kind == CLOCK_OFFSET_KNOWN)
		text_str(&line, ", corrected");
	if (v->is_unverified)
		text_str(&line, ", end cannot be verified");
	if (v->state == VIEW_FAILED)
		text_str(&line, ", failed");
	log_text(LOG_INFO, &line);
}

void
messages_tell_summary(const struct views *views)
{
	struct summary_counts total = {.is_exact = true, .is_file = true};
	char mem[LOG_LINE_MAX];
	struct text line;

	for (uint32_t i = 0; i < views->n; i++) {
		struct view v;

		views->at(views->of, i, &v);
		summary_add(&total, &v.counts);
		tell_target(&v);
	}
	text_init(&line, mem, sizeof(mem));
	text_str(&line, "total: ");
	summary_put(&line, &total);
	log_text(LOG_INFO, &line);
}
