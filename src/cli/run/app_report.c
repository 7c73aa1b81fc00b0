/* What people read on stderr about all targets together. */
#include "cli/run/app_state.h"

#include <string.h>

#include "cli/report/roster.h"
#include "cli/source/clock.h"
#include "sys/clock.h"
#include "sys/log.h"

#define ROSTER_PERIOD_NS    1000000000u /* it is said at most so often */
#define HOLD_BACK_PERIOD_NS 1000000000u
#define HOLD_BACK_PART	    8 /* a change by less than this part is none */

/* At first, one that has ended already counts as well: it did capture. */
static bool
is_capturing(const struct app *a, const struct source *s)
{
	return s->state == SOURCE_BODY ||
	       (!a->has_roster && s->state == SOURCE_ENDED && s->has_answered);
}

static void
put_roster(const struct app *a, struct text *line)
{
	uint32_t n = 0;
	struct roster r;

	for (uint32_t i = 0; i < a->n; i++)
		n += is_capturing(a, &a->sources[i]);
	roster_begin(&r, line, n, a->n);
	for (uint32_t i = 0; i < a->n; i++) {
		const struct source *s = &a->sources[i];

		if (!is_capturing(a, s))
			roster_add(&r, s->target->name, !source_is_over(s),
				   s->state == SOURCE_ENDED ? "ended" : s->reason);
	}
	roster_end(&r);
}

static bool
has_network(const struct app *a)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (a->targets[i].kind == TARGET_NETWORK)
			return true;
	return false;
}

/* What was said last is not said again. */
static void
say_roster(struct app *a)
{
	char mem[sizeof(a->roster)];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	put_roster(a, &line);
	text_cstr(&line);
	if (strcmp(mem, a->roster) == 0)
		return;
	memcpy(a->roster, mem, line.n + 1);
	log_text(LOG_INFO, &line);
}

uint64_t
app_report_deadline(const struct app *a)
{
	if (!a->is_ready || a->phase != APP_RUNNING || !a->has_roster_changed)
		return LOOP_NEVER;
	return a->has_roster ? a->roster_ns + ROSTER_PERIOD_NS : 0;
}

/* When all are over, the summary says it. */
void
app_report_changes(struct app *a, uint64_t now_ns)
{
	if (now_ns < app_report_deadline(a))
		return;
	a->has_roster_changed = false;
	if (has_network(a) && (!a->has_roster || a->n_over < a->n))
		say_roster(a);
	for (uint32_t i = 0; !a->has_roster && i < a->n; i++)
		a->has_roster_changed |= a->sources[i].state == SOURCE_ENDED;
	a->has_roster = true;
	a->roster_ns = now_ns;
}

static void
put_ms(struct text *t, const char *before, uint64_t ns)
{
	text_str(t, before);
	text_u64(t, ns / 1000000);
	text_str(t, " ms");
}

void
app_report_hold_back(struct app *a, uint64_t now_ns)
{
	uint64_t new_ns = merge_hold_back_ns(a->merge);
	uint64_t old_ns = a->hold_back_ns;
	uint64_t change_ns = new_ns > old_ns ? new_ns - old_ns : old_ns - new_ns;
	uint32_t slowest = merge_slowest(a->merge);
	char mem[LOG_LINE_MAX];
	struct text line;

	if (change_ns <= old_ns / HOLD_BACK_PART ||
	    now_ns - a->hold_back_told_ns < HOLD_BACK_PERIOD_NS)
		return;
	a->hold_back_ns = new_ns;
	a->hold_back_told_ns = now_ns;
	text_init(&line, mem, sizeof(mem));
	put_ms(&line, "hold-back from ", old_ns);
	put_ms(&line, " to ", new_ns);
	if (slowest != UINT32_MAX) {
		text_str(&line, ": ");
		text_str(&line, a->targets[slowest].name);
		text_str(&line, " delivers in bursts");
	}
	log_text(LOG_DEBUG, &line);
}

void
app_report_lag(struct app *a, uint64_t now_ns)
{
	uint64_t merge_ns = source_merge_ns(&a->context, now_ns);

	if (now_ns - a->lag_looked_ns < LAG_LOOK_NS)
		return;
	a->lag_looked_ns = now_ns;
	for (uint32_t i = 0; i < a->n; i++) {
		struct source *s = &a->sources[i];
		struct lag_view view = {.lag_ns = merge_lag_ns(a->merge, i),
					.hold_back_ns = merge_hold_back_ns(a->merge)};
		char mem[LOG_LINE_MAX];
		struct text line;

		view.lumps = merge_lumps(a->merge, i, merge_ns, &view.gap_ns);
		text_init(&line, mem, sizeof(mem));
		text_str(&line, s->target->name);
		text_str(&line, ": ");
		if (s->state == SOURCE_BODY && s->reader.is_ddump &&
		    lag_look(&s->lag, now_ns, &view, &line))
			log_text(LOG_WARNING, &line);
	}
}

void
app_report_ahead(struct app *a, const struct merge_out *out)
{
	struct source *s = &a->sources[out->source];
	char mem[LOG_LINE_MAX];
	struct text line;

	if (s->has_told_ahead)
		return;
	s->has_told_ahead = true;
	text_init(&line, mem, sizeof(mem));
	text_str(&line, s->target->name);
	text_str(&line, ": a packet has the time ");
	clock_put_utc(&line, out->record.time_ns);
	text_str(&line, s->is_file
			    ? ", more than a day ahead of those before it"
			    : ", ahead of now by more than its clock is known to be off");
	text_str(&line, ": packets like this one are counted as ahead");
	log_text(LOG_WARNING, &line);
}

static void
report_source(const struct source *s, const struct summary_counts *counts)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_str(&line, s->target->name);
	text_str(&line, ": ");
	summary_put(&line, counts);
	source_clock_put(&line, s);
	if (s->is_unverified)
		text_str(&line, ", end cannot be verified");
	if (s->state == SOURCE_FAILED)
		text_str(&line, ", failed");
	log_text(LOG_INFO, &line);
}

void
app_report_summary(const struct app *a)
{
	struct summary_counts total = {.is_exact = true};
	char mem[LOG_LINE_MAX];
	struct text line;

	for (uint32_t i = 0; i < a->n; i++) {
		struct summary_counts counts;

		source_count(&a->sources[i], &counts);
		summary_add(&total, &counts);
		report_source(&a->sources[i], &counts);
	}
	text_init(&line, mem, sizeof(mem));
	text_str(&line, "total: ");
	summary_put(&line, &total);
	log_text(LOG_INFO, &line);
	log_line(LOG_DEBUG, "hold-back %llu ms, %llu KiB of buffers at the end",
		 (unsigned long long)(merge_hold_back_ns(a->merge) / 1000000),
		 (unsigned long long)(merge_memory(a->merge) / 1024));
}
