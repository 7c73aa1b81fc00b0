#ifndef CLI_SOURCE_WORDS_H
#define CLI_SOURCE_WORDS_H

#include "cli/target/target.h"

/* What is said of a target's answers. Pure. */

/* What to do about a refusal of this status; NULL: nothing is known. */
const char *words_advice(const struct target *t, const struct options *o,
			 unsigned status);

/* Which of ddump's options is meant by what a worker says of its parameters; NULL: none. */
const char *words_option(const struct options *o, struct span words);

/* A heartbeat's comment "loop: FLOW is left out": the worker keeps a flow out of its
 * capture, or lets it in again. Appends that; false: it says something else. */
bool words_left_out(struct text *line, struct span comment);

#endif
