#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "base/buf.h"
#include "http/head.h"
#include "http/target.h"

/*
 * One connection of an HTTP/1.1 server that knows GET and HEAD, without sockets: bytes
 * in, requests out, one at a time. The caller reads into http_server_space, calls
 * http_server_next until MORE, answers every REQUEST, and says so with
 * http_server_answered before it asks for the next.
 *
 *   HEAD --REQUEST | ERROR--> ANSWER --http_server_answered--> HEAD | CLOSED
 *
 * A request reaches the caller only when its head is whole, valid and unambiguous. One with
 * a body is an ERROR (413). The struct must not be moved: a request points into it.
 */
enum http_server_state { HTTP_SERVER_HEAD, HTTP_SERVER_ANSWER, HTTP_SERVER_CLOSED };

struct http_server {
	struct buf in;
	enum http_server_state state;
	size_t seen;	  /* of http_head_parse_request */
	size_t head_size; /* kept in the buffer until answered: the request borrows it */
	unsigned status;  /* of the last ERROR */
	const char *reason;  /* of the last ERROR: one sentence, static */
	bool is_persistent;  /* what the current request asks for */
	bool has_empty_line; /* it began with one, which is taken off */
	struct http_request_head head;
	struct http_target target;
	uint8_t mem[HTTP_HEAD_MAX];
};

enum http_server_event {
	HTTP_SERVER_MORE,    /* read more */
	HTTP_SERVER_REQUEST, /* s->head and s->target hold it until answered */
	HTTP_SERVER_ERROR    /* answer s->status with s->reason, then close */
};

void http_server_init(struct http_server *s);

/*
 * Where to put bytes that arrive, and how many fit. 0 while a request waits for its
 * answer and the buffer is full: then reading must wait.
 */
uint8_t *http_server_space(struct http_server *s, size_t *n);
void http_server_received(struct http_server *s, size_t n);

enum http_server_event http_server_next(struct http_server *s);

/*
 * The answer to the last REQUEST or ERROR is written or queued. True: the connection
 * persists (call http_server_next: a pipelined request may be there). False: send what
 * is queued, then close; every later http_server_next is MORE.
 */
bool http_server_answered(struct http_server *s);

/* Whether the current answer must carry "Connection: close" (persistence ends). */
bool http_server_must_close(const struct http_server *s);

/* True when no byte of a next request has arrived: the connection is idle. */
bool http_server_is_idle(const struct http_server *s);

#endif
