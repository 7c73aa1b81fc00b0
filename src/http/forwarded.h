#ifndef HTTP_FORWARDED_H
#define HTTP_FORWARDED_H

#include "base/span.h"
#include "http/head.h"

/*
 * Whom the nearest proxy says it speaks for: the last element of Forwarded (RFC 7239), or
 * of X-Forwarded-For with X-Forwarded-Port. What stands before the last element came from
 * further away, where anybody may have written it. Numbers only: names and obfuscated
 * identifiers are nobody.
 */
struct http_forwarded {
	struct span host;    /* IPv4, or IPv6 without brackets; empty: nobody named */
	uint16_t port;	     /* of the client; 0: not given */
	uint16_t proxy_port; /* the port the client came in at; 0: not given */
	bool is_malformed;   /* a field was there, and could not be read */
};

void http_forwarded_read(const struct http_fields *fields, struct http_forwarded *out);

#endif
