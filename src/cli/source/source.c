/*
 * The life of one source, from a name to its end: one state, one step for each. It knows
 * nothing of the other sources, of the output, and of what the packets mean.
 */
#include "cli/source/source.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli/source/answer.h"
#include "cli/source/body.h"
#include "cli/source/clock.h"
#include "cli/source/connect.h"
#include "cli/source/probe.h"
#include "cli/source/read.h"
#include "cli/source/retry.h"
#include "cli/source/tally.h"
#include "sys/log.h"

static void on_watch(struct loop_watch *w, unsigned ready, uint64_t now_ns);

void
source_init(struct source *s, struct source_context *context, const struct target *target,
	    uint32_t id)
{
	s->context = context;
	s->target = target;
	s->id = id;
	s->state = SOURCE_NEW;
	s->was_pending = true;
	s->watch.fd = -1;
	s->watch.on_ready = on_watch;
	s->transport.fd = -1;
	s->deadline_ns = LOOP_NEVER;
	if (target->kind == TARGET_NETWORK) {
		source_clock_init(s);
		source_tally_init(s);
	}
}

uint64_t
source_merge_ns(const struct source_context *c, uint64_t now_ns)
{
	return c->is_blocked ? c->frozen_ns : now_ns - c->skew_ns;
}

bool
source_is_over(const struct source *s)
{
	return s->state == SOURCE_ENDED || s->state == SOURCE_FAILED;
}

bool
source_is_pending(const struct source *s)
{
	return !s->has_answered && !s->is_late && !source_is_over(s);
}

void
source_note_change(struct source *s)
{
	if (s->is_listed)
		return;
	s->is_listed = true;
	s->next_changed = s->context->changed;
	s->context->changed = s;
}

uint64_t
source_received(const struct source *s)
{
	return merge_counts(s->context->merge, s->id)->received - s->received_before;
}

/* The exchange holds watches that this round's events may still name: settle frees it. */
static void
close_all(struct source *s)
{
	loop_remove(s->context->loop, &s->watch);
	transport_close(&s->transport);
	if (s->exchange)
		dial_cancel(&s->exchange->dial);
	source_probe_stop(s);
	if (s->is_in) {
		ledger_receive(&s->ledger, source_received(s));
		merge_end(s->context->merge, s->id);
	}
	s->is_in = false;
	s->deadline_ns = LOOP_NEVER;
	source_note_change(s);
}

/* Over: whatever the last capture has not given may still be asked for. */
static void
finish(struct source *s, enum source_state state)
{
	s->state = state;
	close_all(s);
	source_tally_ask(s, s->now_ns);
}

void
source_end(struct source *s)
{
	finish(s, SOURCE_ENDED);
}

void
source_wait(struct source *s, uint64_t until_ns)
{
	source_body_drop(s);
	s->state = SOURCE_WAITING;
	close_all(s);
	s->deadline_ns = until_ns;
}

void
source_set_reason(struct source *s, const char *what, struct span detail)
{
	struct text reason;

	text_init(&reason, s->reason, sizeof(s->reason));
	text_str(&reason, what);
	text_escape(&reason, detail);
	text_cstr(&reason);
}

void
source_fail(struct source *s, const char *what, struct span detail, const char *advice)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	source_set_reason(s, what, detail);
	text_init(&line, mem, sizeof(mem));
	text_str(&line, s->target->name);
	text_str(&line, ": ");
	text_str(&line, s->reason);
	text_str(&line, advice ? ": " : "");
	text_str(&line, advice ? advice : "");
	log_text(LOG_ERROR, &line);
	finish(s, SOURCE_FAILED);
}

void
source_cancel(struct source *s)
{
	bool is_missing = s->lost_ns != 0 || (s->is_late && !s->has_answered);

	if (source_is_over(s))
		return;
	source_body_drop(s);
	finish(s, is_missing ? SOURCE_FAILED : SOURCE_ENDED);
}

void
source_fini(struct source *s)
{
	source_tally_fini(s); /* nothing is asked any more */
	source_cancel(s);
	source_body_drop(s);
	free(s->exchange);
	s->exchange = NULL;
	source_clock_fini(s);
}

void
source_join_merge(struct source *s, uint64_t now_ns)
{
	merge_start(s->context->merge, s->id, s->is_file ? MERGE_FILE : MERGE_LIVE, false,
		    source_merge_ns(s->context, now_ns));
	s->is_in = true;
	s->is_final = false;
	s->open = 0;
	s->place = NULL;
	s->told_ns = 0;
	s->end = END_UNTOLD;
	s->end_words[0] = '\0';
	s->connection++;
	s->received_before = merge_counts(s->context->merge, s->id)->received;
	s->n_ids = 0;
	savefile_reader_init(&s->reader);
}

static void
start_file(struct source *s, uint64_t now_ns)
{
	int rc = transport_open_file(&s->transport, s->target->text, &s->is_file);

	if (rc < 0) {
		source_fail(s, "open: ", span_str(strerror(-rc)),
			    "is that a capture that you may read?");
		return;
	}
	source_join_merge(s, now_ns);
	ledger_begin(&s->ledger);
	s->has_answered = true;
	s->state = SOURCE_BODY;
	source_note_change(s);
}

void
source_resolved(struct source *s, const struct resolve_request *q, uint64_t now_ns)
{
	s->now_ns = now_ns;
	if (s->state != SOURCE_RESOLVING)
		return;
	if (q->reason)
		source_connect_unresolved(s, q->reason);
	else
		source_connect_start(s, q->list, q->n, now_ns);
}

void
source_start(struct source *s, uint64_t now_ns)
{
	const struct target *t = s->target;
	int rc;

	s->now_ns = now_ns;
	if (s->first_ns == 0)
		s->first_ns = now_ns;
	source_note_change(s);
	if (t->kind == TARGET_FILE) {
		start_file(s, now_ns);
		return;
	}
	if (t->reason) {
		source_fail(s, t->reason, span_str(""), "check the target's name");
		return;
	}
	s->exchange = source_answer_new(s);
	if (!s->exchange) {
		source_fail(s, "out of memory", span_str(""), NULL);
		return;
	}
	s->deadline_ns = now_ns + s->context->options->connect_ns;
	if (t->url.scheme == HTTP_SCHEME_UNIX) {
		source_connect_unix(s, now_ns);
		return;
	}
	rc = source_connect_look_up(s);
	if (rc < 0)
		source_lose(s, "name look-up: ", span_str(strerror(-rc)), NULL);
}

static void
step(struct source *s, uint64_t now_ns)
{
	s->wants = 0;
	s->now_ns = now_ns;
	switch (s->state) {
	case SOURCE_CONNECTING:
		source_connect_step(s, now_ns);
		break;
	case SOURCE_SENDING:
		source_answer_send(s);
		break;
	case SOURCE_HEAD:
	case SOURCE_REFUSED:
		if (source_answer_read(s, now_ns))
			source_read_feed(s, now_ns);
		break;
	case SOURCE_BODY:
		source_read(s, now_ns);
		break;
	case SOURCE_NEW:
	case SOURCE_RESOLVING:
	case SOURCE_PREPARING:
	case SOURCE_WAITING:
	case SOURCE_ENDED:
	case SOURCE_FAILED:
		break;
	}
	source_note_change(s);
}

/* A connection that is gone while nothing is read would be told for ever: its watch is
 * put away until there is room. */
static void
on_watch(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct source *s = (struct source *)((char *)w - offsetof(struct source, watch));

	if (w->interest == 0 && (ready & LOOP_GONE)) {
		loop_remove(s->context->loop, w);
		source_note_change(s);
		return;
	}
	step(s, now_ns);
}

static void
expire_state(struct source *s)
{
	if (s->state == SOURCE_WAITING)
		source_start(s, s->now_ns);
	else if (s->state == SOURCE_RESOLVING)
		source_connect_unresolved(s, "name look-up: no answer in time");
	else if (s->state == SOURCE_CONNECTING)
		source_connect_step(s, s->now_ns);
	else if (s->state == SOURCE_PREPARING)
		source_connect_ask(s, s->now_ns);
	else if (s->state == SOURCE_REFUSED)
		source_answer_refuse(s);
	else if (s->state == SOURCE_BODY && s->is_stopping)
		source_cancel(s);
	else if (s->state == SOURCE_BODY)
		source_retry_check_silence(s);
	else if (!source_is_over(s))
		source_lose(s, "no answer to the request in time", span_str(""),
			    "is that port a ddump-worker's?");
}

static uint64_t
own_deadline(const struct source *s)
{
	return s->state == SOURCE_CONNECTING ? dial_deadline(&s->exchange->dial)
					     : s->deadline_ns;
}

void
source_expire(struct source *s, uint64_t now_ns)
{
	s->now_ns = now_ns;
	source_note_change(s);
	source_probe_expire(s, now_ns);
	source_tally_expire(s, now_ns);
	if (now_ns >= own_deadline(s))
		expire_state(s);
}

uint64_t
source_deadline(const struct source *s)
{
	uint64_t probe_ns = source_probe_deadline(s);
	uint64_t tally_ns = source_tally_deadline(s);
	uint64_t own_ns = own_deadline(s);

	if (tally_ns < own_ns)
		own_ns = tally_ns;
	return probe_ns < own_ns ? probe_ns : own_ns;
}

/* What to wait for, from the state alone. */
static unsigned
interest(const struct source *s)
{
	unsigned in = s->wants != 0 ? s->wants : LOOP_IN;

	switch (s->state) {
	case SOURCE_SENDING:
		return s->wants != 0 ? s->wants : LOOP_OUT;
	case SOURCE_HEAD:
	case SOURCE_REFUSED:
		return in;
	case SOURCE_BODY:
		return source_body_room(s) > 0 ? in : 0;
	case SOURCE_NEW:
	case SOURCE_RESOLVING:
	case SOURCE_CONNECTING:
	case SOURCE_PREPARING:
	case SOURCE_WAITING:
	case SOURCE_ENDED:
	case SOURCE_FAILED:
		return 0;
	}
	return 0;
}

static void
arm(struct source *s)
{
	unsigned wanted = interest(s);

	if (s->transport.fd < 0 || s->is_file)
		return;
	if (s->watch.fd >= 0)
		loop_set(s->context->loop, &s->watch, wanted);
	else if (wanted != 0 &&
		 loop_add(s->context->loop, &s->watch, s->transport.fd, wanted) < 0)
		source_fail(s, "it cannot be watched", span_str(""), NULL);
}

/* What TLS has read ahead: the socket may say nothing of it. */
static bool
has_more_to_read(const struct source *s)
{
	if (s->wants != 0 || !transport_has_pending(&s->transport))
		return false;
	if (s->state == SOURCE_BODY)
		return source_body_room(s) > 0;
	return s->state == SOURCE_HEAD || s->state == SOURCE_REFUSED;
}

bool
source_settle(struct source *s, uint64_t now_ns)
{
	bool has_fed = false;

	s->now_ns = now_ns;
	source_probe_settle(s);
	source_tally_settle(s);
	if (s->state == SOURCE_PREPARING && source_connect_may_ask(s))
		source_connect_ask(s, now_ns);
	if (s->state == SOURCE_BODY && s->is_parked)
		has_fed = source_read_feed_stash(s, now_ns);
	if (s->state == SOURCE_BODY && s->is_file && source_body_room(s) > 0) {
		source_read(s, now_ns);
		has_fed = true;
	} else if (has_more_to_read(s)) {
		step(s, now_ns);
		has_fed = true;
	}
	if (s->exchange && (s->state == SOURCE_BODY || s->state == SOURCE_WAITING ||
			    source_is_over(s))) {
		free(s->exchange);
		s->exchange = NULL;
	}
	arm(s);
	return has_fed;
}

bool
source_is_waiting(const struct source *s)
{
	return s->state == SOURCE_BODY && (s->is_file || source_body_room(s) == 0);
}
