/*
 * Heads of HTTP/1.x messages: finding their end, splitting them, reading the fields that
 * frame a body. Must not know connections, targets, or what a request asks for.
 *
 * Two stages. The scan walks each byte once as it arrives and stops at the first thing
 * that is wrong anywhere in a head, at its end, or at its bound. Only then is the head
 * split. So the answer never depends on how the bytes were cut.
 */
#include "http/head.h"

#include "base/num.h"

static bool
is_tchar(uint8_t c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	switch (c) {
	case '!':
	case '#':
	case '$':
	case '%':
	case '&':
	case '\'':
	case '*':
	case '+':
	case '-':
	case '.':
	case '^':
	case '_':
	case '`':
	case '|':
	case '~':
		return true;
	default:
		return false;
	}
}

bool
http_head_is_token(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!is_tchar(s.p[i]))
			return false;
	}
	return s.n > 0;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/*
 * Whether byte i may stand where it does: no control but tab, CR and LF only in pairs. The
 * first one belongs to a method or to "HTTP": everything else, TLS included, ends at once.
 */
static bool
is_in_place(struct span in, size_t i)
{
	uint8_t c = in.p[i];
	bool is_after_cr = i > 0 && in.p[i - 1] == '\r';

	if (i == 0)
		return is_tchar(c);
	if (c == '\n' || is_after_cr)
		return c == '\n' && is_after_cr;
	return (c >= 0x20 && c != 0x7f) || c == '\t' || c == '\r';
}

/* CRLF CRLF ends at byte i. */
static bool
is_end(struct span in, size_t i)
{
	return in.p[i] == '\n' && i >= 3 && in.p[i - 2] == '\n';
}

/* OK: *size is the length of the head. TOO_LARGE: max bytes and no end. */
static enum http_head_result
scan(struct span in, size_t *seen, size_t max, size_t *size)
{
	size_t stop = in.n < max ? in.n : max;

	*size = 0;
	for (size_t i = *seen; i < stop; i++) {
		if (!is_in_place(in, i))
			return HTTP_HEAD_BAD;
		if (is_end(in, i)) {
			*seen = i;
			*size = i + 1;
			return HTTP_HEAD_OK;
		}
	}
	*seen = stop;
	return stop == max ? HTTP_HEAD_TOO_LARGE : HTTP_HEAD_MORE;
}

/* Takes a line off a scanned head, which has only whole ones; without its CRLF. */
static struct span
take_line(struct span *head)
{
	struct span line = span_take(head, span_find(*head, '\r'));

	span_take(head, 2);
	return line;
}

/* "HTTP/" DIGIT "." DIGIT */
static enum http_head_result
parse_version(struct span s, unsigned *minor)
{
	*minor = 0;
	if (s.n != 8 || !span_starts(s, span_str("HTTP/")) || !is_digit(s.p[5]) ||
	    s.p[6] != '.' || !is_digit(s.p[7]))
		return HTTP_HEAD_BAD;
	if (s.p[5] != '1')
		return HTTP_HEAD_BAD_VERSION;
	*minor = s.p[7] > '0';
	return HTTP_HEAD_OK;
}

static bool
parse_field(struct span line, struct http_field *field)
{
	field->name = span_take(&line, span_find(line, ':'));
	if (!http_head_is_token(field->name) || span_take(&line, 1).n == 0)
		return false;
	field->value = span_trim(line);
	return true;
}

/* A line that starts with a space (obs-fold, RFC 9112 5.2) has no token for a name. */
static enum http_head_result
parse_fields(struct span head, struct http_fields *fields)
{
	fields->n = 0;
	for (;;) {
		struct span line = take_line(&head);

		if (line.n == 0)
			return HTTP_HEAD_OK;
		if (fields->n == HTTP_FIELDS_MAX)
			return HTTP_HEAD_TOO_LARGE;
		if (!parse_field(line, &fields->list[fields->n]))
			return HTTP_HEAD_BAD;
		fields->n++;
	}
}

static bool
is_visible(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
			return false;
	}
	return s.n > 0;
}

static enum http_method
method_of(struct span s)
{
	if (span_eq(s, span_str("GET")))
		return HTTP_METHOD_GET;
	if (span_eq(s, span_str("HEAD")))
		return HTTP_METHOD_HEAD;
	return HTTP_METHOD_OTHER;
}

/* method SP request-target SP HTTP-version (RFC 9112 3) */
static enum http_head_result
parse_request_line(struct span line, struct http_request_head *head)
{
	enum http_head_result result;

	head->method_text = span_split(&line, ' ');
	head->target = span_split(&line, ' ');
	head->method = method_of(head->method_text);
	if (!http_head_is_token(head->method_text) || !is_visible(head->target))
		return HTTP_HEAD_BAD;
	result = parse_version(line, &head->minor);
	if (result == HTTP_HEAD_OK && head->target.n > HTTP_TARGET_MAX)
		return HTTP_HEAD_TARGET_TOO_LONG;
	return result;
}

/* A head past its bound: whether it is the target's fault. Looks no further than that. */
static enum http_head_result
blame(const uint8_t *p)
{
	struct span in = span_of(p, HTTP_HEAD_MAX);
	struct span line = span_take(&in, span_find(in, '\r'));

	span_split(&line, ' ');
	return span_find(line, ' ') > HTTP_TARGET_MAX ? HTTP_HEAD_TARGET_TOO_LONG
						      : HTTP_HEAD_TOO_LARGE;
}

enum http_head_result
http_head_parse_request(struct span in, size_t *seen, struct http_request_head *head,
			size_t *size)
{
	enum http_head_result result = scan(in, seen, HTTP_HEAD_MAX, size);
	struct span rest;

	if (result == HTTP_HEAD_TOO_LARGE)
		return blame(in.p);
	if (result != HTTP_HEAD_OK)
		return result;
	rest = span_of(in.p, *size);
	result = parse_request_line(take_line(&rest), head);
	if (result == HTTP_HEAD_OK)
		result = parse_fields(rest, &head->fields);
	if (result != HTTP_HEAD_OK)
		*size = 0;
	return result;
}

/*
 * HTTP-version SP status-code SP [ reason ] (RFC 9112 4). Real servers leave the second
 * space away with the reason, and nothing can be read differently in that.
 */
static enum http_head_result
parse_status_line(struct span line, struct http_response_head *head)
{
	struct span version = span_split(&line, ' ');
	struct span code = span_split(&line, ' ');
	enum http_head_result result = parse_version(version, &head->minor);
	uint64_t status;

	if (result != HTTP_HEAD_OK)
		return result;
	if (code.n != 3 || !num_parse_u64(code, 599, &status) || status < 100)
		return HTTP_HEAD_BAD;
	head->status = (unsigned)status;
	head->reason = line;
	return HTTP_HEAD_OK;
}

/* False as soon as it is not: a server of another protocol may say no more than that. */
static bool
may_be_http(struct span in)
{
	struct span prefix = span_str("HTTP/");

	if (in.n < prefix.n)
		return span_starts(prefix, in);
	return span_starts(in, prefix);
}

enum http_head_result
http_head_parse_response(struct span in, size_t *seen, struct http_response_head *head,
			 size_t *size)
{
	enum http_head_result result = scan(in, seen, HTTP_RESPONSE_HEAD_MAX, size);
	struct span rest;

	if (!may_be_http(in)) {
		*size = 0;
		return HTTP_HEAD_BAD;
	}
	if (result != HTTP_HEAD_OK)
		return result;
	rest = span_of(in.p, *size);
	result = parse_status_line(take_line(&rest), head);
	if (result == HTTP_HEAD_OK)
		result = parse_fields(rest, &head->fields);
	if (result != HTTP_HEAD_OK)
		*size = 0;
	return result;
}

const struct http_field *
http_head_next(const struct http_fields *fields, const char *name, size_t *at)
{
	while (*at < fields->n) {
		const struct http_field *field = &fields->list[(*at)++];

		if (span_eq_ci(field->name, span_str(name)))
			return field;
	}
	return NULL;
}

size_t
http_head_get(const struct http_fields *fields, const char *name, struct span *value)
{
	const struct http_field *field;
	size_t at = 0;
	size_t n = 0;

	*value = span_str("");
	while ((field = http_head_next(fields, name, &at)) != NULL) {
		if (n++ == 0)
			*value = field->value;
	}
	return n;
}

static bool
has_member(struct span list, struct span member)
{
	while (list.n > 0) {
		if (span_eq_ci(span_trim(span_split(&list, ',')), member))
			return true;
	}
	return false;
}

bool
http_head_has_token(const struct http_fields *fields, const char *name, const char *token)
{
	const struct http_field *field;
	size_t at = 0;

	while ((field = http_head_next(fields, name, &at)) != NULL) {
		if (has_member(field->value, span_str(token)))
			return true;
	}
	return false;
}

/* "; q=0" or "; q=0.000" */
static bool
has_no_weight(struct span parameters)
{
	while (parameters.n > 0) {
		struct span value = span_trim(span_split(&parameters, ';'));
		struct span name = span_split(&value, '=');

		if (!span_eq_ci(name, span_str("q")))
			continue;
		while (value.n > 0 && (value.p[0] == '0' || value.p[0] == '.'))
			span_take(&value, 1);
		return value.n == 0;
	}
	return false;
}

bool
http_head_accepts(const struct http_fields *fields, const char *type)
{
	const struct http_field *field;
	size_t at = 0;

	while ((field = http_head_next(fields, "Accept", &at)) != NULL) {
		struct span list = field->value;

		while (list.n > 0) {
			struct span member = span_split(&list, ',');
			struct span name = span_trim(span_split(&member, ';'));

			if (span_eq_ci(name, span_str(type)))
				return !has_no_weight(member);
		}
	}
	return false;
}

/* A leading zero is refused: there are servers that read such a length as octal. */
static bool
parse_length(struct span s, uint64_t *length)
{
	return num_parse_u64(s, UINT64_MAX, length) && (s.n == 1 || s.p[0] != '0');
}

enum http_framing
http_head_framing(const struct http_fields *fields, unsigned minor, uint64_t *length)
{
	struct span coding;
	struct span size;
	size_t codings = http_head_get(fields, "Transfer-Encoding", &coding);
	size_t sizes = http_head_get(fields, "Content-Length", &size);

	*length = 0;
	if (codings == 0 && sizes == 0)
		return HTTP_FRAMING_NONE;
	if (codings + sizes > 1)
		return HTTP_FRAMING_BAD;
	if (sizes == 1)
		return parse_length(size, length) ? HTTP_FRAMING_LENGTH
						  : HTTP_FRAMING_BAD;
	return minor > 0 && span_eq_ci(coding, span_str("chunked")) ? HTTP_FRAMING_CHUNKED
								    : HTTP_FRAMING_BAD;
}
