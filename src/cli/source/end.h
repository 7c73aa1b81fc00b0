#ifndef CLI_SOURCE_END_H
#define CLI_SOURCE_END_H

#include "cli/source/source.h"

/* How a source ends, is lost, or comes back: for source.c alone. */

/* It is to be settled. */
void source_note_change(struct source *s);

/* A failure for good: logs "NAME: what detail: advice" (advice may be NULL; detail is
 * untrusted) and closes everything. */
void source_fail(struct source *s, const char *what, struct span detail,
		 const char *advice);

/* As source_fail, for what may be better next time: fails only where nothing is to be
 * tried (again): by --retry once it has answered, by --wait before. */
void source_lose(struct source *s, const char *what, struct span detail,
		 const char *advice);

/* It answered: a gap is over, if there was one. */
void source_note_answer(struct source *s);

/* The bytes of its capture ended here. */
void source_end_body(struct source *s);

/* Its connection broke: -errno. */
void source_lose_stream(struct source *s, int error);

/* When the deadline of SOURCE_BODY is over: sets the next, or loses a worker that is
 * gone. Looked at every SOURCE_SILENCE_NS only. */
void source_check_silence(struct source *s);

/* The question about a capture's counts goes on, or its time is over. */
void source_step_tally(struct source *s);
void source_expire_tally(struct source *s);

#endif
