/* The connection that asks a worker for a capture's counts. What they mean is the
 * ledger's business. */
#include "cli/source/tally.h"

#include <string.h>

#include "cli/source/tally_answer.h"

void
tally_init(struct tally *t, const struct net_env *env, const struct target *target,
	   struct ledger *ledger, void (*on_ready)(struct call *c, uint64_t now_ns))
{
	call_init(&t->call, env, target, on_ready);
	t->ledger = ledger;
	t->deadline_ns = LOOP_NEVER;
}

/* Gives up every question. */
static void
stop(struct tally *t)
{
	call_close(&t->call);
	t->deadline_ns = LOOP_NEVER;
	t->wants_lost = t->wants_now = false;
}

void
tally_fini(struct tally *t)
{
	stop(t);
	call_settle(&t->call);
}

/* The question has no answer; is_unknown: the worker has said so. A lost capture's worker
 * is asked again when the next try has reached it. */
static enum tally_result
give_up(struct tally *t, struct span why, bool is_unknown, bool is_last)
{
	const struct exchange *e = t->call.exchange;
	struct text text;

	call_close(&t->call);
	t->deadline_ns = LOOP_NEVER;
	t->has_refused = e && e->answer.status != 0;
	text_init(&text, t->why, sizeof(t->why));
	if (!t->is_for_lost) {
		t->wants_now = false;
		t->has_failed = true;
		text_put(&text, why);
		text_cstr(&text);
		return TALLY_UNCOUNTED;
	}
	t->wants_lost = false;
	if (is_unknown || is_last) {
		ledger_give_up(t->ledger);
		text_put(&text, why);
	}
	text_cstr(&text);
	return TALLY_LOST_UNCOUNTED;
}

static enum tally_result
refuse(struct tally *t, unsigned status, bool is_last)
{
	char mem[16];
	struct text why;

	text_init(&why, mem, sizeof(mem));
	/* a restarted worker does not know the captures of the one before */
	if (!t->is_for_lost || status != 404)
		text_u64(&why, status);
	return give_up(t, text_span(&why), status / 100 == 4, is_last);
}

static void
note_cut(struct tally *t, struct span end)
{
	struct text cut;

	text_init(&cut, t->cut, sizeof(t->cut));
	text_put(&cut, end);
	text_cstr(&cut);
}

static enum tally_result
take_answer(struct tally *t, bool is_last)
{
	const struct refusal *r = &t->call.exchange->answer;
	struct tally_answer answer;

	if (r->status != 200)
		return refuse(t, r->status, is_last);
	if (!tally_answer_parse(span_of(r->body, r->body_size), &answer))
		return give_up(t, span_str("the answer has no counts"), false, is_last);
	call_close(&t->call);
	t->deadline_ns = LOOP_NEVER;
	ledger_settle(t->ledger, t->is_for_lost, &answer.counts, answer.is_exact);
	if (t->is_for_lost)
		t->wants_lost = false;
	else
		t->wants_now = false;
	if (answer.is_cut && !t->is_for_lost)
		note_cut(t, answer.end);
	return answer.is_limit && !t->is_for_lost ? TALLY_LIMITED : TALLY_COUNTED;
}

static bool
ask(struct tally *t)
{
	char mem[sizeof("captures/?stop=1") + TALLY_ID_SIZE];
	struct text request;
	struct text name;

	text_init(&name, mem, sizeof(mem));
	text_str(&name, "captures/");
	text_str(&name, t->is_for_lost ? t->lost_id : t->now_id);
	text_str(&name, "?stop=1");
	text_init(&request, (char *)t->call.env->scratch, NET_SCRATCH);
	return target_side_request(t->call.target, text_cstr(&name), &request) &&
	       call_ask(&t->call, EXCHANGE_ANY, text_span(&request), TALLY_HEAD_MAX);
}

enum tally_result
tally_step(struct tally *t, bool is_last, uint64_t now_ns)
{
	for (;;) {
		switch (call_step(&t->call, now_ns)) {
		case CALL_MORE:
			return TALLY_MORE;
		case CALL_CONNECTED:
			if (!ask(t))
				return give_up(t, span_str("out of memory"), false,
					       is_last);
			break;
		case CALL_OPEN:
		case CALL_ANSWER:
			return take_answer(t, is_last);
		case CALL_LOST:
		case CALL_REFUSED:
		case CALL_BAD:
			return give_up(t, span_str(t->call.reason), false, is_last);
		}
	}
}

void
tally_settle(struct tally *t, uint64_t now_ns)
{
	uint64_t patience_ns = TALLY_PATIENCE_NS;

	if (!t->call.env || t->call.state != CALL_CLOSED)
		return;
	call_settle(&t->call);
	if (!tally_is_asking(t))
		return;
	t->is_for_lost = t->wants_lost;
	if (t->is_away && !t->is_for_lost)
		patience_ns = TALLY_LOST_NS;
	t->deadline_ns = now_ns + patience_ns;
	if (!call_dial(&t->call, &t->address, 1, t->deadline_ns))
		t->deadline_ns = now_ns; /* out of memory is no answer in time */
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
tally_lose(struct tally *t, const struct net_address *address)
{
	if (!t->call.env)
		return;
	t->address = *address;
	if (!t->ledger->has_begun && !t->ledger->has_lost)
		return;
	stop(t);
	if (t->ledger->has_begun) {
		ledger_lose(t->ledger);
		memcpy(t->lost_id, t->now_id, sizeof(t->lost_id));
		t->now_id[0] = '\0';
	}
	t->wants_lost = t->ledger->has_lost && t->lost_id[0] != '\0';
	if (t->ledger->has_lost && !t->wants_lost)
		ledger_give_up(t->ledger);
}

bool
tally_is_losing(const struct tally *t)
{
	return t->wants_lost;
}

void
tally_begin(struct tally *t, const struct http_response_head *head)
{
	ledger_begin(t->ledger);
	if (t->call.env)
		take_id(t->now_id, head);
	else if (t->ledger->has_lost)
		ledger_give_up(t->ledger); /* nobody can be asked */
	t->has_failed = false;
	t->is_away = false;
	t->cut[0] = '\0';
	t->wants_lost = t->ledger->has_lost && t->lost_id[0] != '\0';
}

bool
tally_has_id(const struct tally *t)
{
	return t->now_id[0] != '\0';
}

void
tally_ask(struct tally *t, bool is_away)
{
	if (!tally_has_id(t) || ledger_is_settled(t->ledger) || t->has_failed)
		return;
	t->is_away = is_away;
	t->wants_now = true;
}

bool
tally_is_asking(const struct tally *t)
{
	return t->wants_now || t->wants_lost;
}

uint64_t
tally_deadline(const struct tally *t)
{
	uint64_t dial_ns = call_deadline(&t->call);

	if (!t->call.env)
		return LOOP_NEVER;
	return dial_ns < t->deadline_ns ? dial_ns : t->deadline_ns;
}

enum tally_result
tally_expire(struct tally *t, bool is_last, uint64_t now_ns)
{
	if (now_ns < tally_deadline(t))
		return TALLY_MORE;
	if (now_ns >= t->deadline_ns)
		return give_up(t, span_str("no answer in time"), false, is_last);
	return tally_step(t, is_last, now_ns);
}
