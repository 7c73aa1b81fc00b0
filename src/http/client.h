#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include "http/chunk.h"
#include "http/head.h"

/*
 * The response side of one request (GET or CONNECT), without sockets: bytes in; the
 * head, pieces of the body and the end out. 1xx heads are skipped.
 */
enum http_client_state {
	HTTP_CLIENT_HEAD,
	HTTP_CLIENT_BODY_LENGTH,
	HTTP_CLIENT_BODY_CHUNKED,
	HTTP_CLIENT_BODY_CLOSE,
	HTTP_CLIENT_ENDED,
	HTTP_CLIENT_FAILED
};

struct http_client {
	enum http_client_state state;
	uint8_t *mem; /* collects a head that comes in pieces */
	size_t cap;
	size_t n;
	size_t seen;
	unsigned interims;
	uint64_t left;
	struct chunk_decoder chunk;
	bool is_verified;   /* the body's framing is known, and is not the close */
	const char *reason; /* of BAD: a phrase, static */
};

enum http_client_event {
	HTTP_CLIENT_MORE,      /* in is used up */
	HTTP_CLIENT_HEAD_DONE, /* *head is filled; borrowed until the next call */
	HTTP_CLIENT_DATA,      /* *data is a piece of the body, borrowed from in */
	HTTP_CLIENT_END,       /* the body ended as its framing said */
	HTTP_CLIENT_BAD	       /* c->reason; so is every later call */
};

/*
 * mem holds the head until HEAD_DONE has been handled (HTTP_RESPONSE_HEAD_MAX is enough
 * for any); it is not used once a further call was made after HEAD_DONE.
 */
void http_client_init(struct http_client *c, uint8_t *mem, size_t cap);

/*
 * Takes bytes off *in; call until MORE, END or BAD. 204 and 304 have no body. Bytes that
 * follow END are left in *in and mean nothing.
 */
enum http_client_event http_client_feed(struct http_client *c, struct span *in,
					struct http_response_head *head,
					struct span *data);

/* The transport ended. END for a body delimited by close, or one that had ended; else
 * BAD with the reason, and whether the cut stood inside the head, a chunk, or between. */
enum http_client_event http_client_eof(struct http_client *c);

/* True when the framing itself proves that the end is the end (not close-delimited). */
bool http_client_is_verified(const struct http_client *c);

#endif
