#ifndef CLI_SOURCE_ANSWER_H
#define CLI_SOURCE_ANSWER_H

#include "cli/source/source.h"

/* The request of a source and the head of its answer. */

/* free() it. NULL: no memory. */
struct source_exchange *source_answer_new(struct source *s);

/* Makes the request, of target_request; false when it is too long. */
bool source_answer_begin(struct source *s, const char *own_address);

/* Writes on; SOURCE_HEAD when all is sent. */
void source_answer_send(struct source *s);

/* Reads on. True: the body begins, and its first bytes may lie in s->raw. */
bool source_answer_read(struct source *s, uint64_t now_ns);

/* The answer was a refusal: fails with what it said so far. */
void source_answer_refuse(struct source *s);

#endif
