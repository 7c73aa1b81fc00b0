#ifndef CLI_SOURCE_CLOCK_ANSWER_H
#define CLI_SOURCE_CLOCK_ANSWER_H

#include "base/span.h"

/* What a worker's /clock answers: {"time_ns":1700000000000000000}. */
#define CLOCK_ANSWER_MAX 128 /* bytes of it; more is not one */

/*
 * True when body is a JSON object (RFC 8259) of this one member, a whole number of at most
 * 64 bits without a sign; white space may stand between its parts. False leaves *time_ns 0.
 */
bool clock_answer_parse(struct span body, uint64_t *time_ns);

#endif
