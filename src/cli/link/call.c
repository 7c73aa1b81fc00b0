/* From addresses to answers. What is asked, and what answers mean, is not known here. */
#include "cli/link/call.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/link/talk.h"
#include "cli/link/tls_advice.h"

struct call_dial {
	struct call *call;
	struct dial dial;
};

static void
on_watch(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct call *c = (struct call *)((char *)w - offsetof(struct call, watch));

	(void)ready;
	c->on_ready(c, now_ns);
}

static void
on_dial(struct dial *d, uint64_t now_ns)
{
	struct call_dial *cd =
	    (struct call_dial *)((char *)d - offsetof(struct call_dial, dial));

	if (cd->call->state == CALL_DIALING)
		cd->call->on_ready(cd->call, now_ns);
}

void
call_init(struct call *c, const struct net_env *env, const struct target *target,
	  void (*on_ready)(struct call *c, uint64_t now_ns))
{
	*c = (struct call){
	    .env = env, .target = target, .on_ready = on_ready, .reason = ""};
	c->transport = (struct transport){.fd = -1};
	loop_watch_init(&c->watch, on_watch);
}

bool
call_dial(struct call *c, const struct net_address *list, size_t n, uint64_t deadline_ns)
{
	if (!c->dial)
		c->dial = malloc(sizeof(*c->dial));
	if (!c->dial)
		return false;
	c->dial->call = c;
	c->state = CALL_DIALING;
	dial_init(&c->dial->dial, c->env, c->target);
	dial_start(&c->dial->dial, list, n, deadline_ns, on_dial);
	return true;
}

bool
call_ask(struct call *c, enum exchange_kind kind, struct span request, size_t head_size)
{
	free(c->exchange);
	c->exchange = exchange_new(kind, request, head_size);
	if (c->exchange)
		c->state = CALL_TALKING;
	return c->exchange != NULL;
}

void
call_ask_again(struct call *c)
{
	exchange_begin(c->exchange);
	c->state = CALL_TALKING;
}

bool
call_give(struct call *c, struct transport t)
{
	c->transport = t;
	c->state = CALL_READY;
	return t.fd >= 0 && loop_add(c->env->loop, &c->watch, t.fd, 0) == 0;
}

static enum call_result
step_dial(struct call *c, uint64_t now_ns)
{
	struct dial *d = &c->dial->dial;
	enum dial_result result = dial_step(d, now_ns);

	if (result == DIAL_MORE)
		return CALL_MORE;
	if (result == DIAL_DONE) {
		c->is_capture = d->is_capture;
		memcpy(c->peer, d->peer, sizeof(c->peer));
		if (call_give(c, dial_take(d)))
			return CALL_CONNECTED;
		c->reason = "no more descriptors can be watched";
		c->advice = NULL;
		return CALL_REFUSED;
	}
	c->state = CALL_CLOSED;
	c->reason = d->reason;
	c->advice = d->advice;
	return result == DIAL_LOST ? CALL_LOST : CALL_REFUSED;
}

static enum call_result
step_talk(struct call *c, unsigned *wants)
{
	struct exchange *e = c->exchange;
	enum exchange_result result = talk_step(e, &c->transport, c->env->scratch, wants);

	if (result == EXCHANGE_MORE)
		return CALL_MORE;
	c->state = CALL_READY;
	c->reason = e->reason;
	c->advice = NULL;
	switch (result) {
	case EXCHANGE_OPEN:
		return CALL_OPEN;
	case EXCHANGE_ANSWER:
		return CALL_ANSWER;
	case EXCHANGE_LOST:
		c->advice = tls_advice(c->env, c->target, &c->transport);
		return CALL_LOST;
	case EXCHANGE_MORE:
	case EXCHANGE_BAD:
		break;
	}
	return CALL_BAD;
}

/* Nothing was asked for; TLS may have something to say to itself. */
static enum call_result
read_nothing(struct call *c, unsigned *wants)
{
	size_t n;
	int error;

	switch (
	    transport_read(&c->transport, c->env->scratch, TALK_READ_MAX, &n, &error)) {
	case TRANSPORT_WANTS_IN:
		return CALL_MORE;
	case TRANSPORT_WANTS_OUT:
		*wants = LOOP_OUT;
		return CALL_MORE;
	case TRANSPORT_DONE:
	case TRANSPORT_END:
	case TRANSPORT_FAILED:
		break;
	}
	c->reason = "the connection was closed";
	c->advice = NULL;
	return CALL_LOST;
}

enum call_result
call_step(struct call *c, uint64_t now_ns)
{
	enum call_result result = CALL_MORE;
	unsigned wants = LOOP_IN;

	switch (c->state) {
	case CALL_CLOSED:
		break;
	case CALL_DIALING:
		return step_dial(c, now_ns);
	case CALL_READY:
		result = read_nothing(c, &wants);
		break;
	case CALL_TALKING:
		result = step_talk(c, &wants);
		break;
	}
	if (c->watch.fd >= 0)
		loop_set(c->env->loop, &c->watch, wants);
	return result;
}

uint64_t
call_deadline(const struct call *c)
{
	return c->state == CALL_DIALING ? dial_deadline(&c->dial->dial) : LOOP_NEVER;
}

const struct net_address *
call_address(const struct call *c)
{
	const struct connect *connect = &c->dial->dial.connect;

	return &connect->list[connect->last];
}

void
call_put_own_address(const struct call *c, struct text *out)
{
	struct net_address own;

	text_str(out, c->peer);
	if (dial_is_proxied(c->env, c->target) && net_local(c->transport.fd, &own) == 0)
		net_format_host(out, &own);
}

bool
call_shows_password(const struct call *c)
{
	struct net_address peer;

	if (!target_has_secret(c->target) || target_is_https(c->target))
		return false;
	return dial_is_proxied(c->env, c->target) ||
	       (net_peer(c->transport.fd, &peer) == 0 && !net_is_loopback(&peer));
}

struct transport
call_take(struct call *c)
{
	struct transport t = c->transport;

	loop_remove(c->env->loop, &c->watch);
	c->transport = (struct transport){.fd = -1};
	c->state = CALL_CLOSED;
	return t;
}

void
call_close(struct call *c)
{
	if (!c->env)
		return;
	loop_remove(c->env->loop, &c->watch);
	if (c->dial)
		dial_cancel(&c->dial->dial);
	transport_close(&c->transport);
	c->state = CALL_CLOSED;
}

void
call_settle(struct call *c)
{
	if (c->state != CALL_DIALING) {
		free(c->dial);
		c->dial = NULL;
	}
	if (c->state != CALL_TALKING) {
		free(c->exchange);
		c->exchange = NULL;
	}
}
