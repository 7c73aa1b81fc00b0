/*
 * The life of one source, from a name to its end: one state, one step for each. It knows
 * nothing of the other sources, of the output, and of what the packets mean.
 */
#include "cli/source/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/link/command.h"
#include "cli/source/addresses.h"
#include "cli/source/end.h"
#include "cli/source/words.h"
#include "sys/log.h"

#define LEFT_TOLD_MAX 32 /* lines that a target's worker can cause */

/* NOLINTNEXTLINE(misc-redundant-expression): equal today */
_Static_assert(BODY_READ_MAX <= NET_SCRATCH, "a read goes into the scratch");

static void on_watch(struct loop_watch *w, unsigned ready, uint64_t now_ns);
static void on_time(struct loop_timer *t, uint64_t now_ns);
static void on_reach(struct call *c, uint64_t now_ns);
static void on_probe(struct call *c, uint64_t now_ns);
static void on_tally(struct call *c, uint64_t now_ns);

static void
init_network(struct source *s)
{
	const struct net_env *net = &s->context->net;
	bool is_aligned = s->context->options->aligns_clocks;

	reach_init(&s->reach, net, s->target, on_reach);
	reach_want(&s->reach, s->context->options, s->id, s->context->ports_field, NULL);
	if (!target_is_command(s->target))
		tally_init(&s->tally, net, s->target, &s->ledger, on_tally);
	if (s->context->has_probes)
		probe_init(&s->probe, net, s->target, is_aligned, on_probe);
	if (s->context->addresses)
		s->probe.addresses = &s->context->addresses[s->id];
	s->clock = (struct source_clock){.target = s->target,
					 .merge = s->context->merge,
					 .reference = &s->context->reference,
					 .offset = &s->probe.offset};
	if (is_aligned)
		s->clock.slew = calloc(1, sizeof(*s->clock.slew));
}

void
source_init(struct source *s, struct source_context *context, const struct target *target,
	    uint32_t id)
{
	s->context = context;
	s->target = target;
	s->id = id;
	s->state = SOURCE_NEW;
	s->was_pending = true;
	loop_watch_init(&s->watch, on_watch);
	loop_timer_init(&s->timer, on_time);
	s->transport = (struct transport){.fd = -1};
	s->deadline_ns = LOOP_NEVER;
	s->tally.ledger = &s->ledger;
	if (target->ops->is_http)
		init_network(s);
	body_init(&s->body, &(struct body_options){.merge = context->merge,
						   .interfaces = context->interfaces,
						   .target = target,
						   .slew = s->clock.slew,
						   .id = id});
}

void
source_fini(struct source *s)
{
	tally_fini(&s->tally); /* nothing is asked any more */
	source_cancel(s);
	loop_timer_cancel(s->context->net.loop, &s->timer);
	body_fini(&s->body);
	probe_fini(&s->probe);
	call_settle(&s->reach.call);
	free(s->clock.slew);
	s->clock.slew = NULL;
}

static uint64_t
merge_ns(const struct source *s)
{
	return merge_clock_ns(&s->context->merge_clock, s->now_ns);
}

/* A file is there, and a command has a while to begin. */
static void
begin_stream(struct source *s)
{
	body_join(&s->body, s->is_file, merge_ns(s));
	ledger_begin(&s->ledger);
	s->state = SOURCE_BODY;
	s->wants = 0;
	if (target_is_command(s->target))
		s->deadline_ns = s->now_ns + s->context->net.connect_ns;
}

static void
start_capture(struct source *s)
{
	const struct target_ops *ops = s->target->ops;
	bool is_command = ops->way == TARGET_COMMAND;
	int rc = is_command ? command_start(&s->transport, &s->context->net, s->target)
			    : ops->open(&s->transport, s->target->text, &s->is_file);

	if (rc < 0) {
		source_fail(s, "open: ", span_str(strerror(-rc)),
			    rc == -EISDIR ? "name the captures in it" : ops->unanswered);
		return;
	}
	s->has_answered |= !is_command;
	begin_stream(s);
}

/* A heartbeat of our own worker, or its last word. */
static void
take_statistics(struct source *s, const struct savefile_statistics *st)
{
	bool has_clock = s->probe.offset.n_exchanges > 0 && !s->probe.is_refused;
	char mem[LOG_LINE_MAX];
	struct text line;

	ledger_receive(&s->ledger, body_received(&s->body));
	ledger_note(&s->ledger, st);
	if (s->body.is_final)
		return;
	source_clock_stamp(&s->clock, has_clock, st->time_ns, CLOCK_OFFSET_MARGIN_NS);
	text_init(&line, mem, sizeof(mem));
	text_str(&line, s->target->name);
	text_str(&line, ": ");
	if (s->n_left_told < LEFT_TOLD_MAX && words_left_out(&line, st->comment)) {
		s->n_left_told++;
		log_text(LOG_WARNING, &line);
	}
}

/* What came, or is kept: to the merge, as far as it has room. */
static void
feed(struct source *s)
{
	bool has_clock = s->probe.offset.n_exchanges > 0 && !s->probe.is_refused;
	uint64_t limit_ns = s->is_file ? UINT64_MAX : source_clock_limit(&s->clock);
	struct body *b = &s->body;
	enum body_result rc;

	while ((rc = body_feed(b, merge_ns(s), limit_ns)) == BODY_STATISTICS)
		take_statistics(s, &b->statistics);
	if (rc == BODY_ENDED)
		source_end_body(s);
	else if (rc == BODY_BAD)
		source_fail(s, b->reason, span_str(""), b->advice);
	if (!body_is_ddump(b))
		source_clock_stamp(&s->clock, has_clock, b->newest_ns, 0);
}

/* Tries again what is kept; whether any of it went. */
static bool
feed_kept(struct source *s)
{
	uint64_t before = body_offset(&s->body);

	feed(s);
	return !s->body.is_parked || body_offset(&s->body) != before;
}

/* It answered, and was not lost since. */
static bool
is_up(const struct source *s)
{
	return s->has_answered && s->retry.lost_ns == 0;
}

/* One read, as large as the merge has room. */
static void
read_on(struct source *s)
{
	uint8_t *mem = s->context->net.scratch;
	size_t room = body_room(&s->body);
	size_t n;
	int error;

	s->wants = 0;
	if (room == 0)
		return;
	switch (transport_read(&s->transport, mem, room, &n, &error)) {
	case TRANSPORT_DONE:
		s->heard_ns = s->now_ns;
		lag_note_bytes(&s->lag, n);
		merge_heard(s->context->merge, s->id, merge_ns(s));
		body_put(&s->body, span_of(mem, n));
		feed(s);
		if (!is_up(s) && s->state == SOURCE_BODY && body_offset(&s->body) > 0)
			source_note_answer(s);
		break;
	case TRANSPORT_WANTS_IN:
		break;
	case TRANSPORT_WANTS_OUT:
		s->wants = LOOP_OUT;
		break;
	case TRANSPORT_END:
		source_end_body(s);
		break;
	case TRANSPORT_FAILED:
		source_lose_stream(s, error);
		break;
	}
}

bool
source_read_ahead(struct source *s, uint64_t now_ns)
{
	uint64_t before = body_offset(&s->body);

	if (s->state != SOURCE_BODY || s->wants != 0)
		return false;
	s->now_ns = now_ns;
	if (s->body.is_parked)
		return feed_kept(s);
	read_on(s);
	source_note_change(s);
	return s->state != SOURCE_BODY || body_offset(&s->body) != before;
}

/* The body begins. */
static void
take_capture(struct source *s)
{
	const struct exchange *e = s->reach.call.exchange;
	struct source_context *c = s->context;
	struct span host, type;

	s->state = SOURCE_BODY;
	s->wants = 0;
	s->transport = call_take(&s->reach.call);
	if (!s->has_answered && http_head_get(&e->head.fields, "Ddump-Host", &host) == 1)
		target_take_host(c->targets, c->n_targets, s->id, host);
	if (!s->body.is_in)
		body_join(&s->body, s->is_file, merge_ns(s));
	tally_begin(&s->tally, &e->head);
	http_head_get(&e->head.fields, "Content-Type", &type);
	body_begin(&s->body, &e->http, type);
	source_note_answer(s);
	if (probe_may_ask(s->target, &e->head))
		probe_allow(&s->probe, s->now_ns);
	s->deadline_ns = s->now_ns + (target_is_command(s->target) ? SOURCE_PULSE_NS
								   : SOURCE_SILENCE_NS);
	body_put(&s->body, e->rest);
	feed(s);
}

static void take_reach(struct source *s, enum reach_result result);

static void
ask(struct source *s)
{
	if (target_is_command(s->target) && s->context->has_probes &&
	    !call_give(&s->reach.call, probe_return(&s->probe))) {
		source_lose(s, "it ended before it told its clock", span_str(""), NULL);
		return;
	}
	s->state = SOURCE_REACHING;
	source_clock_note_request(&s->clock, s->context->has_probes);
	take_reach(s, reach_ask(&s->reach, s->now_ns));
}

/* The clock is asked at the same time as the capture, or first if records depend on it.
 * From here on the source is awaited by the merge, and may be slow. One that was lost must
 * answer first. */
static void
prepare(struct source *s)
{
	const struct net_address *address = call_address(&s->reach.call);

	source_warn_password(s);
	if (!s->has_answered && !s->is_late && !s->body.is_in)
		body_join(&s->body, s->is_file, merge_ns(s));
	if (!target_is_command(s->target)) {
		probe_start(&s->probe, address, s->now_ns);
		tally_lose(&s->tally, address);
	} else if (s->context->has_probes) {
		probe_borrow(&s->probe, call_take(&s->reach.call), s->now_ns);
	}
	if (source_may_ask(s)) {
		ask(s);
		return;
	}
	s->state = SOURCE_PREPARING;
	s->deadline_ns = target_is_command(s->target)
			     ? LOOP_NEVER /* the probe has its own */
			     : s->now_ns + SOURCE_PREPARE_NS;
}

static void
take_reach(struct source *s, enum reach_result result)
{
	const struct reach *r = &s->reach;

	source_note_change(s);
	switch (result) {
	case REACH_MORE:
		break;
	case REACH_CONNECTED:
		prepare(s);
		break;
	case REACH_CAPTURE:
		s->transport = call_take(&s->reach.call);
		begin_stream(s);
		break;
	case REACH_OPEN:
		take_capture(s);
		break;
	case REACH_LOST:
		source_lose(s, r->reason, span_str(""), r->advice);
		break;
	case REACH_FAILED:
		source_fail(s, r->reason, span_str(""), r->advice);
		break;
	case REACH_MISSING:
		if (s->has_answered)
			source_lose(s, r->reason, span_str(""), r->advice);
		else
			source_fail(s, r->reason, span_str(""), r->advice);
		break;
	}
}

static void
on_reach(struct call *c, uint64_t now_ns)
{
	struct source *s = LOOP_OWNER(struct source, reach.call, c);

	s->now_ns = now_ns;
	take_reach(s, reach_step(&s->reach, now_ns));
}

static void
take_probe(struct source *s, enum probe_result result)
{
	source_note_change(s);
	if (result == PROBE_MORE)
		return;
	if (result == PROBE_NO_CLOCK)
		log_line(LOG_DEBUG,
			 "%s: no clock at its /clock (%u): the offset is unknown, or "
			 "bounded from its stream",
			 s->target->name, s->probe.status);
	source_clock_look(&s->clock);
}

static void
on_probe(struct call *c, uint64_t now_ns)
{
	struct source *s = LOOP_OWNER(struct source, probe.call, c);

	s->now_ns = now_ns;
	take_probe(s, probe_step(&s->probe, now_ns));
}

static void
on_tally(struct call *c, uint64_t now_ns)
{
	struct source *s = LOOP_OWNER(struct source, tally.call, c);

	s->now_ns = now_ns;
	source_step_tally(s);
}

void
source_resolved(struct source *s, const struct resolve_request *q, uint64_t now_ns)
{
	s->now_ns = now_ns;
	if (s->state != SOURCE_REACHING)
		return;
	if (!q->reason && q->n == 1) /* it is known whose clock it will be */
		probe_start(&s->probe, &q->list[0], now_ns);
	take_reach(s, reach_resolved(&s->reach, q, now_ns));
}

void
source_start(struct source *s, uint64_t now_ns)
{
	s->now_ns = now_ns;
	retry_begin(&s->retry, now_ns);
	source_note_change(s);
	s->deadline_ns = LOOP_NEVER;
	s->state = SOURCE_REACHING;
	if (!s->target->ops->is_http)
		start_capture(s);
	else
		take_reach(s, reach_start(&s->reach, now_ns));
}

/* A connection that is gone while nothing is read would be told for ever: its watch is
 * put away until there is room. */
static void
on_watch(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct source *s = LOOP_OWNER(struct source, watch, w);

	if (w->interest == 0 && (ready & LOOP_GONE)) {
		loop_remove(s->context->net.loop, w);
	} else if (s->state == SOURCE_BODY) {
		s->now_ns = now_ns;
		read_on(s);
	}
	source_note_change(s);
}

static void
expire_state(struct source *s)
{
	switch (s->state) {
	case SOURCE_WAITING:
		source_start(s, s->now_ns);
		break;
	case SOURCE_REACHING:
		take_reach(s, reach_step(&s->reach, s->now_ns));
		break;
	case SOURCE_PREPARING:
		ask(s);
		break;
	case SOURCE_BODY:
		if (s->is_stopping)
			source_cancel(s);
		else
			source_check_silence(s);
		break;
	case SOURCE_NEW:
	case SOURCE_ENDED:
	case SOURCE_FAILED:
		break;
	}
}

static void
on_time(struct loop_timer *t, uint64_t now_ns)
{
	struct source *s = LOOP_OWNER(struct source, timer, t);

	s->now_ns = now_ns;
	source_note_change(s);
	if (now_ns >= probe_deadline(&s->probe))
		take_probe(s, probe_expire(&s->probe, now_ns));
	source_expire_tally(s);
	if (now_ns >= source_state_deadline(s))
		expire_state(s);
}

/* What the body waits for. */
static void
arm(struct source *s)
{
	unsigned wanted = s->wants != 0 ? s->wants : LOOP_IN;

	if (s->state != SOURCE_BODY || s->is_file)
		return;
	if (body_room(&s->body) == 0)
		wanted = 0;
	if (s->watch.fd >= 0)
		loop_set(s->context->net.loop, &s->watch, wanted);
	else if (wanted != 0 &&
		 loop_add(s->context->net.loop, &s->watch, s->transport.fd, wanted) < 0)
		source_fail(s, "it is no file, fifo or socket", span_str(""), NULL);
}

/* A file, or what TLS has read ahead: the socket may say nothing of it. */
static bool
has_more_to_read(const struct source *s)
{
	return s->state == SOURCE_BODY && body_room(&s->body) > 0 &&
	       (s->is_file || (s->wants == 0 && transport_has_pending(&s->transport)));
}

bool
source_settle(struct source *s, uint64_t now_ns)
{
	bool has_fed = false;

	s->now_ns = now_ns;
	call_settle(&s->probe.call);
	tally_settle(&s->tally, now_ns);
	if (s->state == SOURCE_PREPARING && source_may_ask(s))
		ask(s);
	if (s->state == SOURCE_BODY && s->body.is_parked)
		has_fed = feed_kept(s);
	if (has_more_to_read(s)) {
		read_on(s);
		has_fed = true;
	}
	call_settle(&s->reach.call);
	arm(s);
	loop_timer_set(s->context->net.loop, &s->timer, source_deadline(s));
	return has_fed;
}
