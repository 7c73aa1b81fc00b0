#ifndef HTTP_EMIT_H
#define HTTP_EMIT_H

#include "base/text.h"

/*
 * Heads of messages, built in a struct text. Values from outside must have been checked
 * or encoded before: a CR, LF or NUL in one is asserted against.
 */

/* The standard reason phrase of a status that this project sends; "" for others. */
const char *http_emit_reason(unsigned status);

/* "HTTP/1.1 200 OK\r\n": always 1.1, as RFC 9112 2.3 wants it, also to a 1.0 client. */
void http_emit_status(struct text *t, unsigned status);

/* "GET target HTTP/1.1\r\n" */
void http_emit_request(struct text *t, const char *method, struct span target);

void http_emit_field(struct text *t, const char *name, struct span value);
void http_emit_field_u64(struct text *t, const char *name, uint64_t value);

/* The empty line. */
void http_emit_end(struct text *t);

#endif
