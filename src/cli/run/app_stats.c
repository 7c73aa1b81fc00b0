/* --stats-json: the summary for scripts, in a file. */
#include "cli/run/app_state.h"

#include <string.h>

#include "cli/report/stats_json.h"
#include "sys/clock.h"
#include "sys/log.h"

static enum app_status
fail(const struct app *a, int error)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_escape(&line, span_str(a->options->stats_path));
	text_str(&line, ": --stats-json: ");
	text_str(&line, strerror(-error));
	text_str(&line, ": choose a place that has room and that you may write to");
	log_text(LOG_ERROR, &line);
	return APP_FAILED;
}

enum app_status
app_stats_open(struct app *a)
{
	const char *path = a->options->stats_path;
	int rc = path ? whole_file_open(&a->stats, path) : 0;

	a->begin_ns = clock_realtime_ns();
	return rc < 0 ? fail(a, rc) : APP_OK;
}

static const char *
state_name(const struct source *s)
{
	if (s->state == SOURCE_BODY)
		return "capturing";
	if (source_is_over(s))
		return s->state == SOURCE_FAILED ? "failed" : "ended";
	return s->has_answered ? "lost" : "connecting";
}

static int
write_text(struct app *a, struct text *t)
{
	int rc = whole_file_write(&a->stats, t->p, t->n);

	t->n = 0;
	return rc;
}

static void
put_head(const struct app *a, struct text *t, enum app_status status)
{
	struct stats_json_run run = {.version = DDUMP_VERSION,
				     .exit_status = status,
				     .hold_back_ns = merge_hold_back_ns(a->merge)};
	char start[64];
	char end[64];
	struct text times[2];

	text_init(&times[0], start, sizeof(start));
	text_init(&times[1], end, sizeof(end));
	clock_put_utc(&times[0], a->begin_ns);
	clock_put_utc(&times[1], clock_realtime_ns());
	run.start = text_cstr(&times[0]);
	run.end = text_cstr(&times[1]);
	stats_json_put_head(t, &run);
}

static void
put_source(const struct source *s, struct text *t, struct summary_counts *total)
{
	struct stats_json_target target = {.name = s->target->name,
					   .state = state_name(s),
					   .is_unverified = s->is_unverified};
	struct clock_offset_estimate e;

	source_offset(s, &e);
	target.has_offset = e.kind == CLOCK_OFFSET_KNOWN;
	target.offset_ns = e.offset_ns;
	target.bound_ns = e.bound_ns;
	if (s->reason[0] != '\0' && s->state != SOURCE_BODY && s->state != SOURCE_ENDED)
		target.reason = s->reason;
	source_count(s, &target.counts);
	summary_add(total, &target.counts);
	stats_json_put_target(t, s->id, &target);
}

static int
write_all(struct app *a, enum app_status status)
{
	struct summary_counts total = {.is_exact = true};
	char mem[STATS_JSON_PART_MAX];
	struct text t;
	int rc;

	text_init(&t, mem, sizeof(mem));
	put_head(a, &t, status);
	rc = write_text(a, &t);
	for (uint32_t i = 0; rc == 0 && i < a->n; i++) {
		put_source(&a->sources[i], &t, &total);
		rc = write_text(a, &t);
	}
	stats_json_put_tail(&t, a->n, &total);
	return rc == 0 ? write_text(a, &t) : rc;
}

/* A run that never began leaves the file as it was. */
enum app_status
app_stats_close(struct app *a, enum app_status status)
{
	bool has_run = a->sources && a->sources[0].context;
	int rc;
	int closed;

	if (!a->stats.path)
		return status;
	rc = has_run ? write_all(a, status) : 0;
	closed = whole_file_close(&a->stats, has_run && rc == 0);
	rc = rc < 0 ? rc : closed;
	return rc < 0 ? fail(a, rc) : status;
}
