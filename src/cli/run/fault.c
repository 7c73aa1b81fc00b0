/* How a run that cannot be, or whose output failed, says so. */
#include "cli/run/fault.h"

#include <string.h>

#include "sys/log.h"

void
fault_say(struct span subject, const char *what)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_escape(&line, subject);
	text_str(&line, ": ");
	text_str(&line, what);
	log_text(LOG_ERROR, &line);
}

enum app_status
fault_errno(const char *subject, int error)
{
	fault_say(span_str(subject), strerror(-error));
	return APP_FAILED;
}

void
fault_writer(const struct writer *w)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	writer_put_failure(w, &line);
	log_text(LOG_ERROR, &line);
}

enum app_status
fault_stats(const char *path, int error)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_escape(&line, span_str(path));
	text_str(&line, ": --stats-json: ");
	text_str(&line, strerror(-error));
	text_str(&line, "; choose a place that has room and that you may write to");
	log_text(LOG_ERROR, &line);
	return APP_FAILED;
}

enum app_status
fault_verdict(const struct options *o, const struct fleet *f, bool has_failed)
{
	bool has_end = o->duration_ns > 0 || o->count > 0;
	uint32_t n_started = 0;
	uint32_t n_failed = 0;
	uint32_t n_short = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		n_started += source_has_started(&f->sources[i]);
		n_failed += source_has_failed(&f->sources[i]);
		n_short += has_end && f->sources[i].is_limited;
	}
	if (has_failed || (n_started == 0 && n_failed == f->n))
		return APP_FAILED;
	if (o->requires_all && f->n_refused > 0)
		return APP_FAILED;
	return n_failed + n_short > 0 ? APP_PARTIAL : APP_OK;
}
