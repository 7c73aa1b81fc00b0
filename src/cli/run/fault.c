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
