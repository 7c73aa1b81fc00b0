/* The connection that asks a worker for a capture's counts. What they mean is the
 * ledger's business. */
#include "cli/source/tally.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "sys/log.h"

/* What is needed only while a question is under way. */
struct source_tally_work {
	struct source_tally *tally;
	struct dial dial;
	struct http_client http;
	unsigned status;
	size_t answer_size;
	size_t sent;
	size_t request_size;
	uint8_t head[TALLY_HEAD_MAX];
	uint8_t answer[TALLY_ANSWER_MAX];
	char request[];
};

static void next(struct source_tally *t, uint64_t now_ns);

void
source_tally_init(struct source *s)
{
	struct source_tally *t = calloc(1, sizeof(*t));

	if (!t)
		return;
	t->source = s;
	t->watch.fd = -1;
	t->transport.fd = -1;
	t->deadline_ns = LOOP_NEVER;
	s->tally = t;
}

static void
close_connection(struct source_tally *t)
{
	loop_remove(t->source->context->loop, &t->watch);
	if (t->work)
		dial_cancel(&t->work->dial);
	transport_close(&t->transport);
	t->state = TALLY_IDLE;
	t->deadline_ns = LOOP_NEVER;
	source_note_change(t->source);
}

void
source_tally_fini(struct source *s)
{
	if (!s->tally)
		return;
	source_tally_stop(s);
	source_tally_settle(s);
	free(s->tally);
	s->tally = NULL;
}

/* Events of this round may have named its watches until now. */
void
source_tally_settle(struct source *s)
{
	struct source_tally *t = s->tally;

	if (!t || t->state != TALLY_IDLE)
		return;
	free(t->work);
	t->work = NULL;
	next(t, s->now_ns);
}

/* Once a run: through the same proxy all others will fail, too. */
static void
say_unknown(struct source_tally *t, const char *why)
{
	struct source_context *c = t->source->context;
	bool is_first = !c->has_told_unknown_counts;

	c->has_told_unknown_counts = true;
	log_line(is_first ? LOG_WARNING : LOG_DEBUG,
		 "%s: losses are known as \"at least\" only: GET /captures/ID: %s%s",
		 t->source->target->name, why,
		 is_first ? "; does a proxy pass on just /capture, or to another worker?"
			  : "");
}

/* The question has no answer; is_unknown: the worker has said so. A lost capture's worker
 * is asked again when the next try has reached it. */
static void
give_up_as(struct source_tally *t, const char *why, bool is_unknown)
{
	struct source *s = t->source;
	bool is_final = true;

	close_connection(t);
	if (t->is_for_lost) {
		t->wants_lost = false;
		is_final = is_unknown || s->state == SOURCE_BODY || source_is_over(s);
		if (is_final)
			ledger_give_up(&s->ledger);
	} else {
		t->wants_now = false;
		t->has_failed = true;
		source_note_uncounted(s);
	}
	if (why && is_final)
		say_unknown(t, why);
}

static void
give_up(struct source_tally *t, const char *why)
{
	give_up_as(t, why, false);
}

static void
take_answer(struct source_tally *t)
{
	const struct source_tally_work *w = t->work;
	struct source *s = t->source;
	struct tally_answer answer;
	bool is_lost = t->is_for_lost;
	char mem[64];
	struct text why;

	if (w->status != 200) {
		text_init(&why, mem, sizeof(mem));
		text_u64(&why, w->status);
		/* a restarted worker does not know the captures of the one before */
		give_up_as(t, is_lost && w->status == 404 ? NULL : text_cstr(&why),
			   w->status / 100 == 4);
		return;
	}
	if (!tally_answer_parse(span_of(w->answer, w->answer_size), &answer)) {
		give_up(t, "the answer has no counts");
		return;
	}
	close_connection(t);
	ledger_receive(&s->ledger, source_received(s));
	ledger_settle(&s->ledger, is_lost, &answer.counts,
		      answer.is_exact && !(is_lost && t->is_overlap));
	if (is_lost)
		t->wants_lost = false;
	else
		t->wants_now = false;
	source_note_counted(s, !is_lost && answer.is_limit);
}

static void
send_request(struct source_tally *t)
{
	struct source_tally_work *w = t->work;
	size_t n = 0;
	int error;

	while (w->sent < w->request_size) {
		switch (transport_write(&t->transport,
					(const uint8_t *)w->request + w->sent,
					w->request_size - w->sent, &n, &error)) {
		case TRANSPORT_DONE:
			w->sent += n;
			break;
		case TRANSPORT_WANTS_IN:
			t->wants = LOOP_IN;
			return;
		case TRANSPORT_WANTS_OUT:
			t->wants = LOOP_OUT;
			return;
		case TRANSPORT_END:
		case TRANSPORT_FAILED:
			give_up(t, "the connection was closed");
			return;
		}
	}
	t->state = TALLY_READING;
}

/* False when it is too long for counts. */
static bool
keep_answer(struct source_tally_work *w, struct span data)
{
	if (data.n > sizeof(w->answer) - w->answer_size)
		return false;
	memcpy(w->answer + w->answer_size, data.p, data.n);
	w->answer_size += data.n;
	return true;
}

static void
feed(struct source_tally *t, struct span in)
{
	struct http_response_head head;
	struct span data;

	for (;;) {
		switch (http_client_feed(&t->work->http, &in, &head, &data)) {
		case HTTP_CLIENT_MORE:
			return;
		case HTTP_CLIENT_HEAD_DONE:
			t->work->status = head.status;
			break;
		case HTTP_CLIENT_DATA:
			if (t->work->status != 200 || keep_answer(t->work, data))
				break;
			give_up(t, "the answer is too long");
			return;
		case HTTP_CLIENT_END:
			take_answer(t);
			return;
		case HTTP_CLIENT_BAD:
			give_up(t, t->work->http.reason);
			return;
		}
	}
}

static void
read_answer(struct source_tally *t)
{
	uint8_t *mem = t->source->context->scratch;
	size_t n;
	int error;

	do {
		switch (transport_read(&t->transport, mem, TALLY_READ_MAX, &n, &error)) {
		case TRANSPORT_DONE:
			feed(t, span_of(mem, n));
			break;
		case TRANSPORT_WANTS_IN:
			return;
		case TRANSPORT_WANTS_OUT:
			t->wants = LOOP_OUT;
			return;
		case TRANSPORT_END:
			if (http_client_eof(&t->work->http) == HTTP_CLIENT_END)
				take_answer(t);
			else
				give_up(t, "the connection was closed");
			break;
		case TRANSPORT_FAILED:
			give_up(t, "the connection was closed");
			break;
		}
	} while (t->state == TALLY_READING && transport_has_pending(&t->transport));
}

/* What to wait for, from the state alone. */
static void
arm(struct source_tally *t)
{
	unsigned usual = t->state == TALLY_SENDING ? LOOP_OUT : LOOP_IN;

	loop_set(t->source->context->loop, &t->watch, t->wants != 0 ? t->wants : usual);
	source_note_change(t->source);
}

static void
step_dial(struct source_tally *t, uint64_t now_ns)
{
	struct dial *d = &t->work->dial;

	switch (dial_step(d, now_ns)) {
	case DIAL_MORE:
		break;
	case DIAL_DONE:
		t->transport = dial_take(d);
		t->state = TALLY_SENDING;
		if (loop_add(t->source->context->loop, &t->watch, t->transport.fd, 0) ==
		    0)
			send_request(t);
		else
			give_up(t, "no more descriptors can be watched");
		break;
	case DIAL_LOST:
	case DIAL_REFUSED:
		give_up(t, d->reason);
		break;
	}
}

static void
on_dial(struct dial *d, uint64_t now_ns)
{
	struct source_tally *t =
	    ((struct source_tally_work *)((char *)d -
					  offsetof(struct source_tally_work, dial)))
		->tally;

	if (t->state != TALLY_DIALING)
		return;
	t->wants = 0;
	step_dial(t, now_ns);
	arm(t);
}

static void
on_watch(struct loop_watch *watch, unsigned ready, uint64_t now_ns)
{
	struct source_tally *t =
	    (struct source_tally *)((char *)watch - offsetof(struct source_tally, watch));

	(void)ready;
	(void)now_ns;
	t->wants = 0;
	if (t->state == TALLY_SENDING)
		send_request(t);
	else if (t->state == TALLY_READING)
		read_answer(t);
	arm(t);
}

static bool
make_work(struct source_tally *t, const char *id)
{
	struct source_context *context = t->source->context;
	char mem[sizeof("captures/?stop=1") + TALLY_ID_SIZE];
	struct source_tally_work *w;
	struct text request;
	struct text name;

	text_init(&name, mem, sizeof(mem));
	text_str(&name, "captures/");
	text_str(&name, id);
	text_str(&name, "?stop=1");
	text_init(&request, (char *)context->scratch, SOURCE_SCRATCH);
	if (!target_side_request(t->source->target, text_cstr(&name), &request))
		return false;
	w = calloc(1, sizeof(*w) + request.n);
	if (!w)
		return false;
	w->tally = t;
	w->request_size = request.n;
	memcpy(w->request, request.p, request.n);
	http_client_init(&w->http, w->head, sizeof(w->head));
	t->work = w;
	return true;
}

/* The next question, the lost capture's first; none while one is under way. */
static void
next(struct source_tally *t, uint64_t now_ns)
{
	struct source *s = t->source;

	if (t->work || (!t->wants_lost && !t->wants_now))
		return;
	t->is_for_lost = t->wants_lost;
	t->wants = 0;
	t->watch.on_ready = on_watch;
	if (!make_work(t, t->is_for_lost ? t->lost_id : t->now_id)) {
		give_up(t, "out of memory");
		return;
	}
	t->state = TALLY_DIALING;
	t->deadline_ns =
	    now_ns +
	    (s->lost_ns != 0 && !t->is_for_lost ? TALLY_LOST_NS : TALLY_PATIENCE_NS);
	dial_init(&t->work->dial, s->context, s->target);
	dial_start(&t->work->dial, &t->address, 1, t->deadline_ns, on_dial);
	step_dial(t, now_ns);
	arm(t);
}

/* Hex digits alone: it becomes a part of a request. */
static void
take_id(char id[static TALLY_ID_SIZE + 1], const struct http_response_head *head)
{
	struct span value;

	id[0] = '\0';
	if (http_head_get(&head->fields, "Ddump-Capture", &value) != 1 ||
	    value.n != TALLY_ID_SIZE)
		return;
	for (size_t i = 0; i < value.n; i++)
		if (!((value.p[i] >= '0' && value.p[i] <= '9') ||
		      (value.p[i] >= 'a' && value.p[i] <= 'f')))
			return;
	memcpy(id, value.p, value.n);
	id[value.n] = '\0';
}

void
source_tally_lose(struct source *s, const struct net_address *address, uint64_t now_ns)
{
	struct source_tally *t = s->tally;

	if (!t || (!s->ledger.has_begun && !s->ledger.has_lost))
		return;
	source_tally_stop(s);
	t->address = *address;
	if (s->ledger.has_begun) {
		ledger_lose(&s->ledger);
		memcpy(t->lost_id, t->now_id, sizeof(t->lost_id));
		t->now_id[0] = '\0';
	}
	t->is_overlap = false;
	t->wants_lost = s->ledger.has_lost && t->lost_id[0] != '\0';
	if (s->ledger.has_lost && !t->wants_lost)
		ledger_give_up(&s->ledger);
	next(t, now_ns);
}

bool
source_tally_is_losing(const struct source *s)
{
	return s->tally && s->tally->wants_lost;
}

void
source_tally_begin(struct source *s, const struct net_address *address,
		   const struct http_response_head *head)
{
	struct source_tally *t = s->tally;

	ledger_begin(&s->ledger);
	if (!t)
		return;
	take_id(t->now_id, head);
	t->address = *address;
	t->has_failed = false;
	t->is_overlap = s->ledger.has_lost;
	t->wants_lost = s->ledger.has_lost && t->lost_id[0] != '\0';
	next(t, s->now_ns);
}

bool
source_tally_has_id(const struct source *s)
{
	return s->tally && s->tally->now_id[0] != '\0';
}

void
source_tally_ask(struct source *s, uint64_t now_ns)
{
	if (!source_tally_has_id(s) || ledger_is_settled(&s->ledger) ||
	    s->tally->has_failed)
		return;
	s->tally->wants_now = true;
	next(s->tally, now_ns);
}

bool
source_tally_is_asking(const struct source *s)
{
	return s->tally && (s->tally->wants_now || s->tally->wants_lost);
}

void
source_tally_stop(struct source *s)
{
	struct source_tally *t = s->tally;

	if (!t)
		return;
	close_connection(t);
	t->wants_lost = t->wants_now = false;
}

uint64_t
source_tally_deadline(const struct source *s)
{
	const struct source_tally *t = s->tally;
	uint64_t dial_ns = LOOP_NEVER;

	if (!t)
		return LOOP_NEVER;
	if (t->state == TALLY_DIALING)
		dial_ns = dial_deadline(&t->work->dial);
	return dial_ns < t->deadline_ns ? dial_ns : t->deadline_ns;
}

void
source_tally_expire(struct source *s, uint64_t now_ns)
{
	struct source_tally *t = s->tally;

	if (!t || now_ns < source_tally_deadline(s))
		return;
	if (now_ns >= t->deadline_ns) {
		give_up(t, "no answer in time");
	} else {
		t->wants = 0;
		step_dial(t, now_ns);
		arm(t);
	}
}
