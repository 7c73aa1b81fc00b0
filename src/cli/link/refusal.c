/* Refusals of workers and of proxies alike. It trusts no byte of them. */
#include "cli/link/refusal.h"

#include <string.h>

#include "cli/link/problem.h"
#include "http/emit.h"

static void
keep_type(struct refusal *r, const struct http_response_head *head)
{
	struct span value;

	http_head_get(&head->fields, "Content-Type", &value);
	value = span_take(&value, sizeof(r->type));
	if (value.n > 0)
		memcpy(r->type, value.p, value.n);
	r->type_size = value.n;
}

/* "400 Bad Request", and for a redirect where to. */
void
refusal_begin(struct refusal *r, const struct http_response_head *head)
{
	struct span reason = head->reason;
	struct span location;
	struct text line;

	r->status = head->status;
	r->body_size = 0;
	keep_type(r, head);
	text_init(&line, r->line, sizeof(r->line));
	text_u64(&line, head->status);
	text_char(&line, ' ');
	if (reason.n > 0)
		text_escape(&line, span_take(&reason, 64));
	else
		text_str(&line, http_emit_reason(head->status));
	http_head_get(&head->fields, "Location", &location);
	if (head->status / 100 == 3 && location.n > 0) {
		text_str(&line, ": redirects are not followed; it names ");
		text_escape(&line, span_take(&location, 256));
	}
	r->line_size = line.n;
}

bool
refusal_take(struct refusal *r, struct span data)
{
	struct span taken = span_take(&data, sizeof(r->body) - r->body_size);

	if (taken.n > 0)
		memcpy(r->body + r->body_size, taken.p, taken.n);
	r->body_size += taken.n;
	return r->body_size == sizeof(r->body);
}

bool
refusal_put_words(const struct refusal *r, struct text *out)
{
	size_t before = out->n;

	problem_put(out, span_of(r->type, r->type_size), span_of(r->body, r->body_size));
	return out->n > before;
}

bool
refusal_put(const struct refusal *r, struct text *out)
{
	char mem[PROBLEM_MAX + 16];
	struct text words;

	text_put(out, span_of(r->line, r->line_size));
	text_init(&words, mem, sizeof(mem));
	if (!refusal_put_words(r, &words))
		return false;
	text_str(out, ": ");
	text_put(out, text_span(&words));
	return true;
}

bool
refusal_is_no_interface(const struct refusal *r)
{
	return r->status == 400 &&
	       problem_is(span_of(r->type, r->type_size), span_of(r->body, r->body_size),
			  "urn:ddump:no-interface");
}

bool
refusal_is_passing(const struct refusal *r)
{
	return r->status / 100 == 5 || r->status == 408 || r->status == 429;
}
