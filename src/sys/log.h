#ifndef SYS_LOG_H
#define SYS_LOG_H

#include "base/text.h"

/*
 * Messages on stderr, one line and one write each: "ddump-worker: text". Text from
 * outside must come through %-free helpers: callers build lines with a struct text and
 * text_escape, or pass trusted strings here.
 */
#define LOG_LINE_MAX  2048 /* bytes; a longer line is cut */
#define LOG_EVENT_MAX 4096 /* PIPE_BUF: bytes of a line that a pipe takes whole */

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* name is borrowed for ever; what is above level is not written. */
void log_init(const char *name, enum log_level level);
bool log_is_on(enum log_level level);

/* printf-like; arguments must be trusted text (no bytes from clients or servers). */
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Called before each line that is written, to clear the way for it; NULL: nothing. It must
 * not log.
 */
void log_set_before(void (*before)(void *context), void *context);

/*
 * What each line looks like: with the time (UTC) in front, or as a JSON object with
 * time, level and message. Neither at first.
 */
enum log_format { LOG_PLAIN, LOG_TIMED, LOG_JSON };

void log_set_format(enum log_format format);
bool log_is_json(void);

/* An audit line: level LOG_INFO; in LOG_JSON t is an object, written as it is. */
void log_event(struct text *t);

/* A line that was built with escapes. */
void log_text(enum log_level level, struct text *t);

#endif
