/* The connection that asks a worker for its clock. What the answers mean is not known
 * here. */
#include "cli/source/probe.h"

#include <string.h>

#include "cli/source/addresses.h"
#include "cli/source/clock_answer.h"
#include "sys/clock.h"

void
probe_init(struct probe *p, const struct net_env *env, const struct target *target,
	   bool is_eager, void (*on_ready)(struct call *c, uint64_t now_ns))
{
	call_init(&p->call, env, target, on_ready);
	p->is_eager = is_eager;
	p->deadline_ns = LOOP_NEVER;
}

void
probe_fini(struct probe *p)
{
	probe_stop(p);
	call_settle(&p->call);
}

/* The burst is over, not well; the next one begins at at_ns. */
static enum probe_result
give_up(struct probe *p, uint64_t at_ns)
{
	call_close(&p->call);
	p->deadline_ns = at_ns;
	p->is_measuring = false;
	return PROBE_LOOK;
}

/* No clock; a proxy whose worker is away may have one soon. */
static enum probe_result
refuse(struct probe *p, uint64_t now_ns)
{
	bool was_refused = p->is_refused;

	p->status = p->call.exchange->answer.status;
	p->is_refused = true;
	give_up(p, now_ns + (p->status >= 500 || p->status == 429 ? CLOCK_OFFSET_PERIOD_NS
								  : PROBE_REFUSED_NS));
	return was_refused ? PROBE_LOOK : PROBE_NO_CLOCK;
}

/* A server may close a connection that was idle: then there is a new one, at once if it
 * was just asked. */
static enum probe_result
lose(struct probe *p, bool was_asked, uint64_t now_ns)
{
	if (was_asked && !p->is_kept)
		return give_up(p, now_ns + CLOCK_OFFSET_PERIOD_NS);
	call_close(&p->call);
	if (was_asked)
		p->deadline_ns = now_ns;
	return PROBE_MORE;
}

/* False: no memory. */
static bool
begin_exchange(struct probe *p, uint64_t now_ns)
{
	bool was_asking = p->is_asking_addresses;
	struct text request;

	p->deadline_ns = now_ns + PROBE_PATIENCE_NS;
	p->is_asking_addresses = p->addresses && !p->has_addresses;
	p->has_addresses = true;
	if (p->call.exchange && was_asking == p->is_asking_addresses) {
		call_ask_again(&p->call);
	} else {
		text_init(&request, (char *)p->call.env->scratch, NET_SCRATCH);
		if (!target_side_request(p->call.target,
					 p->is_asking_addresses ? "interfaces" : "clock",
					 &request) ||
		    !call_ask(&p->call, EXCHANGE_ANY, text_span(&request),
			      PROBE_HEAD_MAX))
			return false;
	}
	p->t0_ns = clock_boottime_ns();
	return true;
}

/* The loop's clock stands still while the host sleeps, the steady one does not. */
static uint64_t
due_ns(const struct probe *p, uint64_t steady_ns, uint64_t now_ns)
{
	uint64_t due = clock_offset_due_ns(&p->offset);

	return due > steady_ns ? now_ns + (due - steady_ns) : now_ns;
}

/* A whole answer is there. MORE: the next exchange of the burst is under way. */
static enum probe_result
finish_exchange(struct probe *p, uint64_t now_ns)
{
	const struct exchange *e = p->call.exchange;
	struct span body = span_of(e->answer.body, e->answer.body_size);
	uint64_t t1_ns = clock_boottime_ns();
	uint64_t time_ns;

	if (p->is_asking_addresses) {
		if (e->answer.status == 200)
			addresses_take(p->addresses, body);
		if (e->is_at_end || e->rest.n > 0)
			return lose(p, true, now_ns);
		return begin_exchange(p, now_ns)
			   ? PROBE_MORE
			   : give_up(p, now_ns + CLOCK_OFFSET_PERIOD_NS);
	}
	if (e->answer.status != 200 || e->is_cached || e->rest.n > 0 ||
	    !clock_answer_parse(body, &time_ns) ||
	    clock_offset_exchange(&p->offset, p->t0_ns, time_ns, t1_ns) ==
		CLOCK_OFFSET_REFUSED)
		return refuse(p, now_ns);
	p->is_refused = false;
	p->is_kept = false;
	if (e->is_at_end)
		return give_up(p, now_ns + CLOCK_OFFSET_PERIOD_NS);
	p->deadline_ns = due_ns(p, t1_ns, now_ns);
	if (p->deadline_ns > now_ns) {
		p->is_kept = true;
		p->is_measuring = false;
		return PROBE_LOOK;
	}
	return begin_exchange(p, now_ns) ? PROBE_MORE
					 : give_up(p, now_ns + CLOCK_OFFSET_PERIOD_NS);
}

enum probe_result
probe_step(struct probe *p, uint64_t now_ns)
{
	enum probe_result result = PROBE_MORE;

	while (result == PROBE_MORE) {
		bool was_asked = p->call.state != CALL_READY;

		switch (call_step(&p->call, now_ns)) {
		case CALL_MORE:
			if (p->call.state == CALL_DIALING)
				p->deadline_ns = call_deadline(&p->call);
			return PROBE_MORE;
		case CALL_CONNECTED:
			if (!begin_exchange(p, now_ns))
				return give_up(p, now_ns + CLOCK_OFFSET_PERIOD_NS);
			break;
		case CALL_OPEN:
		case CALL_ANSWER:
			result = finish_exchange(p, now_ns);
			break;
		case CALL_LOST:
		case CALL_REFUSED:
			return lose(p, was_asked, now_ns);
		case CALL_BAD:
			return refuse(p, now_ns);
		}
	}
	/* between bursts what it says is still waited for */
	if (p->call.state == CALL_READY)
		call_step(&p->call, now_ns);
	return result;
}

void
probe_start(struct probe *p, const struct net_address *address, uint64_t now_ns)
{
	struct clock_offset *o = &p->offset;

	if (!p->call.env || p->is_started)
		return;
	if (p->address.size != 0 &&
	    (p->address.size != address->size ||
	     memcmp(&p->address.sa, &address->sa, address->size) != 0))
		*o = (struct clock_offset){.n_exchanges = o->n_exchanges,
					   .n_steps = o->n_steps + 1};
	p->is_started = true;
	p->address = *address;
	if (p->is_eager)
		probe_allow(p, now_ns);
}

void
probe_borrow(struct probe *p, struct transport t, uint64_t now_ns)
{
	p->is_kept = false;
	p->is_measuring = true;
	p->deadline_ns = now_ns;
	if (!call_give(&p->call, t))
		give_up(p, LOOP_NEVER);
}

struct transport
probe_return(struct probe *p)
{
	struct transport t = call_take(&p->call);

	probe_stop(p);
	return t;
}

void
probe_allow(struct probe *p, uint64_t now_ns)
{
	if (!p->call.env || !p->is_started || p->is_allowed)
		return;
	p->is_allowed = true;
	p->is_measuring = true;
	p->deadline_ns = now_ns;
}

void
probe_stop(struct probe *p)
{
	call_close(&p->call);
	p->is_started = false;
	p->is_allowed = false;
	p->is_measuring = false;
	p->has_addresses = false;
	p->deadline_ns = LOOP_NEVER;
}

bool
probe_is_measuring(const struct probe *p)
{
	return p->is_measuring;
}

uint64_t
probe_deadline(const struct probe *p)
{
	return p->call.env ? p->deadline_ns : LOOP_NEVER;
}

enum probe_result
probe_expire(struct probe *p, uint64_t now_ns)
{
	bool is_begun = true;

	if (now_ns < probe_deadline(p))
		return PROBE_MORE;
	switch (p->call.state) {
	case CALL_TALKING:
		return give_up(p, now_ns + CLOCK_OFFSET_PERIOD_NS);
	case CALL_DIALING:
		break;
	case CALL_CLOSED:
		p->is_kept = false;
		is_begun =
		    call_dial(&p->call, &p->address, 1, now_ns + PROBE_PATIENCE_NS);
		break;
	case CALL_READY:
		is_begun = begin_exchange(p, now_ns);
		break;
	}
	return is_begun ? probe_step(p, now_ns)
			: give_up(p, now_ns + CLOCK_OFFSET_PERIOD_NS);
}

/* One that does not give the format it is asked for is older than /clock, or none of ours:
 * who knows what it would make of another request. */
bool
probe_may_ask(const struct target *t, const struct http_response_head *head)
{
	struct span type;

	return target_has_format(t) ||
	       (http_head_get(&head->fields, "Content-Type", &type) &&
		span_starts(type, span_str("application/x-pcapng")));
}
