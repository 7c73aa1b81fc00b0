#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "base/span.h"
#include "http/limits.h"

/*
 * Parsers for the heads of HTTP/1.x messages (RFC 9112 sections 2 to 5), stricter than
 * the RFC allows a recipient to be, so that no two servers can read a message that we
 * accept differently: CRLF only, no empty line before the start line, one space between
 * its parts, no obs-fold, no space before a colon, no control byte but tab in values,
 * HTTP/1 only.
 */
struct http_field {
	struct span name;  /* a token, as sent */
	struct span value; /* without surrounding OWS; may hold obs-text bytes */
};

struct http_fields {
	struct http_field list[HTTP_FIELDS_MAX];
	size_t n;
};

enum http_method { HTTP_METHOD_GET, HTTP_METHOD_HEAD, HTTP_METHOD_OTHER };

struct http_request_head {
	enum http_method method;
	struct span method_text;
	struct span target; /* 1 to HTTP_TARGET_MAX bytes of visible ASCII */
	unsigned
	    minor; /* 0 or 1: HTTP/1.minor; a higher one is read as 1 (RFC 9110 2.5) */
	struct http_fields fields;
};

struct http_response_head {
	unsigned status; /* 100 to 599 */
	struct span reason;
	unsigned minor;
	struct http_fields fields;
};

enum http_head_result {
	HTTP_HEAD_OK,
	HTTP_HEAD_MORE,		   /* no end of head yet, and nothing wrong so far */
	HTTP_HEAD_BAD,		   /* 400 */
	HTTP_HEAD_TARGET_TOO_LONG, /* 414 */
	HTTP_HEAD_TOO_LARGE,	   /* 431: HTTP_HEAD_MAX or HTTP_FIELDS_MAX passed */
	HTTP_HEAD_BAD_VERSION	   /* 505: well-formed, but not HTTP/1 */
};

/*
 * Parses the head at the start of in. *seen is 0 for a new head and is kept by the
 * caller between calls with more bytes of the same head, so that no byte is searched
 * twice for the end; what is wrong may be told as soon as it is seen, and is told at
 * the latest when the head is whole. HTTP_HEAD_OK: *head is filled, its spans borrow
 * from in, *size is the length of the head with its empty line. Otherwise *head is
 * undefined and *size 0.
 */
enum http_head_result http_head_parse_request(struct span in, size_t *seen,
					      struct http_request_head *head,
					      size_t *size);
enum http_head_result http_head_parse_response(struct span in, size_t *seen,
					       struct http_response_head *head,
					       size_t *size);

/* The first field with this name (any case) at or after index *at; NULL when none. *at
 * is set behind it. */
const struct http_field *http_head_next(const struct http_fields *fields,
					const char *name, size_t *at);

/* How many fields have this name, and the first one's value (empty when none). */
size_t http_head_get(const struct http_fields *fields, const char *name,
		     struct span *value);

/* Whether an Accept field names exactly this media type, not with a weight of zero (RFC
 * 9110 12.5.1); wildcards do not count. */
bool http_head_accepts(const struct http_fields *fields, const char *type);

/* Whether a comma list in any field of this name has this member, any case. */
bool http_head_has_token(const struct http_fields *fields, const char *name,
			 const char *token);

/*
 * How the body of a message is framed (RFC 9112 6.3), from its fields alone.
 * BAD: both Content-Length and Transfer-Encoding, several or malformed lengths (also
 * equal ones), any transfer coding but a single "chunked", Transfer-Encoding in 1.0.
 */
enum http_framing {
	HTTP_FRAMING_NONE,   /* neither field */
	HTTP_FRAMING_LENGTH, /* *length bytes */
	HTTP_FRAMING_CHUNKED,
	HTTP_FRAMING_BAD
};

enum http_framing http_head_framing(const struct http_fields *fields, unsigned minor,
				    uint64_t *length);

/* token (RFC 9110 5.6.2), not empty */
bool http_head_is_token(struct span s);

#endif
