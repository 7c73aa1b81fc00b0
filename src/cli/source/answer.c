/* One request, one answer: up to the first byte of the body, or to the words of a
 * refusal. */
#include "cli/source/answer.h"

#include <stdlib.h>

#include "cli/source/body.h"
#include "cli/source/probe.h"
#include "cli/source/retry.h"
#include "cli/source/tally.h"

#define HEAD_READ (16u * 1024) /* what follows the head goes to the stash at first */

struct source_exchange *
source_answer_new(struct source *s)
{
	struct source_exchange *e = malloc(sizeof(*e));

	if (!e)
		return NULL;
	e->source = s;
	e->refusal.status = 0;
	dial_init(&e->dial, s->context, s->target);
	return e;
}

bool
source_answer_begin(struct source *s, const char *own_address)
{
	struct source_exchange *e = s->exchange;
	struct text request;

	e->request_sent = 0;
	text_init(&request, e->request, sizeof(e->request));
	http_client_init(&s->http, e->head, sizeof(e->head));
	if (!target_request(s->target, s->context->options, s->context->ports_field,
			    own_address, &request))
		return false;
	e->request_size = request.n;
	return true;
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

static const char *
advice_of(const struct source *s, unsigned status)
{
	const struct target *t = s->target;

	if (status == 400 && !target_is_https(t))
		return "is that port an https one?";
	if (status == 400 && !s->context->options->tls.cert_file)
		return "does it want a client certificate (-cert, -key)?";
	if (status == 401 && t->url.has_user)
		return "check the user and password";
	if (status == 403)
		return "who may capture there, and from where?";
	if (status == 401)
		return "give user:password@ in the target, or --netrc";
	if (status == 404)
		return "is that a ddump-worker, and the path right?";
	return NULL;
}

void
source_answer_refuse(struct source *s)
{
	const struct refusal *r = &s->exchange->refusal;
	char mem[SOURCE_REASON_MAX];
	struct text what;
	bool has_words;

	text_init(&what, mem, sizeof(mem));
	has_words = refusal_put(r, &what);
	if (refusal_is_passing(r) || (s->has_answered && refusal_is_no_interface(r)))
		source_lose(s, text_cstr(&what), span_str(""),
			    has_words ? NULL
				      : "is ddump-worker running behind that proxy?");
	else
		source_fail(s, text_cstr(&what), span_str(""),
			    has_words ? NULL : advice_of(s, r->status));
}

/* One that does not give the format it is asked for is older than /clock, or none of ours:
 * who knows what it would make of another request. */
static bool
may_have_clock(const struct source *s, const struct http_response_head *head)
{
	struct span type;

	return target_has_format(s->target) ||
	       (http_head_get(&head->fields, "Content-Type", &type) &&
		span_starts(type, span_str("application/x-pcapng")));
}

static void
begin_ledger(struct source *s, const struct http_response_head *head)
{
	const struct connect *c = &s->exchange->dial.connect;

	source_tally_begin(s, &c->list[c->last], head);
}

static void
take_head(struct source *s, const struct http_response_head *head, uint64_t now_ns)
{
	if (head->status == 200) {
		s->state = SOURCE_BODY;
		if (!s->is_in)
			source_join_merge(s, now_ns);
		s->has_answered = true;
		begin_ledger(s, head);
		source_retry_note_answer(s);
		if (may_have_clock(s, head))
			source_probe_allow(s, now_ns);
		s->deadline_ns = now_ns + SOURCE_SILENCE_NS;
		return;
	}
	refusal_begin(&s->exchange->refusal, head);
	s->state = SOURCE_REFUSED;
	if (now_ns + REFUSAL_WAIT_NS < s->deadline_ns)
		s->deadline_ns = now_ns + REFUSAL_WAIT_NS;
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
			if (!refusal_take(&s->exchange->refusal, data))
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
	const char *advice = dial_tls_advice(s->context, &s->transport);

	if (!advice)
		advice = target_is_https(s->target)
			     ? "is that port a ddump-worker's?"
			     : "is that port a ddump-worker's, or an https one?";
	if (s->state == SOURCE_REFUSED)
		source_answer_refuse(s);
	else
		source_lose(s, "closed before it answered: ", span_str(why), advice);
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
