/*
 * The response side of one request. Must not know sockets, URLs, or what the body is.
 */
#include "http/client.h"

#include <string.h>

void
http_client_init(struct http_client *c, uint8_t *mem, size_t cap)
{
	*c = (struct http_client){
	    .state = HTTP_CLIENT_HEAD, .mem = mem, .cap = cap, .reason = ""};
	chunk_decoder_init(&c->chunk);
}

static enum http_client_event
fail(struct http_client *c, const char *reason)
{
	c->reason = reason;
	c->state = HTTP_CLIENT_FAILED;
	return HTTP_CLIENT_BAD;
}

static enum http_client_event
fail_head(struct http_client *c, enum http_head_result result)
{
	switch (result) {
	case HTTP_HEAD_TOO_LARGE:
		return fail(c, "the response head is too large");
	case HTTP_HEAD_BAD_VERSION:
		return fail(c, "the response is neither HTTP/1.1 nor HTTP/1.0");
	case HTTP_HEAD_OK:
	case HTTP_HEAD_MORE:
	case HTTP_HEAD_BAD:
	case HTTP_HEAD_TARGET_TOO_LONG:
		break;
	}
	return fail(c, "the response is not HTTP");
}

/* How the body is framed (RFC 9112 6.3). */
static enum http_client_event
start_body(struct http_client *c, const struct http_response_head *head)
{
	c->is_verified = true;
	switch (http_head_framing(&head->fields, head->minor, &c->left)) {
	case HTTP_FRAMING_NONE:
		c->is_verified = false;
		c->state = HTTP_CLIENT_BODY_CLOSE;
		break;
	case HTTP_FRAMING_LENGTH:
		c->state = HTTP_CLIENT_BODY_LENGTH;
		break;
	case HTTP_FRAMING_CHUNKED:
		c->state = HTTP_CLIENT_BODY_CHUNKED;
		break;
	case HTTP_FRAMING_BAD:
		c->is_verified = false;
		return fail(c, "the response has a bad length or transfer coding");
	}
	if (head->status == 204 || head->status == 304) {
		c->is_verified = true;
		c->left = 0;
		c->state = HTTP_CLIENT_BODY_LENGTH;
	}
	return HTTP_CLIENT_HEAD_DONE;
}

/* A whole head; MORE when it was an interim one. 101 would answer an Upgrade. */
static enum http_client_event
take_head(struct http_client *c, const struct http_response_head *head)
{
	c->n = 0;
	c->seen = 0;
	if (head->status >= 200)
		return start_body(c, head);
	if (head->status == 101)
		return fail(c, "the server switched to a protocol nobody asked for");
	if (c->interims++ == HTTP_INTERIM_MAX)
		return fail(c, "too many interim responses");
	return HTTP_CLIENT_MORE;
}

/*
 * Copies what has come, as far as there is room, and gives back what follows the head.
 * A head larger than mem can never be whole.
 */
static enum http_client_event
feed_head(struct http_client *c, struct span *in, struct http_response_head *head)
{
	while (in->n > 0) {
		size_t had = c->n;
		size_t n = in->n < c->cap - had ? in->n : c->cap - had;
		enum http_head_result result;
		enum http_client_event event;
		size_t size;

		memcpy(c->mem + had, in->p, n);
		c->n += n;
		result = http_head_parse_response(span_of(c->mem, c->n), &c->seen, head,
						  &size);
		if (result == HTTP_HEAD_MORE && c->n == c->cap)
			result = HTTP_HEAD_TOO_LARGE;
		if (result != HTTP_HEAD_OK && result != HTTP_HEAD_MORE)
			return fail_head(c, result);
		span_take(in, result == HTTP_HEAD_OK ? size - had : n);
		if (result == HTTP_HEAD_MORE)
			continue;
		event = take_head(c, head);
		if (event != HTTP_CLIENT_MORE)
			return event;
	}
	return HTTP_CLIENT_MORE;
}

static enum http_client_event
end(struct http_client *c)
{
	c->state = HTTP_CLIENT_ENDED;
	return HTTP_CLIENT_END;
}

static enum http_client_event
feed_length(struct http_client *c, struct span *in, struct span *data)
{
	if (c->left == 0)
		return end(c);
	if (in->n == 0)
		return HTTP_CLIENT_MORE;
	*data = span_take(in, c->left < in->n ? (size_t)c->left : in->n);
	c->left -= data->n;
	return HTTP_CLIENT_DATA;
}

static enum http_client_event
feed_chunked(struct http_client *c, struct span *in, struct span *data)
{
	switch (chunk_decode(&c->chunk, in, data)) {
	case CHUNK_DATA:
		return HTTP_CLIENT_DATA;
	case CHUNK_MORE:
		return HTTP_CLIENT_MORE;
	case CHUNK_END:
		return end(c);
	case CHUNK_BAD:
		break;
	}
	return fail(c, "the chunked coding of the body is broken");
}

enum http_client_event
http_client_feed(struct http_client *c, struct span *in, struct http_response_head *head,
		 struct span *data)
{
	*data = span_of(in->p, 0);
	switch (c->state) {
	case HTTP_CLIENT_BODY_CHUNKED:
		return feed_chunked(c, in, data);
	case HTTP_CLIENT_BODY_LENGTH:
		return feed_length(c, in, data);
	case HTTP_CLIENT_BODY_CLOSE:
		*data = span_take(in, in->n);
		return data->n > 0 ? HTTP_CLIENT_DATA : HTTP_CLIENT_MORE;
	case HTTP_CLIENT_HEAD:
		return feed_head(c, in, head);
	case HTTP_CLIENT_ENDED:
		return HTTP_CLIENT_END;
	case HTTP_CLIENT_FAILED:
		break;
	}
	return HTTP_CLIENT_BAD;
}

enum http_client_event
http_client_eof(struct http_client *c)
{
	switch (c->state) {
	case HTTP_CLIENT_HEAD:
		return fail(c, c->n > 0 ? "the connection ended inside the response head"
					: "the connection ended before a response");
	case HTTP_CLIENT_BODY_LENGTH:
		return c->left == 0
			   ? end(c)
			   : fail(
				 c,
				 "the connection ended before the length that was promised");
	case HTTP_CLIENT_BODY_CHUNKED:
		return fail(
		    c,
		    chunk_decoder_is_boundary(&c->chunk)
			? "the connection ended between two chunks, without the last one"
			: "the connection ended inside a chunk");
	case HTTP_CLIENT_BODY_CLOSE:
	case HTTP_CLIENT_ENDED:
		return end(c);
	case HTTP_CLIENT_FAILED:
		break;
	}
	return HTTP_CLIENT_BAD;
}

bool
http_client_is_verified(const struct http_client *c)
{
	return c->is_verified;
}
