/* --stats-json: the summary for scripts, in a file that is there whole or not at all. */
#include "cli/report/stats_file.h"

#include "cli/report/stats_json.h"
#include "sys/clock.h"

int
stats_file_open(struct stats_file *f, const char *path)
{
	f->begin_ns = clock_realtime_ns();
	return path ? whole_file_open(&f->file, path) : 0;
}

static int
write_text(struct stats_file *f, struct text *t)
{
	int rc = whole_file_write(&f->file, t->p, t->n);

	t->n = 0;
	return rc;
}

static void
put_head(const struct stats_file *f, struct text *t, unsigned status,
	 uint64_t hold_back_ns)
{
	struct stats_json_run run = {.version = DDUMP_VERSION,
				     .exit_status = status,
				     .hold_back_ns = hold_back_ns};
	char start[64];
	char end[64];
	struct text times[2];

	text_init(&times[0], start, sizeof(start));
	text_init(&times[1], end, sizeof(end));
	clock_put_utc(&times[0], f->begin_ns);
	clock_put_utc(&times[1], clock_realtime_ns());
	run.start = text_cstr(&times[0]);
	run.end = text_cstr(&times[1]);
	stats_json_put_head(t, &run);
}

static void
put_target(const struct view *v, uint32_t i, struct text *t)
{
	static const char *const states[] = {[VIEW_CONNECTING] = "connecting",
					     [VIEW_CAPTURING] = "capturing",
					     [VIEW_LOST] = "lost",
					     [VIEW_ENDED] = "ended",
					     [VIEW_FAILED] = "failed"};
	bool has_reason = v->reason[0] != '\0' && v->state != VIEW_CAPTURING &&
			  (v->state != VIEW_ENDED || v->is_limited);
	struct stats_json_target target = {.name = v->name,
					   .state = states[v->state],
					   .reason = has_reason ? v->reason : NULL,
					   .has_offset =
					       v->offset.kind == CLOCK_OFFSET_KNOWN,
					   .offset_ns = v->offset.offset_ns,
					   .bound_ns = v->offset.bound_ns,
					   .is_unverified = v->is_unverified,
					   .counts = v->counts};

	stats_json_put_target(t, i, &target);
}

static int
write_all(struct stats_file *f, const struct views *views, unsigned status,
	  uint64_t hold_back_ns)
{
	struct summary_counts total = {.is_exact = true};
	char mem[STATS_JSON_PART_MAX];
	struct text t;
	int rc;

	text_init(&t, mem, sizeof(mem));
	put_head(f, &t, status, hold_back_ns);
	rc = write_text(f, &t);
	for (uint32_t i = 0; rc == 0 && i < views->n; i++) {
		struct view v;

		views->at(views->of, i, &v);
		summary_add(&total, &v.counts);
		put_target(&v, i, &t);
		rc = write_text(f, &t);
	}
	stats_json_put_tail(&t, views->n, &total);
	return rc == 0 ? write_text(f, &t) : rc;
}

int
stats_file_close(struct stats_file *f, const struct views *views, unsigned status,
		 uint64_t hold_back_ns)
{
	int rc;
	int closed;

	if (!f->file.path)
		return 0;
	rc = views ? write_all(f, views, status, hold_back_ns) : 0;
	closed = whole_file_close(&f->file, views && rc == 0);
	return rc < 0 ? rc : closed;
}
