#ifndef HTTP_URL_H
#define HTTP_URL_H

#include "base/span.h"

/*
 * A target as a user types it: [http[s]://][user[:password]@]host[:port][/path][?query]
 * (RFC 3986, with the scheme optional), and unix:/path. Spans borrow from the input and
 * are percent-encoded as typed, but for host, which has lost its brackets.
 */
enum http_scheme {
	HTTP_SCHEME_HTTP,
	HTTP_SCHEME_HTTPS,
	HTTP_SCHEME_UNIX, /* host is the socket's path; query from "?" on */
	HTTP_SCHEME_SSH
};

struct http_url {
	enum http_scheme scheme;
	bool is_all_addresses; /* dns+http[s]:// */
	bool has_user;
	bool has_password;
	bool
	    is_ipv6; /* host was in brackets; it may have a %zone or, as typed, %25zone */
	struct span user;
	struct span password;
	struct span host;
	uint16_t port;	   /* 0 when none was given */
	struct span path;  /* empty when none was given */
	struct span query; /* without "?" */
};

/* NULL, or what is wrong, as a phrase for a message: a static string. */
const char *http_url_parse(struct span in, struct http_url *url);

#endif
