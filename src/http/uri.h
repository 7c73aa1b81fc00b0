#ifndef HTTP_URI_H
#define HTTP_URI_H

#include "base/span.h"

/*
 * The characters and parts of URIs (RFC 3986) that targets, Host fields and the URLs of
 * the command line have in common, in one place so that they agree.
 */

/* "/" and path characters, every "%" with two hex digits; may be empty. */
bool http_uri_is_path(struct span s);

/* The same with "?", and with "[" and "]", which browsers leave as they are. */
bool http_uri_is_query(struct span s);

/* Whether every "%" has two hex digits; other bytes do not matter. */
bool http_uri_has_escapes(struct span s);

/*
 * A name or an IPv4 address: letters, digits, "-", "_", "~" and single dots, at most 253
 * bytes; digits and dots alone must be an address of four parts unless there is no dot.
 * Narrower than reg-name (RFC 3986 3.2.2): no host has commas or escapes in its name, and
 * servers differ in what they make of them.
 */
bool http_uri_is_host(struct span s);

/* An IPv6 address without brackets (RFC 4291 2.2). */
bool http_uri_is_ipv6(struct span s);

/* Decimal, 1 to 65535, at most five digits. */
bool http_uri_is_port(struct span s, uint16_t *port);

/* host [ ":" port ], IPv6 in brackets: what a Host field or the absolute form holds. */
bool http_uri_is_authority(struct span s);

#endif
