/* Lines for people on stderr. It never blocks a caller on a slow reader for long: a line
 * is one write, and what cannot be written soon is gone. */
#include "sys/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "sys/clock.h"

/* A terminal that another process writes to takes nothing at that moment. Once a line was
 * lost, none is waited with until the reader takes lines again. */
#define PATIENCE_MS 100

static const char *log_name = "ddump";
static enum log_level log_level = LOG_INFO;
static enum log_format log_shape = LOG_PLAIN;
static void (*log_before)(void *context);
static void *log_before_context;

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
log_set_before(void (*before)(void *context), void *context)
{
	log_before = before;
	log_before_context = context;
}

void
log_set_format(enum log_format format)
{
	log_shape = format;
}

bool
log_is_json(void)
{
	return log_shape == LOG_JSON;
}

static const char *
level_name(enum log_level level)
{
	switch (level) {
	case LOG_ERROR:
		return "error";
	case LOG_WARNING:
		return "warning";
	case LOG_INFO:
		return "info";
	case LOG_DEBUG:
		return "debug";
	}
	return "info";
}

static void
put_json(struct text *out, enum log_level level, struct span message)
{
	text_str(out, "{\"time\":\"");
	clock_put_utc(out, clock_realtime_ns());
	text_str(out, "\",\"level\":\"");
	text_str(out, level_name(level));
	text_str(out, "\",\"message\":");
	text_json(out, message);
	text_str(out, "}");
}

static void
put_plain(struct text *out, enum log_level level, struct span message)
{
	if (log_shape == LOG_TIMED) {
		clock_put_utc(out, clock_realtime_ns());
		text_char(out, ' ');
	}
	text_str(out, log_name);
	text_str(out, level == LOG_WARNING ? ": warning: " : ": ");
	if (message.n > LOG_LINE_MAX - 80)
		message.n = LOG_LINE_MAX - 80;
	text_put(out, message);
}

/*
 * One write of at most PIPE_BUF bytes: it does not mix with other processes' lines, and a
 * pipe that is writable takes it without waiting. A pipe that nobody empties costs lines,
 * not the program.
 */
static void
write_line(char *line, size_t n)
{
	static unsigned n_lost;
	struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
	char told[64];
	int size;

	if (log_before)
		log_before(log_before_context);
	if (poll(&p, 1, n_lost == 0 ? PATIENCE_MS : 0) != 1) {
		n_lost++;
		return;
	}
	line[n] = '\n';
	if (write(STDERR_FILENO, line, n + 1) < 0 || n_lost == 0)
		return;
	size = snprintf(told, sizeof(told), "%s: %u log lines were lost\n", log_name,
			n_lost);
	n_lost = 0;
	if (write(STDERR_FILENO, told, (size_t)size) < 0)
		return;
}

void
log_text(enum log_level level, struct text *t)
{
	char line[LOG_EVENT_MAX];
	struct text out;

	if (!log_is_on(level))
		return;
	text_init(&out, line, sizeof(line) - 1);
	if (log_is_json())
		put_json(&out, level, text_span(t));
	else
		put_plain(&out, level, text_span(t));
	write_line(line, out.n);
}

void
log_event(struct text *t)
{
	char line[LOG_EVENT_MAX];
	struct text out;

	if (!log_is_json()) {
		log_text(LOG_INFO, t);
		return;
	}
	text_init(&out, line, sizeof(line) - 1);
	text_put(&out, text_span(t));
	if (log_is_on(LOG_INFO))
		write_line(line, out.n);
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
