#ifndef CLI_LINK_PROBLEM_H
#define CLI_LINK_PROBLEM_H

#include "base/text.h"

/*
 * What a server says about a refusal, for a person: the "detail" (or "title") of
 * application/problem+json (RFC 9457), the first lines of text/plain; nothing of HTML and
 * of binary bytes. Escaped, at most PROBLEM_MAX bytes.
 */
#define PROBLEM_MAX 400

/* Whether it is application/problem+json of this type. */
bool problem_is(struct span content_type, struct span body, const char *type);

void problem_put(struct text *out, struct span content_type, struct span body);

#endif
