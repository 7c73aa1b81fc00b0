#ifndef CLI_TARGET_PROXY_H
#define CLI_TARGET_PROXY_H

#include "http/url.h"

struct target;
struct text;

/* The proxy of --proxy, and what it is asked for. No I/O. */
#define PROXY_NAME_MAX	  288 /* a host name of 253 bytes and a port */
#define PROXY_REQUEST_MAX 4096

struct proxy {
	struct http_url url; /* spans borrowed from the option; its port is never 0 */
	char name[PROXY_NAME_MAX]; /* for people: host:port, without credentials */
	bool has_warned;	   /* of its password in the clear */
	bool is_for_https;	   /* only: the environment names it */
	struct span exceptions;	   /* then: no_proxy, borrowed */
};

/* It is for https targets only, but for the exceptions, the value of no_proxy; borrowed. */
void proxy_limit(struct proxy *p, struct span exceptions);

/* Whether the way to a target leads through it. */
bool proxy_is_for(const struct proxy *p, const struct target *t);

/* Reads http://[user[:password]@]host:port. NULL, or what is wrong: a static phrase. */
const char *proxy_parse(struct proxy *p, const char *text);

/*
 * The request for a tunnel to a target of the network (RFC 9110 section 9.3.6), with its
 * empty line. False when it does not fit.
 */
bool proxy_request(const struct proxy *p, const struct target *t, struct text *out);

#endif
