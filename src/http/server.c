/*
 * The server side of one connection. Must not know sockets, paths, or what is answered.
 *
 * The buffer starts with the head of the current request, which stays where it is until
 * the request is answered; what follows it is the next request.
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
	s->status = 0;
	s->reason = "";
	s->is_persistent = false;
	s->has_empty_line = false;
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
		return refuse(s, 505, "This server speaks HTTP/1.");
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

/* No method that the API knows needs a body: one is refused unread, whatever follows. */
static enum http_server_event
refuse_body(struct http_server *s)
{
	uint64_t length;

	switch (http_head_framing(&s->head.fields, s->head.minor, &length)) {
	case HTTP_FRAMING_NONE:
		break;
	case HTTP_FRAMING_LENGTH:
		if (length == 0)
			break;
		return refuse(s, 413, "Requests have no body here.");
	case HTTP_FRAMING_CHUNKED:
		return refuse(s, 413, "Requests have no body here.");
	case HTTP_FRAMING_BAD:
		return refuse(s, 400,
			      "Content-Length or Transfer-Encoding is malformed, "
			      "repeated or contradictory.");
	}
	s->state = HTTP_SERVER_ANSWER;
	return HTTP_SERVER_REQUEST;
}

static enum http_server_event
start_request(struct http_server *s)
{
	const struct http_fields *fields = &s->head.fields;
	const char *wrong;

	s->is_persistent =
	    s->head.minor > 0 && !http_head_has_token(fields, "Connection", "close");
	if (!http_target_parse(s->head.target, &s->target) ||
	    (s->target.path.p[0] == '*' && s->head.method != HTTP_METHOD_OTHER))
		return refuse(s, 400,
			      "The request target is not a path or an http URL in "
			      "which each % has two hex digits behind it.");
	wrong = check_host(s);
	if (wrong == NULL)
		wrong = check_names(fields);
	return wrong != NULL ? refuse(s, 400, wrong) : refuse_body(s);
}

/* One empty line before a request means nothing (RFC 9112 2.2). False: half of it is there. */
static bool
skip_empty_line(struct http_server *s)
{
	struct span in = buf_readable(&s->in);
	size_t n;

	if (s->has_empty_line || in.n == 0 || in.p[0] != '\r')
		return true;
	if (in.n > 1 && in.p[1] == '\n') {
		s->has_empty_line = true;
		buf_consume(&s->in, 2);
		buf_space(&s->in, &n);
	}
	return in.n > 1;
}

enum http_server_event
http_server_next(struct http_server *s)
{
	enum http_head_result result;

	if (s->state != HTTP_SERVER_HEAD || !skip_empty_line(s))
		return HTTP_SERVER_MORE;
	assert(s->in.head == 0);
	result = http_head_parse_request(buf_readable(&s->in), &s->seen, &s->head,
					 &s->head_size);
	if (result == HTTP_HEAD_MORE)
		return HTTP_SERVER_MORE;
	return result == HTTP_HEAD_OK ? start_request(s) : refuse_head(s, result);
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
	s->has_empty_line = false;
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
