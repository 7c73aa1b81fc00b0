/* The connection that asks a worker for its clock. What the answers mean is not known
 * here. */
#include "cli/source/probe.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/source/clock_answer.h"
#include "cli/link/dial.h"
#include "sys/clock.h"
#include "sys/log.h"

/* What is needed only until there is a connection. */
struct source_probe_dial {
	struct source_clock *clock;
	struct dial dial;
};

/* What is needed only during a burst. */
struct source_probe_work {
	struct http_client http;
	unsigned status;
	bool is_cached; /* the answer was made before it was asked for */
	size_t answer_size;
	size_t sent;
	size_t request_size;
	uint8_t head[PROBE_HEAD_MAX];
	uint8_t answer[CLOCK_ANSWER_MAX];
	char request[];
};

static void
close_connection(struct source_clock *c)
{
	loop_remove(c->source->context->loop, &c->watch);
	if (c->dial)
		dial_cancel(&c->dial->dial);
	transport_close(&c->transport);
}

/* The burst is over, well or not; the next one begins at at_ns. */
static void
rest(struct source_clock *c, enum source_probe_state state, uint64_t at_ns)
{
	c->state = state;
	c->deadline_ns = at_ns;
	c->is_measuring = false;
	source_note_change(c->source);
}

static void
give_up(struct source_clock *c, uint64_t at_ns)
{
	close_connection(c);
	rest(c, PROBE_IDLE, at_ns);
	source_clock_look(c->source);
}

/* No clock; a proxy whose worker is away may have one soon. */
static void
refuse(struct source_clock *c, uint64_t now_ns)
{
	bool is_passing = c->work->status >= 500 || c->work->status == 429;

	if (!c->is_refused)
		log_line(LOG_DEBUG,
			 "%s: no clock at its /clock (%u): the offset is unknown, or "
			 "bounded from its stream",
			 c->source->target->name, c->work->status);
	c->is_refused = true;
	give_up(c, now_ns + (is_passing ? CLOCK_OFFSET_PERIOD_NS : PROBE_REFUSED_NS));
}

/* A server may close a connection that was idle: then there is a new one at once. */
static void
lose(struct source_clock *c, uint64_t now_ns)
{
	if (!c->is_kept) {
		give_up(c, now_ns + CLOCK_OFFSET_PERIOD_NS);
		return;
	}
	close_connection(c);
	c->state = PROBE_IDLE;
	c->deadline_ns = now_ns;
}

static bool
make_work(struct source_clock *c)
{
	struct source_context *context = c->source->context;
	struct source_probe_work *w;
	struct text request;

	text_init(&request, (char *)context->scratch, SOURCE_SCRATCH);
	if (c->work)
		return true;
	if (!target_side_request(c->source->target, "clock", &request))
		return false;
	w = malloc(sizeof(*w) + request.n);
	if (!w)
		return false;
	w->request_size = request.n;
	memcpy(w->request, request.p, request.n);
	c->work = w;
	return true;
}

static void
send_request(struct source_clock *c, uint64_t now_ns)
{
	struct source_probe_work *w = c->work;
	size_t n = 0;
	int error;

	while (w->sent < w->request_size) {
		switch (transport_write(&c->transport,
					(const uint8_t *)w->request + w->sent,
					w->request_size - w->sent, &n, &error)) {
		case TRANSPORT_DONE:
			w->sent += n;
			break;
		case TRANSPORT_WANTS_IN:
			c->wants = LOOP_IN;
			return;
		case TRANSPORT_WANTS_OUT:
			c->wants = LOOP_OUT;
			return;
		case TRANSPORT_END:
		case TRANSPORT_FAILED:
			lose(c, now_ns);
			return;
		}
	}
	c->state = PROBE_READING;
}

static void
begin_exchange(struct source_clock *c, uint64_t now_ns)
{
	struct source_probe_work *w = c->work;

	http_client_init(&w->http, w->head, sizeof(w->head));
	w->status = 0;
	w->is_cached = false;
	w->answer_size = 0;
	w->sent = 0;
	c->state = PROBE_SENDING;
	c->deadline_ns = now_ns + PROBE_PATIENCE_NS;
	c->t0_ns = clock_boottime_ns();
	send_request(c, now_ns);
}

/* What to wait for, from the state alone. */
static void
arm(struct source_clock *c)
{
	unsigned usual = c->state == PROBE_SENDING ? LOOP_OUT : LOOP_IN;

	loop_set(c->source->context->loop, &c->watch, c->wants != 0 ? c->wants : usual);
	source_note_change(c->source);
}

static void
step_dial(struct source_clock *c, uint64_t now_ns)
{
	struct dial *d = &c->dial->dial;
	int rc;

	switch (dial_step(d, now_ns)) {
	case DIAL_MORE:
		c->deadline_ns = dial_deadline(d);
		break;
	case DIAL_DONE:
		c->transport = dial_take(d);
		rc = loop_add(c->source->context->loop, &c->watch, c->transport.fd, 0);
		if (rc == 0)
			begin_exchange(c, now_ns);
		else
			give_up(c, now_ns + CLOCK_OFFSET_PERIOD_NS);
		break;
	case DIAL_LOST:
	case DIAL_REFUSED:
		give_up(c, now_ns + CLOCK_OFFSET_PERIOD_NS);
		break;
	}
}

static void
on_dial(struct dial *d, uint64_t now_ns)
{
	struct source_clock *c =
	    ((struct source_probe_dial *)((char *)d -
					  offsetof(struct source_probe_dial, dial)))
		->clock;

	if (c->state != PROBE_DIALING)
		return;
	c->wants = 0;
	step_dial(c, now_ns);
	arm(c);
}

static void
begin_dial(struct source_clock *c, uint64_t now_ns)
{
	if (!c->dial)
		c->dial = malloc(sizeof(*c->dial));
	if (!c->dial) {
		give_up(c, now_ns + CLOCK_OFFSET_PERIOD_NS);
		return;
	}
	c->dial->clock = c;
	dial_init(&c->dial->dial, c->source->context, c->source->target);
	dial_start(&c->dial->dial, &c->address, 1, now_ns + PROBE_PATIENCE_NS, on_dial);
	c->is_kept = false;
	c->state = PROBE_DIALING;
	step_dial(c, now_ns);
}

/* The loop's clock stands still while the host sleeps, the steady one does not. */
static uint64_t
due_ns(const struct source_clock *c, uint64_t steady_ns, uint64_t now_ns)
{
	uint64_t due = clock_offset_due_ns(&c->offset);

	return due > steady_ns ? now_ns + (due - steady_ns) : now_ns;
}

/* A whole answer was there at t1_ns. */
static void
finish_exchange(struct source_clock *c, uint64_t t1_ns, bool is_at_end, uint64_t now_ns)
{
	const struct source_probe_work *w = c->work;
	uint64_t time_ns;
	uint64_t next_ns;

	if (w->status != 200 || w->is_cached ||
	    !clock_answer_parse(span_of(w->answer, w->answer_size), &time_ns) ||
	    clock_offset_exchange(&c->offset, c->t0_ns, time_ns, t1_ns) ==
		CLOCK_OFFSET_REFUSED) {
		refuse(c, now_ns);
		return;
	}
	c->is_refused = false;
	c->is_kept = false;
	next_ns = due_ns(c, t1_ns, now_ns);
	if (is_at_end) {
		give_up(c, now_ns + CLOCK_OFFSET_PERIOD_NS);
	} else if (next_ns > now_ns) {
		c->is_kept = true;
		rest(c, PROBE_READY, next_ns);
		source_clock_look(c->source);
	} else {
		begin_exchange(c, now_ns);
	}
}

static void
take_head(struct source_probe_work *w, const struct http_response_head *head)
{
	struct span age;

	w->status = head->status;
	w->is_cached = http_head_get(&head->fields, "Age", &age);
}

/* False when it is too long for a clock. */
static bool
take_answer(struct source_probe_work *w, struct span data)
{
	if (data.n > sizeof(w->answer) - w->answer_size)
		return false;
	memcpy(w->answer + w->answer_size, data.p, data.n);
	w->answer_size += data.n;
	return true;
}

static void
feed(struct source_clock *c, struct span in, uint64_t t1_ns, uint64_t now_ns)
{
	struct http_response_head head;
	struct span data;

	for (;;) {
		switch (http_client_feed(&c->work->http, &in, &head, &data)) {
		case HTTP_CLIENT_MORE:
			return;
		case HTTP_CLIENT_HEAD_DONE:
			take_head(c->work, &head);
			break;
		case HTTP_CLIENT_DATA:
			if (take_answer(c->work, data))
				break;
			refuse(c, now_ns);
			return;
		case HTTP_CLIENT_END:
			if (in.n == 0)
				finish_exchange(c, t1_ns, false, now_ns);
			else
				refuse(c, now_ns); /* it answers what was not asked */
			return;
		case HTTP_CLIENT_BAD:
			refuse(c, now_ns);
			return;
		}
	}
}

static void
end_answer(struct source_clock *c, uint64_t now_ns)
{
	if (http_client_eof(&c->work->http) == HTTP_CLIENT_END)
		finish_exchange(c, clock_boottime_ns(), true, now_ns);
	else
		lose(c, now_ns);
}

static void
read_answer(struct source_clock *c, uint64_t now_ns)
{
	uint8_t *mem = c->source->context->scratch;
	size_t n;
	int error;

	do {
		switch (transport_read(&c->transport, mem, PROBE_READ_MAX, &n, &error)) {
		case TRANSPORT_DONE:
			feed(c, span_of(mem, n), clock_boottime_ns(), now_ns);
			break;
		case TRANSPORT_WANTS_IN:
			return;
		case TRANSPORT_WANTS_OUT:
			c->wants = LOOP_OUT;
			return;
		case TRANSPORT_END:
			end_answer(c, now_ns);
			break;
		case TRANSPORT_FAILED:
			lose(c, now_ns);
			break;
		}
	} while (c->state == PROBE_READING && transport_has_pending(&c->transport));
}

/* Nothing was asked for; TLS may have something to say to itself. */
static void
read_nothing(struct source_clock *c)
{
	size_t n;
	int error;

	switch (transport_read(&c->transport, c->source->context->scratch, PROBE_READ_MAX,
			       &n, &error)) {
	case TRANSPORT_WANTS_IN:
		break;
	case TRANSPORT_WANTS_OUT:
		c->wants = LOOP_OUT;
		break;
	case TRANSPORT_DONE:
	case TRANSPORT_END:
	case TRANSPORT_FAILED:
		close_connection(c);
		c->state = PROBE_IDLE;
		break;
	}
}

static void
on_watch(struct loop_watch *watch, unsigned ready, uint64_t now_ns)
{
	struct source_clock *c =
	    (struct source_clock *)((char *)watch - offsetof(struct source_clock, watch));

	(void)ready;
	c->wants = 0;
	switch (c->state) {
	case PROBE_SENDING:
		send_request(c, now_ns);
		break;
	case PROBE_READING:
		read_answer(c, now_ns);
		break;
	case PROBE_READY:
		read_nothing(c);
		break;
	case PROBE_IDLE:
	case PROBE_DIALING:
		break;
	}
	arm(c);
}

void
source_probe_start(struct source *s, const struct net_address *address, uint64_t now_ns)
{
	struct source_clock *c = s->clock;
	bool is_other;

	if (!c || c->is_started)
		return;
	is_other = c->address.size != 0 &&
		   (c->address.size != address->size ||
		    memcmp(&c->address.sa, &address->sa, address->size) != 0);
	if (is_other)
		source_clock_forget(s);
	c->is_started = true;
	c->address = *address;
	c->watch.on_ready = on_watch;
	if (s->slew)
		source_probe_allow(s, now_ns);
}

void
source_probe_allow(struct source *s, uint64_t now_ns)
{
	struct source_clock *c = s->clock;

	if (!c || !c->is_started || c->is_allowed || !s->context->has_probes)
		return;
	c->is_allowed = true;
	c->is_measuring = true;
	c->deadline_ns = now_ns;
}

void
source_probe_stop(struct source *s)
{
	struct source_clock *c = s->clock;

	if (!c)
		return;
	close_connection(c);
	c->state = PROBE_IDLE;
	c->is_started = false;
	c->is_allowed = false;
	c->is_measuring = false;
	c->deadline_ns = LOOP_NEVER;
}

bool
source_probe_is_measuring(const struct source *s)
{
	return s->clock && s->clock->is_measuring;
}

uint64_t
source_probe_deadline(const struct source *s)
{
	return s->clock ? s->clock->deadline_ns : LOOP_NEVER;
}

void
source_probe_expire(struct source *s, uint64_t now_ns)
{
	struct source_clock *c = s->clock;

	if (!c || now_ns < c->deadline_ns)
		return;
	c->wants = 0;
	if (c->state == PROBE_DIALING)
		step_dial(c, now_ns);
	else if (c->state == PROBE_SENDING || c->state == PROBE_READING || !make_work(c))
		give_up(c, now_ns + CLOCK_OFFSET_PERIOD_NS);
	else if (c->state == PROBE_IDLE)
		begin_dial(c, now_ns);
	else
		begin_exchange(c, now_ns);
	arm(c);
}

/* Events of this round may have named watches in them until now. */
void
source_probe_settle(struct source *s)
{
	struct source_clock *c = s->clock;

	if (!c)
		return;
	if (c->state != PROBE_DIALING) {
		free(c->dial);
		c->dial = NULL;
	}
	if (c->state == PROBE_IDLE || c->state == PROBE_READY) {
		free(c->work);
		c->work = NULL;
	}
}
