/* One request, one answer. It trusts no byte of it. */
#include "cli/link/exchange.h"

#include <stdlib.h>
#include <string.h>

struct exchange *
exchange_new(enum exchange_kind kind, struct span request, size_t head_size)
{
	struct exchange *e = malloc(sizeof(*e) + head_size + request.n);

	if (!e)
		return NULL;
	e->kind = kind;
	e->head_size = head_size;
	e->request_size = request.n;
	memcpy(e->mem + head_size, request.p, request.n);
	exchange_begin(e);
	return e;
}

void
exchange_begin(struct exchange *e)
{
	http_client_init(&e->http, e->mem, e->head_size);
	e->answer.status = 0;
	e->answer.body_size = 0;
	e->is_cached = false;
	e->is_at_end = false;
	e->rest = span_of(NULL, 0);
	e->reason = "";
	e->sent = 0;
}

struct span
exchange_unsent(const struct exchange *e)
{
	return span_of(e->mem + e->head_size + e->sent, e->request_size - e->sent);
}

void
exchange_note_sent(struct exchange *e, size_t n)
{
	e->sent += n;
}

void
exchange_send_no_more(struct exchange *e)
{
	e->sent = e->request_size;
}

bool
exchange_is_refused(const struct exchange *e)
{
	return e->answer.status != 0 && e->answer.status != 200;
}

static bool
is_open(const struct exchange *e, unsigned status)
{
	switch (e->kind) {
	case EXCHANGE_ANY:
		break;
	case EXCHANGE_CAPTURE:
		return status == 200;
	case EXCHANGE_TUNNEL:
		return status / 100 == 2;
	}
	return false;
}

static void
collect(struct exchange *e)
{
	struct span age;

	refusal_begin(&e->answer, &e->head);
	e->is_cached = http_head_get(&e->head.fields, "Age", &age) > 0;
}

/* What is broken behind the head of a refusal does not matter. */
static enum exchange_result
fail(struct exchange *e, enum exchange_result result, const char *reason)
{
	e->reason = reason;
	return exchange_is_refused(e) ? EXCHANGE_ANSWER : result;
}

enum exchange_result
exchange_feed(struct exchange *e, struct span in)
{
	struct span data;

	for (;;) {
		switch (http_client_feed(&e->http, &in, &e->head, &data)) {
		case HTTP_CLIENT_MORE:
			return EXCHANGE_MORE;
		case HTTP_CLIENT_HEAD_DONE:
			if (!is_open(e, e->head.status)) {
				collect(e);
				break;
			}
			e->rest = in;
			return EXCHANGE_OPEN;
		case HTTP_CLIENT_DATA:
			if (refusal_take(&e->answer, data))
				return EXCHANGE_ANSWER;
			break;
		case HTTP_CLIENT_END:
			e->rest = in;
			return EXCHANGE_ANSWER;
		case HTTP_CLIENT_BAD:
			return fail(e, EXCHANGE_BAD, e->http.reason);
		}
	}
}

enum exchange_result
exchange_end(struct exchange *e, bool is_clean, const char *why)
{
	e->is_at_end = true;
	if (is_clean && e->answer.status != 0 &&
	    http_client_eof(&e->http) == HTTP_CLIENT_END)
		return EXCHANGE_ANSWER;
	return fail(e, EXCHANGE_LOST, why);
}
