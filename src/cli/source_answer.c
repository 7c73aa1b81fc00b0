/* One request, one answer: up to the first byte of the body, or to the words of a
 * refusal. */
#include "cli/source_answer.h"

#include <stdlib.h>
#include <string.h>

#include "cli/problem.h"
#include "cli/source_body.h"
#include "cli/source_retry.h"
#include "cli/source_tls.h"
#include "http/emit.h"

#define HEAD_READ	(16u * 1024) /* what follows the head goes to the stash at first */
#define REFUSAL_WAIT_NS 2000000000u  /* for the words behind the head of a refusal */

struct source_exchange *
source_answer_new(struct source *s)
{
	struct source_exchange *e = malloc(sizeof(*e));
	struct text request;

	if (!e)
		return NULL;
	e->source = s;
	e->connect.n = 0;
	e->connect.next = 0;
	e->request_sent = 0;
	e->problem_size = 0;
	e->content_type_size = 0;
	text_init(&request, e->request, sizeof(e->request));
	if (!target_request(s->target, s->context->options, s->context->ports_field,
			    &request)) {
		free(e);
		return NULL;
	}
	e->request_size = request.n;
	http_client_init(&s->http, e->head, sizeof(e->head));
	return e;
}

/* A server that does not want all of it may have answered already: then that is read. */
void
source_answer_send(struct source *s)
{
	struct source_exchange *e = s->exchange;
	size_t n = 0;
	int error;

	while (e->request_sent < e->request_size) {
		switch (transport_write(&s->transport,
					(const uint8_t *)e->request + e->request_sent,
					e->request_size - e->request_sent, &n, &error)) {
		case TRANSPORT_DONE:
			e->request_sent += n;
			break;
		case TRANSPORT_WANTS_IN:
			s->wants = LOOP_IN;
			return;
		case TRANSPORT_WANTS_OUT:
			s->wants = LOOP_OUT;
			return;
		case TRANSPORT_END:
		case TRANSPORT_FAILED:
			e->request_sent = e->request_size;
			break;
		}
	}
	s->state = SOURCE_HEAD;
}

static void
keep_content_type(struct source_exchange *e, const struct http_response_head *head)
{
	struct span value;

	http_head_get(&head->fields, "Content-Type", &value);
	value = span_take(&value, sizeof(e->content_type));
	if (value.n > 0)
		memcpy(e->content_type, value.p, value.n);
	e->content_type_size = value.n;
}

/* "400 Bad Request", and for a redirect where to. */
static void
keep_status(struct source *s, const struct http_response_head *head)
{
	struct text reason;
	struct span value;

	text_init(&reason, s->reason, sizeof(s->reason));
	text_u64(&reason, head->status);
	text_char(&reason, ' ');
	if (head->reason.n > 0)
		text_escape(&reason, span_of(head->reason.p,
					     head->reason.n < 64 ? head->reason.n : 64));
	else
		text_str(&reason, http_emit_reason(head->status));
	http_head_get(&head->fields, "Location", &value);
	if (head->status / 100 == 3 && value.n > 0) {
		text_str(&reason, ": redirects are not followed; it names ");
		text_escape(&reason, span_take(&value, 256));
	}
	text_cstr(&reason);
}

static const char *
advice_of(const struct source *s, const char *status)
{
	bool is_tls = s->target->url.scheme == HTTP_SCHEME_HTTPS;

	if (strncmp(status, "400", 3) == 0 && !is_tls)
		return "is that port an https one?";
	if (strncmp(status, "400", 3) == 0 && !s->context->options->tls.cert_file)
		return "does it want a client certificate (-cert, -key)?";
	if (strncmp(status, "401", 3) == 0)
		return "give user:password@ in the target";
	if (strncmp(status, "404", 3) == 0)
		return "is that a ddump-worker, and the path right?";
	return NULL;
}

/* Too many captures, a proxy whose worker is away: it may be better soon. */
static bool
is_passing(const char *status)
{
	return status[0] == '5' || strncmp(status, "408", 3) == 0 ||
	       strncmp(status, "429", 3) == 0;
}

void
source_answer_refuse(struct source *s)
{
	struct source_exchange *e = s->exchange;
	char status[SOURCE_REASON_MAX];
	char mem[PROBLEM_MAX + 16];
	struct text words;
	struct text what;

	text_init(&words, mem, sizeof(mem));
	problem_put(&words, span_of(e->content_type, e->content_type_size),
		    span_of(e->problem, e->problem_size));
	memcpy(status, s->reason, sizeof(status));
	text_init(&what, status, sizeof(status));
	what.n = strlen(status);
	if (words.n > 0) {
		text_str(&what, ": ");
		text_put(&what, text_span(&words));
	}
	if (is_passing(s->reason))
		source_lose(s, text_cstr(&what), span_str(""), NULL);
	else
		source_fail(s, text_cstr(&what), span_str(""),
			    words.n > 0 ? NULL : advice_of(s, s->reason));
}

static void
take_head(struct source *s, const struct http_response_head *head, uint64_t now_ns)
{
	if (head->status == 200) {
		s->state = SOURCE_BODY;
		if (!s->is_in)
			source_join_merge(s, now_ns);
		s->has_answered = true;
		source_retry_note_answer(s);
		s->deadline_ns = now_ns + SOURCE_SILENCE_NS;
		return;
	}
	keep_content_type(s->exchange, head);
	keep_status(s, head);
	s->state = SOURCE_REFUSED;
	if (now_ns + REFUSAL_WAIT_NS < s->deadline_ns)
		s->deadline_ns = now_ns + REFUSAL_WAIT_NS;
}

static void
take_problem(struct source_exchange *e, struct span data)
{
	size_t room = sizeof(e->problem) - e->problem_size;
	size_t n = data.n < room ? data.n : room;

	memcpy(e->problem + e->problem_size, data.p, n);
	e->problem_size += n;
}

static void
fail_head(struct source *s, struct span reason)
{
	if (s->state == SOURCE_REFUSED)
		source_answer_refuse(s);
	else
		source_fail(s, "the answer is no HTTP/1.1: ", reason,
			    "is that port a ddump-worker's?");
}

/* True when the body begins. */
static bool
feed_head(struct source *s, uint64_t now_ns)
{
	struct http_response_head head;
	struct span data;

	for (;;) {
		switch (http_client_feed(&s->http, &s->raw, &head, &data)) {
		case HTTP_CLIENT_MORE:
			return false;
		case HTTP_CLIENT_HEAD_DONE:
			take_head(s, &head, now_ns);
			if (s->state == SOURCE_BODY)
				return true;
			break;
		case HTTP_CLIENT_DATA:
			take_problem(s->exchange, data);
			if (s->exchange->problem_size < SOURCE_PROBLEM_MAX)
				break;
			source_answer_refuse(s);
			return false;
		case HTTP_CLIENT_END:
			source_answer_refuse(s);
			return false;
		case HTTP_CLIENT_BAD:
			fail_head(s, span_str(s->http.reason));
			return false;
		}
	}
}

static void
end_early(struct source *s, const char *why)
{
	const char *advice = source_tls_advice(s);

	if (s->state == SOURCE_REFUSED)
		source_answer_refuse(s);
	else
		source_lose(s, "closed before it answered: ", span_str(why),
			    advice ? advice : "is that port a ddump-worker's?");
}

bool
source_answer_read(struct source *s, uint64_t now_ns)
{
	bool is_body;
	size_t n;
	int error;

	switch (
	    transport_read(&s->transport, s->context->scratch, HEAD_READ, &n, &error)) {
	case TRANSPORT_DONE:
		break;
	case TRANSPORT_WANTS_IN:
		return false;
	case TRANSPORT_WANTS_OUT:
		s->wants = LOOP_OUT;
		return false;
	case TRANSPORT_END:
		end_early(s, "end of the connection");
		return false;
	case TRANSPORT_FAILED:
		end_early(s, transport_reason(&s->transport, error));
		return false;
	}
	s->raw = span_of(s->context->scratch, n);
	is_body = feed_head(s, now_ns);
	if (!is_body)
		source_body_drop(s);
	return is_body;
}
