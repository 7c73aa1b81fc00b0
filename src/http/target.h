#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include "base/span.h"

/* Request targets (RFC 9112 3.2) and their queries, as a server reads them. */

struct http_target {
	struct span path;      /* starts with "/", percent-encoded as sent; or is "*" */
	struct span query;     /* behind "?"; empty when none */
	struct span authority; /* of the absolute form; empty in origin form */
	bool has_query;
};

/*
 * Splits origin form, absolute form (http and https) and asterisk form. False for anything else: other
 * forms, other schemes, an empty authority, userinfo, a fragment, bytes outside the
 * URI character set, a "%" without two hex digits. Spans borrow from target.
 */
bool http_target_parse(struct span target, struct http_target *out);

enum http_query_result {
	HTTP_QUERY_PAIR,
	HTTP_QUERY_END,
	HTTP_QUERY_BAD,	    /* bad escape, or a NUL byte in name or value */
	HTTP_QUERY_TOO_LONG /* the decoded pair does not fit */
};

/*
 * Takes the next name=value pair off *query and decodes both ("+" is a space, %XX exact)
 * into mem (cap bytes), where *name and *value then point; both are borrowed until mem
 * is used again. Empty pairs ("a=1&&b=2") are skipped; a pair without "=" has an empty
 * value.
 */
enum http_query_result http_target_next(struct span *query, uint8_t *mem, size_t cap,
					struct span *name, struct span *value);

/* Decodes %XX (and "+" as a space if is_query); false as above. *size <= s.n. */
bool http_target_decode(struct span s, bool is_query, uint8_t *out, size_t cap,
			size_t *size);

#endif
