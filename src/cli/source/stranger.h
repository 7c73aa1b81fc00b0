#ifndef CLI_SOURCE_STRANGER_H
#define CLI_SOURCE_STRANGER_H

#include "base/text.h"

/* What is said of an answer, or of a file, that is no capture. */
#define STRANGER_LINE_MAX 64 /* of its first line */

/* Its type (escaped; "": none) and its first line that is not empty, by which a person knows
 * it: of what was read, in two parts. */
void stranger_put(struct text *words, const char *type, struct span first,
		  struct span second);

const char *stranger_advice(bool is_http);

#endif
