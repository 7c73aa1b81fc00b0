/*
 * Heads of messages as text. Must not know what is answered, nor who reads it.
 */
#include "http/emit.h"

#include <assert.h>

static const struct {
	unsigned status;
	const char *reason;
} reasons[] = {
    {100, "Continue"},
    {200, "OK"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {421, "Misdirected Request"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

const char *
http_emit_reason(unsigned status)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].status == status)
			return reasons[i].reason;
	}
	return "";
}

/* A line end in a value would let whoever chose the value write fields of his own. */
static bool
is_line_safe(struct span s)
{
	return span_find(s, '\r') == s.n && span_find(s, '\n') == s.n &&
	       span_find(s, '\0') == s.n;
}

void
http_emit_status(struct text *t, unsigned status)
{
	assert(status >= 100 && status <= 599);
	text_str(t, "HTTP/1.1 ");
	text_u64(t, status);
	text_char(t, ' ');
	text_str(t, http_emit_reason(status));
	text_str(t, "\r\n");
}

void
http_emit_request(struct text *t, const char *method, struct span target)
{
	assert(is_line_safe(target) && span_find(target, ' ') == target.n);
	text_str(t, method);
	text_char(t, ' ');
	text_put(t, target);
	text_str(t, " HTTP/1.1\r\n");
}

void
http_emit_field(struct text *t, const char *name, struct span value)
{
	assert(is_line_safe(span_str(name)) && is_line_safe(value));
	text_str(t, name);
	text_str(t, ": ");
	text_put(t, value);
	text_str(t, "\r\n");
}

void
http_emit_field_u64(struct text *t, const char *name, uint64_t value)
{
	assert(is_line_safe(span_str(name)));
	text_str(t, name);
	text_str(t, ": ");
	text_u64(t, value);
	text_str(t, "\r\n");
}

void
http_emit_end(struct text *t)
{
	text_str(t, "\r\n");
}
