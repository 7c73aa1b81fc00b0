/* What people read on stderr about all targets together. */
#include "cli/report/messages.h"

#include <string.h>

#include "cli/report/roster.h"
#include "cli/report/table.h"
#include "sys/clock.h"
#include "sys/log.h"

#define ROSTER_PERIOD_NS    1000000000u /* it is said at most so often */
#define HOLD_BACK_PERIOD_NS 1000000000u
#define REASON_MAX	    100
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

/* It has had a line of its own: of a refusal the status is enough. */
static void
put_reason(struct text *t, const char *reason)
{
	struct span s = span_str(reason);
	bool is_status = s.n > 0 && s.p[0] >= '1' && s.p[0] <= '9';
	size_t n = is_status ? span_find(s, ':') : s.n;
	bool is_long = n > REASON_MAX;

	text_put(t, span_take(&s, is_long ? REASON_MAX - 3 : n));
	text_str(t, is_long ? "..." : "");
}

/* False: no room for another reason. */
static bool
add_other(struct news *others, const struct view *v)
{
	const char *state = trying_state(v);
	char mem[REASON_MAX + 32];
	struct text words;

	text_init(&words, mem, sizeof(mem));
	text_str(&words, state ? state : "");
	text_str(&words, state ? ": " : "");
	put_reason(&words, v->state == VIEW_ENDED ? "ended" : v->reason);
	return news_add(others, v->name, text_span(&words), 0);
}

static void
put_roster(const struct messages *m, const struct views *views, struct text *line)
{
	struct news others = {.n = 0};
	uint32_t n_more = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < views->n; i++) {
		struct view v;

		views->at(views->of, i, &v);
		if (is_capturing(m, &v))
			n++;
		else
			n_more += !add_other(&others, &v);
	}
	roster_put(line, n, views->n, &others, n_more);
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

/* Whether one captured, or may still do so. */
static bool
has_captured(const struct views *views)
{
	for (uint32_t i = 0; i < views->n; i++) {
		struct view v;

		views->at(views->of, i, &v);
		if (v.has_answered || v.state != VIEW_FAILED)
			return true;
	}
	return false;
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
	if (has_network && (!is_over || (!m->has_roster && has_captured(views))))
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
tell_lines(struct span rest)
{
	while (rest.n > 0) {
		struct span one = span_split(&rest, '\n');
		char mem[LOG_LINE_MAX];
		struct text line;

		text_init(&line, mem, sizeof(mem));
		text_put(&line, one);
		log_text(LOG_INFO, &line);
	}
}

void
messages_tell_summary(const struct views *views)
{
	char mem[TABLE_BYTES];
	struct text table;

	if (!has_captured(views))
		return;
	text_init(&table, mem, sizeof(mem));
	table_put(&table, views);
	tell_lines(text_span(&table));
}

void
messages_tell_written(const struct views *views, uint64_t n_bytes, struct span where)
{
	uint64_t n = 0;
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	for (uint32_t i = 0; i < views->n; i++) {
		struct view v;

		views->at(views->of, i, &v);
		n += v.counts.written;
	}
	text_str(&line, "wrote ");
	table_put_count(&line, n);
	text_str(&line, n == 1 ? " packet, " : " packets, ");
	table_put_bytes(&line, n_bytes);
	text_str(&line, " to ");
	text_put(&line, where);
	log_text(LOG_INFO, &line);
}

bool
messages_tell_missing(const struct views *views)
{
	struct news missing = {.n = 0};
	char mem[LOG_LINE_MAX];
	struct text line;

	for (uint32_t i = 0; i < views->n; i++) {
		struct view v;

		views->at(views->of, i, &v);
		if (v.state == VIEW_CONNECTING && v.reason[0] == '\0')
			news_add(&missing, v.name, span_str(""), 0);
	}
	if (missing.n == 0)
		return false;
	text_init(&line, mem, sizeof(mem));
	text_str(&line, "waiting for ");
	news_put_names(&missing.groups[0], &line);
	text_str(&line, ": no answer yet");
	log_text(LOG_INFO, &line);
	return true;
}
