/*
 * The server side of one connection. Must not know sockets, paths, or what is answered.
 *
 * The buffer starts with the head of the current request, which stays where it is until
 * the request is answered; bytes of its body are cut out behind it as they arrive, and
 * what follows the body is the next request.
 */
#include "http/server.h"

#include <assert.h>

#include "http/uri.h"

void
http_server_init(struct http_server *s)
{
	buf_init(&s->in, s->mem, sizeof(s->mem));
	s->state = HTTP_SERVER_HEAD;
	s->seen = 0;
	s->head_size = 0;
	s->body_left = 0;
	s->body_size = 0;
	chunk_decoder_init(&s->chunk);
	s->status = 0;
	s->reason = "";
	s->is_persistent = false;
	s->expects_continue = false;
	s->head.fields.n = 0;
	s->target = (struct http_target){.has_query = false};
}

/* The head stands at the front of the memory, so that making room moves nothing. */
uint8_t *
http_server_space(struct http_server *s, size_t *n)
{
	uint8_t *space = buf_space(&s->in, n);

	if (s->state == HTTP_SERVER_CLOSED)
		*n = 0;
	return space;
}

void
http_server_received(struct http_server *s, size_t n)
{
	buf_commit(&s->in, n);
}

static enum http_server_event
refuse(struct http_server *s, unsigned status, const char *reason)
{
	s->status = status;
	s->reason = reason;
	s->is_persistent = false;
	s->state = HTTP_SERVER_ANSWER;
	return HTTP_SERVER_ERROR;
}

static enum http_server_event
refuse_head(struct http_server *s, enum http_head_result result)
{
	switch (result) {
	case HTTP_HEAD_TARGET_TOO_LONG:
		return refuse(s, 414, "The request target is too long.");
	case HTTP_HEAD_TOO_LARGE:
		return refuse(s, 431, "The request head is too large.");
	case HTTP_HEAD_BAD_VERSION:
		return refuse(s, 505, "This server speaks HTTP/1.1 and HTTP/1.0.");
	case HTTP_HEAD_OK:
	case HTTP_HEAD_MORE:
	case HTTP_HEAD_BAD:
		break;
	}
	return refuse(s, 400, "The request head is not well-formed HTTP/1.1.");
}

static const char *
check_host(const struct http_server *s)
{
	struct span authority = s->target.authority;
	struct span host;
	size_t n = http_head_get(&s->head.fields, "Host", &host);

	if (n == 0 && s->head.minor == 0)
		return NULL;
	if (n != 1)
		return "There must be exactly one Host field.";
	if (host.n > 0 && !http_uri_is_authority(host)) /* RFC 9112 3.2: may be empty */
		return "The Host field is not a host name or address.";
	if (authority.n > 0 && !span_eq_ci(authority, host))
		return "The request target and the Host field name different hosts.";
	return NULL;
}

static bool
is_framing_name(struct span name)
{
	return span_eq_ci(name, span_str("Host")) ||
	       span_eq_ci(name, span_str("Content-Length")) ||
	       span_eq_ci(name, span_str("Transfer-Encoding"));
}

/*
 * Names that gateways turn into those of framing fields (CGI has "_" for "-"), and framing
 * fields that Connection tells a proxy to take away: each makes two readers of one request.
 */
static const char *
check_names(const struct http_fields *fields)
{
	static const char *const doubles[] = {"Content_Length", "Transfer_Encoding"};
	struct span value;

	for (size_t i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++) {
		if (http_head_get(fields, doubles[i], &value) > 0)
			return "A field name looks like one that frames the message.";
	}
	for (size_t at = 0;;) {
		const struct http_field *field =
		    http_head_next(fields, "Connection", &at);

		if (field == NULL)
			return NULL;
		value = field->value;
		while (value.n > 0) {
			if (is_framing_name(span_trim(span_split(&value, ','))))
				return "Connection must not name Host or a framing field.";
		}
	}
}

/* False: there is an expectation other than 100-continue (RFC 9110 10.1.1). */
static bool
read_expect(struct http_server *s)
{
	const struct http_field *field;
	size_t at = 0;

	s->expects_continue = false;
	while ((field = http_head_next(&s->head.fields, "Expect", &at)) != NULL) {
		if (!span_eq_ci(field->value, span_str("100-continue")))
			return false;
		s->expects_continue = s->head.minor > 0;
	}
	return true;
}

static enum http_server_event
start_body(struct http_server *s)
{
	s->body_size = 0;
	switch (http_head_framing(&s->head.fields, s->head.minor, &s->body_left)) {
	case HTTP_FRAMING_NONE:
		s->state = HTTP_SERVER_ANSWER;
		return HTTP_SERVER_REQUEST;
	case HTTP_FRAMING_LENGTH:
		if (s->body_left > HTTP_BODY_MAX)
			return refuse(s, 413, "The request body is too large.");
		s->state = HTTP_SERVER_BODY_LENGTH;
		return HTTP_SERVER_MORE;
	case HTTP_FRAMING_CHUNKED:
		chunk_decoder_init(&s->chunk);
		s->state = HTTP_SERVER_BODY_CHUNKED;
		return HTTP_SERVER_MORE;
	case HTTP_FRAMING_BAD:
		break;
	}
	return refuse(
	    s, 400,
	    "Content-Length or Transfer-Encoding is malformed, repeated or contradictory.");
}

/* A whole head: MORE when its body is to be read. */
static enum http_server_event
start_request(struct http_server *s)
{
	const struct http_fields *fields = &s->head.fields;
	const char *wrong;

	s->is_persistent =
	    s->head.minor > 0 && !http_head_has_token(fields, "Connection", "close");
	if (!http_target_parse(s->head.target, &s->target))
		return refuse(s, 400,
			      "The request target is not a path or an http URL in "
			      "which each % has two hex digits behind it.");
	wrong = check_host(s);
	if (wrong == NULL)
		wrong = check_names(fields);
	if (wrong != NULL)
		return refuse(s, 400, wrong);
	if (!read_expect(s))
		return refuse(s, 417, "The only expectation known is 100-continue.");
	return start_body(s);
}

static enum http_server_event
next_head(struct http_server *s)
{
	struct span in = buf_readable(&s->in);
	enum http_head_result result =
	    http_head_parse_request(in, &s->seen, &s->head, &s->head_size);
	enum http_server_event event;

	assert(s->in.head == 0);
	if (result == HTTP_HEAD_MORE)
		return HTTP_SERVER_MORE;
	if (result != HTTP_HEAD_OK)
		return refuse_head(s, result);
	event = start_request(s);
	if (event != HTTP_SERVER_MORE || !s->expects_continue ||
	    (s->state == HTTP_SERVER_BODY_LENGTH && s->body_left == 0))
		return event;
	return HTTP_SERVER_CONTINUE;
}

static enum http_server_event
body_done(struct http_server *s)
{
	s->state = HTTP_SERVER_ANSWER;
	return HTTP_SERVER_REQUEST;
}

static enum http_server_event
next_length(struct http_server *s)
{
	size_t have = buf_used(&s->in) - s->head_size;
	size_t n = s->body_left < have ? (size_t)s->body_left : have;

	buf_cut(&s->in, s->head_size, n);
	s->body_left -= n;
	return s->body_left > 0 ? HTTP_SERVER_MORE : body_done(s);
}

/*
 * Trailer fields are refused: there are servers that take what follows the last chunk for
 * the next request. The size counts framing as well, else a body of extensions only
 * would have no bound; nothing past the bound is looked at, so that the answer does not
 * depend on how the bytes were cut.
 */
static enum http_server_event
next_chunked(struct http_server *s)
{
	struct span all = buf_readable(&s->in);
	struct span in;
	struct span data;
	enum chunk_result result;
	size_t n;

	span_take(&all, s->head_size);
	in = span_take(&all, HTTP_BODY_MAX - (size_t)s->body_size);
	n = in.n;
	do {
		result = chunk_decode(&s->chunk, &in, &data);
	} while (result == CHUNK_DATA);
	n -= in.n;
	buf_cut(&s->in, s->head_size, n);
	s->body_size += n;
	if (result == CHUNK_BAD)
		return refuse(s, 400, "The request body is not chunked as it should be.");
	if (s->chunk.trailer_size > 2)
		return refuse(s, 400, "Trailer fields are not accepted.");
	if (result == CHUNK_END)
		return body_done(s);
	if (s->body_size == HTTP_BODY_MAX)
		return refuse(s, 413, "The request body is too large.");
	return HTTP_SERVER_MORE;
}

enum http_server_event
http_server_next(struct http_server *s)
{
	enum http_server_event event;

	if (s->state == HTTP_SERVER_HEAD) {
		event = next_head(s);
		if (event != HTTP_SERVER_MORE)
			return event;
	}
	switch (s->state) {
	case HTTP_SERVER_BODY_LENGTH:
		return next_length(s);
	case HTTP_SERVER_BODY_CHUNKED:
		return next_chunked(s);
	case HTTP_SERVER_HEAD:
	case HTTP_SERVER_ANSWER:
	case HTTP_SERVER_CLOSED:
		break;
	}
	return HTTP_SERVER_MORE;
}

/* The rest is moved to the front, where the next request must stand. */
bool
http_server_answered(struct http_server *s)
{
	size_t n;

	assert(s->state == HTTP_SERVER_ANSWER);
	if (http_server_must_close(s)) {
		s->state = HTTP_SERVER_CLOSED;
		return false;
	}
	buf_consume(&s->in, s->head_size);
	buf_space(&s->in, &n);
	s->seen = 0;
	s->head_size = 0;
	s->state = HTTP_SERVER_HEAD;
	return true;
}

bool
http_server_must_close(const struct http_server *s)
{
	return !s->is_persistent;
}

bool
http_server_is_idle(const struct http_server *s)
{
	return s->state == HTTP_SERVER_HEAD && buf_used(&s->in) == 0;
}
