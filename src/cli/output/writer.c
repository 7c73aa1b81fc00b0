/* Files in a row: when one ends, when the next begins, and what became of a write. */
#include "cli/output/writer.h"

#include <errno.h>
#include <string.h>

#include "sys/clock.h"
#include "sys/loop.h"

#define SECOND_NS 1000000000u

static bool
is_rotating(const struct writer *w)
{
	return w->options->rotate_bytes > 0 || w->options->rotate_ns > 0;
}

/* NULL: standard output. */
static const char *
path_of(const struct writer *w)
{
	return is_rotating(w) ? w->path : w->options->write_path;
}

bool
writer_is_file(const struct writer *w, const char *path)
{
	return sink_is_same_file(path_of(w), path);
}

static void
fail(struct writer *w, const char *what, int error)
{
	if (writer_is_over(w))
		return;
	w->state = error == -EPIPE ? WRITER_GONE : WRITER_FAILED;
	w->failed = what;
	w->error = error;
}

void
writer_put_name(const struct writer *w, struct text *line)
{
	const char *path = path_of(w);

	text_escape(line, span_str(path ? path : "standard output"));
}

void
writer_put_where(const struct writer *w, struct text *line)
{
	if (w->rotation.number > 1) {
		text_u64(line, w->rotation.number);
		text_str(line, " files, the last one is ");
	}
	writer_put_name(w, line);
}

void
writer_put_failure(const struct writer *w, struct text *line)
{
	bool is_write = strcmp(w->failed, "write: ") == 0;

	writer_put_name(w, line);
	text_str(line, ": ");
	text_str(line, w->failed);
	text_str(line, strerror(-w->error));
	if (w->is_whole)
		text_str(line, ": it is whole up to its last packet");
	if (!is_write)
		text_str(line, "; choose a place that has room and that you may write "
			       "to");
	else if (w->error == -ENOSPC || w->error == -EDQUOT || w->error == -EFBIG)
		text_str(line, "; choose a place that has room");
}

/* 0 or -errno. */
static int
open_next(struct writer *w)
{
	uint64_t unix_s = clock_realtime_ns() / SECOND_NS;
	struct text name;
	int rc;

	text_init(&name, w->path, sizeof(w->path));
	rotation_next(&w->rotation, unix_s, &name);
	text_cstr(&name);
	if (name.is_cut)
		return -ENAMETOOLONG;
	rc = sink_open(&w->sink, w->path);
	if (rc < 0)
		return rc;
	w->is_between = false;
	w->file_bytes = 0;
	if (w->options->rotate_ns > 0)
		w->file_end_ns = clock_monotonic_ns() + w->options->rotate_ns;
	return 0;
}

enum writer_result
writer_open(struct writer *w, const struct options *options)
{
	int rc;

	w->options = options;
	w->state = WRITER_OK;
	w->sink.fd = -1;
	w->file_end_ns = LOOP_NEVER;
	w->left = options->count > 0 ? options->count : UINT64_MAX;
	if (!is_rotating(w))
		rc = sink_open(&w->sink, options->write_path);
	else if (!rotation_init(&w->rotation, options->write_path,
				(uint32_t)options->rotate_keep))
		rc = -ENOMEM;
	else
		rc = open_next(w);
	if (rc < 0)
		fail(w, "", rc);
	return w->state;
}

void
writer_fini(struct writer *w)
{
	rotation_fini(&w->rotation);
}

enum writer_result
writer_close(struct writer *w)
{
	int rc = sink_close(&w->sink);

	if (rc < 0)
		fail(w, "close: ", rc);
	return w->state;
}

/* A file that can take no more keeps whole records only. */
static void
write_some(struct writer *w, struct span s)
{
	long n = sink_write(&w->sink, s.p, s.n);
	size_t torn;

	if (n > 0) {
		w->file_bytes += (size_t)n;
		w->all_bytes += (size_t)n;
		output_written(&w->output, (size_t)n);
	} else if (n == 0 && sink_is_watchable(&w->sink)) {
		w->state = WRITER_FULL;
	} else if (n < 0) {
		fail(w, "write: ", (int)n);
		output_torn(&w->output, &torn);
		w->is_whole =
		    w->state == WRITER_FAILED && sink_take_back(&w->sink, torn) == 0;
		w->all_bytes -= w->is_whole ? torn : 0;
	}
}

enum writer_result
writer_flush(struct writer *w)
{
	struct span waiting = output_waiting(&w->output);

	while (waiting.n > 0 && w->state == WRITER_OK) {
		write_some(w, waiting);
		waiting = output_waiting(&w->output);
	}
	return w->state;
}

void
writer_resume(struct writer *w)
{
	if (w->state == WRITER_FULL)
		w->state = WRITER_OK;
}

enum writer_result
writer_end_reader(struct writer *w)
{
	fail(w, "write: ", -EPIPE);
	return w->state;
}

enum writer_result
writer_finish_begun(struct writer *w)
{
	uint64_t end_ns = clock_monotonic_ns() + WRITER_FINISH_NS;
	struct span rest = output_begun(&w->output);

	while (rest.n > 0 && !writer_is_over(w) && clock_monotonic_ns() < end_ns) {
		if (w->state == WRITER_FULL)
			sink_wait(&w->sink, (int)(WRITER_FINISH_NS / 1000000));
		writer_resume(w);
		write_some(w, rest);
		rest = output_begun(&w->output);
	}
	return writer_end_reader(w);
}

enum writer_result
writer_describe(struct writer *w)
{
	do {
		output_describe(&w->output);
		writer_flush(w);
	} while (!output_is_ready(&w->output) && w->state == WRITER_OK);
	return w->state;
}

enum writer_result
writer_put_tail(struct writer *w)
{
	bool is_all = w->is_between;

	while (!is_all && writer_describe(w) == WRITER_OK) {
		is_all = output_put_tail(&w->output);
		writer_flush(w);
	}
	return w->state;
}

static enum writer_result
complete(struct writer *w)
{
	if (writer_put_tail(w) != WRITER_OK)
		return w->state;
	w->is_between = true;
	w->file_end_ns = LOOP_NEVER;
	return writer_close(w);
}

enum writer_result
writer_expire(struct writer *w, uint64_t now_ns)
{
	if (w->output.interfaces->linktype != INTERFACES_OPEN)
		return complete(w);
	w->file_end_ns = now_ns + w->options->rotate_ns; /* nothing is in it */
	return w->state;
}

/* 0 or -errno. */
static int
remove_oldest(const struct writer *w)
{
	char mem[WRITER_PATH_MAX];
	struct text name;

	text_init(&name, mem, sizeof(mem));
	return rotation_oldest(&w->rotation, &name) ? sink_remove(text_cstr(&name)) : 0;
}

enum writer_result
writer_turn(struct writer *w)
{
	int rc;

	w->kept_error = 0;
	if (!w->is_between && complete(w) != WRITER_OK)
		return w->state;
	rc = open_next(w);
	if (rc < 0) {
		fail(w, "", rc);
		return w->state;
	}
	w->kept_error = remove_oldest(w);
	output_put_head(&w->output);
	return w->state;
}

enum writer_result
writer_put_record(struct writer *w, const struct savefile_record *record, uint32_t index,
		  const uint8_t *data)
{
	output_put_record(&w->output, record, index, data);
	if (output_waiting(&w->output).n >= OUTPUT_FLUSH)
		writer_flush(w);
	return --w->left == 0 && !writer_is_over(w) ? WRITER_LAST : w->state;
}
