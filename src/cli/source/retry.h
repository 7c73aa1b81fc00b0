#ifndef CLI_SOURCE_RETRY_H
#define CLI_SOURCE_RETRY_H

#include "cli/source/source.h"

/*
 * A source that had answered and was lost is connected again: after RETRY_FIRST_NS, then
 * twice as long each time up to RETRY_LAST_NS, with jitter, for --retry in all.
 */
#define RETRY_FIRST_NS 500000000u
#define RETRY_LAST_NS \
	UINT64_C(30000000000)	    /* up for so long: the next loss is a new one */
#define RETRY_STABLE_NS 1000000000u /* up for so long: a renewed key is no trouble */

/* As source_fail, for what may be better next time: fails only where nothing is to be
 * tried (again): by --retry once it has answered, by --wait before. */
void source_lose(struct source *s, const char *what, struct span detail,
		 const char *advice);

/* When the deadline of SOURCE_BODY is over: sets the next, or loses a worker that is gone. */
void source_retry_check_silence(struct source *s);

/* It answered: a gap is over, if there was one. */
void source_retry_note_answer(struct source *s);

#endif
