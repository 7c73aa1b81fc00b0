#ifndef CLI_LINK_EXCHANGE_H
#define CLI_LINK_EXCHANGE_H

#include "cli/link/refusal.h"
#include "http/client.h"

/*
 * One request and its answer, without sockets: for a tunnel, a capture, a worker's clock
 * and counts alike.
 *
 *   exchange_unsent, exchange_note_sent until all is sent; exchange_feed, exchange_end
 */
enum exchange_kind {
	EXCHANGE_ANY,	  /* every answer is collected */
	EXCHANGE_CAPTURE, /* 200 opens the body; any other one is collected */
	EXCHANGE_TUNNEL	  /* CONNECT: 2xx opens the tunnel */
};

struct exchange {
	struct http_client http;
	enum exchange_kind kind;
	struct refusal answer; /* what is collected; its status is 0: there is no head */
	bool is_cached;	       /* it was made before it was asked for */
	bool is_at_end;	       /* the connection ended with it */
	struct http_response_head head; /* of OPEN, borrowed until the next call */
	struct span rest;   /* behind what OPEN and ANSWER tell of; borrowed from in */
	const char *reason; /* of LOST and BAD: a phrase */
	size_t head_size;
	size_t request_size;
	size_t sent;
	uint8_t mem[]; /* the head, then the request */
};

/* A copy of the request, and room for a head; free() it. NULL: no memory. */
struct exchange *exchange_new(enum exchange_kind kind, struct span request,
			      size_t head_size);

/* The same request anew. */
void exchange_begin(struct exchange *e);

struct span exchange_unsent(const struct exchange *e);
void exchange_note_sent(struct exchange *e, size_t n);

/* A server that wants no more of it may have answered already: then that is read. */
void exchange_send_no_more(struct exchange *e);

enum exchange_result {
	EXCHANGE_MORE,
	EXCHANGE_OPEN,	 /* e->head; what follows it begins with e->rest */
	EXCHANGE_ANSWER, /* e->answer, whole, or what there was of a refusal */
	EXCHANGE_LOST,	 /* the connection ended before the answer did: e->reason */
	EXCHANGE_BAD	 /* not an answer that can be understood: e->reason */
};

/* Bytes came. */
enum exchange_result exchange_feed(struct exchange *e, struct span in);

/* The connection ended: cleanly (is_clean), or for the reason `why`, a phrase. */
enum exchange_result exchange_end(struct exchange *e, bool is_clean, const char *why);

/* Something was refused: more words of that may come. */
bool exchange_is_refused(const struct exchange *e);

#endif
