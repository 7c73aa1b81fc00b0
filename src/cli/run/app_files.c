/* The file that is written, or the row of files, one after the other. */
#include "cli/run/app_state.h"

#include <errno.h>
#include <string.h>

#include "sys/clock.h"
#include "sys/log.h"

#define SECOND_NS 1000000000u

static bool
is_rotating(const struct app *a)
{
	return a->options->rotate_bytes > 0 || a->options->rotate_ns > 0;
}

struct span
app_files_name(const struct app *a)
{
	const char *path = is_rotating(a) ? a->path : a->options->write_path;

	return span_str(path ? path : "standard output");
}

static void
fail(struct app *a, const char *what, const char *why)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_escape(&line, app_files_name(a));
	text_str(&line, what);
	text_str(&line, why);
	text_str(&line, ": choose a place that has room and that you may write to");
	log_text(LOG_ERROR, &line);
	a->has_output_failed = true;
}

/* 0 or -errno. */
static int
open_next(struct app *a)
{
	uint64_t unix_s = clock_realtime_ns() / SECOND_NS;
	struct text name;
	int rc;

	text_init(&name, a->path, sizeof(a->path));
	rotation_next(&a->rotation, unix_s, &name);
	text_cstr(&name);
	if (name.is_cut)
		return -ENAMETOOLONG;
	rc = sink_open(&a->sink, a->path);
	if (rc < 0)
		return rc;
	a->is_between = false;
	a->file_bytes = 0;
	if (a->options->rotate_ns > 0)
		a->file_end_ns = clock_monotonic_ns() + a->options->rotate_ns;
	return 0;
}

static void
remove_oldest(struct app *a)
{
	char mem[APP_PATH_MAX];
	struct text name;
	int rc;

	text_init(&name, mem, sizeof(mem));
	if (!rotation_oldest(&a->rotation, &name))
		return;
	rc = sink_remove(text_cstr(&name));
	if (rc < 0)
		log_line(LOG_WARNING, "--rotate-keep: an old file stays: %s",
			 strerror(-rc));
}

/* Files in a row are new ones. */
static bool
is_written(const struct app *a, const char *path)
{
	const struct options *o = a->options;

	return (!is_rotating(a) && sink_is_same_file(o->write_path, path)) ||
	       (o->stats_path && sink_is_same_file(o->stats_path, path));
}

/* What would be gone before it is read. */
static enum app_status
refuse_sources(const struct app *a)
{
	enum app_status status = APP_OK;

	for (uint32_t i = 0; i < a->n; i++) {
		const struct target *t = &a->targets[i];

		if (t->kind != TARGET_FILE || !is_written(a, t->text))
			continue;
		app_log_error(span_str(t->text),
			      "it would be written, too: choose another file for -w, or "
			      "--stats-json");
		status = APP_USAGE;
	}
	return status;
}

/* However it is written. */
static enum app_status
refuse_stats(const struct app *a)
{
	const char *stats = a->options->stats_path;
	const char *path = is_rotating(a) ? a->path : a->options->write_path;

	if (!stats || !sink_is_same_file(path, stats))
		return APP_OK;
	app_log_error(span_str(stats), "--stats-json names the output");
	return APP_USAGE;
}

enum app_status
app_files_open(struct app *a)
{
	int rc;

	a->file_end_ns = LOOP_NEVER;
	if (refuse_sources(a) != APP_OK)
		return APP_USAGE;
	if (is_rotating(a)) {
		if (!rotation_init(&a->rotation, a->options->write_path,
				   (uint32_t)a->options->rotate_keep))
			rc = -ENOMEM;
		else
			rc = open_next(a);
	} else {
		rc = sink_open(&a->sink, a->options->write_path);
	}
	if (rc < 0) {
		fail(a, ": ", strerror(-rc));
		return APP_FAILED;
	}
	if (!sink_is_terminal(&a->sink))
		return refuse_stats(a);
	log_line(LOG_ERROR, "packets are not written to a terminal: "
			    "add | tcpdump -r -, or -w FILE");
	return APP_USAGE;
}

void
app_files_close(struct app *a)
{
	int rc = sink_close(&a->sink);

	if (rc < 0 && rc != -EPIPE && !a->has_output_failed)
		fail(a, ": close: ", strerror(-rc));
}

/* Completes the present file; false: that failed, and is told. */
static bool
finish(struct app *a)
{
	if (!app_pump_put_tail(a))
		return false;
	app_files_close(a);
	a->is_between = true;
	a->file_end_ns = LOOP_NEVER;
	if (!a->has_output_failed)
		return true;
	app_pump_end(a);
	return false;
}

void
app_files_expire(struct app *a, uint64_t now_ns)
{
	if (a->interfaces.linktype == INTERFACES_OPEN)
		a->file_end_ns = now_ns + a->options->rotate_ns; /* nothing is in it */
	else if (now_ns >= a->file_end_ns)
		finish(a);
}

static bool
is_full(const struct app *a)
{
	uint64_t size = a->options->rotate_bytes;

	return size > 0 && a->file_bytes + output_waiting(&a->output).n >= size;
}

bool
app_files_make_ready(struct app *a)
{
	int rc;

	if (!a->is_between && !is_full(a))
		return true;
	if (!a->is_between && !finish(a))
		return false;
	rc = open_next(a);
	if (rc < 0) {
		fail(a, ": ", strerror(-rc));
		app_pump_end(a);
		return false;
	}
	remove_oldest(a);
	output_put_head(&a->output);
	return app_pump_describe(a);
}
