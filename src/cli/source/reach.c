/* From a target's name to the answer to its request. It knows no packets. */
#include "cli/source/reach.h"

#include <string.h>

#include "cli/link/problem.h"
#include "cli/source/words.h"

void
reach_init(struct reach *r, const struct net_env *env, const struct target *target,
	   void (*on_ready)(struct call *c, uint64_t now_ns))
{
	call_init(&r->call, env, target, on_ready);
	r->state = REACH_IDLE;
	r->deadline_ns = LOOP_NEVER;
}

void
reach_want(struct reach *r, const struct options *o, uint32_t id, const char *ports_field,
	   const char *beside)
{
	r->options = o;
	r->id = id;
	r->ports_field = ports_field;
	r->beside = beside;
}

static enum reach_result
fail(struct reach *r, enum reach_result result, const char *what, struct span detail,
     const char *advice)
{
	struct text reason;

	text_init(&reason, r->reason, sizeof(r->reason));
	text_str(&reason, what);
	text_escape(&reason, detail);
	text_cstr(&reason);
	r->advice = advice;
	return result;
}

static enum reach_result
fail_for_good(struct reach *r, const char *what)
{
	return fail(r, REACH_FAILED, what, span_str(""), NULL);
}

static enum reach_result
lose_name(struct reach *r, const char *why)
{
	if (dial_is_proxied(r->call.env, r->call.target))
		return fail(r, REACH_LOST, "the proxy's name: ", span_str(why),
			    "check --proxy");
	return fail(r, REACH_LOST, "", span_str(why),
		    "check the target's name (a file is ./FILE)");
}

static enum reach_result
connect_to(struct reach *r, const struct net_address *list, size_t n, uint64_t now_ns)
{
	r->state = REACH_CONNECTING;
	if (!call_dial(&r->call, list, n, r->deadline_ns))
		return fail_for_good(r, "out of memory");
	return reach_step(r, now_ns);
}

static enum reach_result
connect_unix(struct reach *r, uint64_t now_ns)
{
	char mem[TARGET_NAME_MAX];
	struct net_address address;
	struct text path;
	const char *what;

	text_init(&path, mem, sizeof(mem));
	text_str(&path, "unix:");
	text_put(&path, r->call.target->url.host);
	what = net_parse_listen(text_span(&path), &address);
	return what ? fail_for_good(r, what) : connect_to(r, &address, 1, now_ns);
}

enum reach_result
reach_start(struct reach *r, uint64_t now_ns)
{
	const struct target *t = r->call.target;
	int rc;

	r->deadline_ns = now_ns + r->options->connect_ns;
	if (t->reason)
		return fail(r, REACH_FAILED, t->reason, span_str(""),
			    "check the target's name");
	if (t->ops->way == TARGET_SOCKET)
		return connect_unix(r, now_ns);
	if (t->ops->way == TARGET_COMMAND)
		return connect_to(r, NULL, 0, now_ns);
	r->state = REACH_RESOLVING;
	rc = dial_look_up(r->call.env, t, r->id);
	return rc < 0
		   ? fail(r, REACH_LOST, "name look-up: ", span_str(strerror(-rc)), NULL)
		   : REACH_MORE;
}

enum reach_result
reach_resolved(struct reach *r, const struct resolve_request *q, uint64_t now_ns)
{
	if (r->state != REACH_RESOLVING)
		return REACH_MORE;
	return q->reason ? lose_name(r, q->reason) : connect_to(r, q->list, q->n, now_ns);
}

enum reach_result
reach_ask(struct reach *r, uint64_t now_ns)
{
	const struct net_env *env = r->call.env;
	struct text request;
	char mem[64];
	struct text own;

	r->deadline_ns = now_ns + r->options->connect_ns;
	r->state = REACH_ASKING;
	text_init(&own, mem, sizeof(mem));
	call_put_own_address(&r->call, &own);
	text_init(&request, (char *)env->scratch, REACH_REQUEST_MAX);
	if (r->beside ? !target_side_request(r->call.target, r->beside, &request)
		      : !target_request(r->call.target, r->options, r->ports_field,
					text_cstr(&own), &request))
		return fail_for_good(r, "the request is too long");
	if (!call_ask(&r->call, EXCHANGE_CAPTURE, text_span(&request),
		      HTTP_RESPONSE_HEAD_MAX))
		return fail_for_good(r, "out of memory");
	return reach_step(r, now_ns);
}

/* With what it said so far. */
static enum reach_result
refuse(struct reach *r)
{
	const struct refusal *answer = &r->call.exchange->answer;
	char mem[PROBLEM_MAX + 16];
	struct text reason;
	struct text words;
	bool has_words;

	text_init(&reason, r->reason, sizeof(r->reason));
	text_init(&words, mem, sizeof(mem));
	has_words = refusal_put_words(answer, &words);
	refusal_put(answer, &reason);
	text_cstr(&reason);
	r->advice = words_option(r->options, text_span(&words));
	if (!has_words)
		r->advice = words_advice(r->call.target, r->options, answer->status);
	if (refusal_is_passing(answer))
		return REACH_LOST;
	return refusal_is_no_interface(answer) ? REACH_MISSING : REACH_FAILED;
}

static enum reach_result
lose_call(struct reach *r)
{
	const char *advice = r->call.advice;

	if (r->state == REACH_CONNECTING)
		return fail(r, REACH_LOST, r->call.reason, span_str(""), advice);
	if (!advice && target_is_remote(r->call.target))
		advice = target_is_https(r->call.target)
			     ? "check that the port is ddump-worker's or its proxy's"
			     : "if the port is https, write https://";
	return fail(r, REACH_LOST,
		    "closed before it answered: ", span_str(r->call.reason), advice);
}

/* More words of a refusal are waited for a moment only. */
static void
note_refusal(struct reach *r, uint64_t now_ns)
{
	if (r->state == REACH_ASKING && exchange_is_refused(r->call.exchange) &&
	    now_ns + REFUSAL_WAIT_NS < r->deadline_ns)
		r->deadline_ns = now_ns + REFUSAL_WAIT_NS;
}

static enum reach_result
expire(struct reach *r)
{
	if (r->state == REACH_RESOLVING)
		return lose_name(r, "name look-up: no answer in time");
	if (exchange_is_refused(r->call.exchange))
		return refuse(r);
	return fail(r, REACH_LOST, "no answer to the request in time", span_str(""),
		    "check that the port is ddump-worker's or its proxy's");
}

enum reach_result
reach_step(struct reach *r, uint64_t now_ns)
{
	if (r->state == REACH_IDLE)
		return REACH_MORE;
	if (r->state != REACH_CONNECTING && now_ns >= r->deadline_ns)
		return expire(r);
	switch (call_step(&r->call, now_ns)) {
	case CALL_MORE:
		note_refusal(r, now_ns);
		break;
	case CALL_CONNECTED:
		r->state = REACH_READY;
		r->deadline_ns = LOOP_NEVER;
		return r->call.is_capture ? REACH_CAPTURE : REACH_CONNECTED;
	case CALL_OPEN:
		return REACH_OPEN;
	case CALL_ANSWER:
		return refuse(r);
	case CALL_LOST:
		return lose_call(r);
	case CALL_REFUSED:
		return fail(r, REACH_FAILED, r->call.reason, span_str(""),
			    r->call.advice);
	case CALL_BAD:
		return fail(r, REACH_FAILED,
			    "invalid HTTP response: ", span_str(r->call.reason),
			    "check that the port is ddump-worker's or its proxy's");
	}
	return REACH_MORE;
}

uint64_t
reach_deadline(const struct reach *r)
{
	return r->state == REACH_CONNECTING ? call_deadline(&r->call) : r->deadline_ns;
}

void
reach_close(struct reach *r)
{
	call_close(&r->call);
	r->state = REACH_IDLE;
	r->deadline_ns = LOOP_NEVER;
}
