#ifndef CLI_SOURCE_LINKS_ANSWER_H
#define CLI_SOURCE_LINKS_ANSWER_H

#include "base/text.h"

/*
 * A worker's answer to GET /interfaces as lines "NAME/eth0 [Up, Running] 10.0.0.1/24 ...";
 * name is the target's. Members that it does not know are skipped; every byte is escaped.
 * False: no interface is in it. Pure.
 */
bool links_answer_put(struct text *out, const char *name, struct span json);

#endif
