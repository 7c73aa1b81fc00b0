/* Lines for people on stderr. It never blocks a caller on a slow reader for long: a line
 * is one write, and what cannot be written is gone. */
#include "sys/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *log_name = "ddump";
static enum log_level log_level = LOG_INFO;

void
log_init(const char *name, enum log_level level)
{
	log_name = name;
	log_level = level;
}

bool
log_is_on(enum log_level level)
{
	return level <= log_level;
}

void
log_text(enum log_level level, struct text *t)
{
	char line[LOG_LINE_MAX];
	struct text out;

	if (!log_is_on(level))
		return;
	text_init(&out, line, sizeof(line) - 1);
	text_str(&out, log_name);
	text_str(&out, level == LOG_WARNING ? ": warning: " : ": ");
	text_put(&out,
		 span_of(t->p, t->n < sizeof(line) - 64 ? t->n : sizeof(line) - 64));
	line[out.n] = '\n';
	if (write(STDERR_FILENO, line, out.n + 1) < 0)
		return;
}

void
log_line(enum log_level level, const char *format, ...)
{
	char line[LOG_LINE_MAX];
	struct text t;
	va_list ap;

	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	text_init(&t, line, sizeof(line));
	t.n = strlen(line);
	log_text(level, &t);
}
