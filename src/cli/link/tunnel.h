#ifndef CLI_LINK_TUNNEL_H
#define CLI_LINK_TUNNEL_H

#include "cli/target/proxy.h"
#include "cli/link/refusal.h"
#include "http/client.h"

/* One request for a tunnel and its answer, without sockets. */
struct tunnel {
	size_t request_size;
	size_t request_sent; /* the owner counts */
	struct http_client http;
	struct refusal refusal;
	const char *reason; /* of BAD: a phrase, static */
	uint8_t head[HTTP_RESPONSE_HEAD_MAX];
	char request[PROXY_REQUEST_MAX];
};

/* False: the request is too long. */
bool tunnel_init(struct tunnel *t, const struct proxy *p, const struct target *target);

enum tunnel_result {
	TUNNEL_MORE,
	TUNNEL_OPEN,	/* what follows is the target's */
	TUNNEL_REFUSED, /* t->refusal says why */
	TUNNEL_BAD	/* not an answer that can be understood: t->reason */
};

/* Takes what the proxy sent. Behind any 2xx the tunnel is open (RFC 9110 section 9.3.6);
 * as in HTTP and in TLS the client speaks first, more bytes make no sense. */
enum tunnel_result tunnel_feed(struct tunnel *t, struct span in);

/* The proxy ended the connection: REFUSED or BAD. */
enum tunnel_result tunnel_end(struct tunnel *t);

#endif
