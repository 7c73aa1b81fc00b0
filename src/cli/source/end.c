/* How a source's part in a run ends, or is interrupted: what is said, and what is still
 * taken and counted. */
#include "cli/source/end.h"

#include "cli/link/command.h"
#include "cli/source/tell.h"
#include "sys/log.h"

#define SHUT_DOWN	  "the worker was shut down"
#define COMMAND_SHORT_MAX 2 /* runs in a row that end at once; one more is its nature */

void
source_note_change(struct source *s)
{
	if (s->is_listed)
		return;
	s->is_listed = true;
	s->next_changed = s->context->changed;
	s->context->changed = s;
}

static void
close_all(struct source *s)
{
	loop_remove(s->context->net.loop, &s->watch);
	transport_close(&s->transport);
	reach_close(&s->reach);
	probe_stop(&s->probe);
	if (s->body.is_in)
		ledger_receive(&s->ledger, body_received(&s->body));
	body_leave(&s->body);
	s->deadline_ns = LOOP_NEVER;
	source_note_change(s);
}

static void
set_reason(struct source *s, const char *what, struct span detail)
{
	struct text reason;

	text_init(&reason, s->reason, sizeof(s->reason));
	text_str(&reason, what);
	text_escape(&reason, detail);
	text_cstr(&reason);
}

static void
say_uncounted(struct source *s)
{
	struct source_context *c = s->context;

	if (s->tally.why[0] == '\0')
		return;
	tell_uncounted(s->target->name, &s->tally, !c->has_told_unknown_counts);
	c->has_told_unknown_counts = true;
}

/* It has ended, and not as it should. */
static void
fail_at_end(struct source *s, const char *what, const char *why)
{
	set_reason(s, what, span_str(why));
	log_line(LOG_ERROR, "%s: %s", s->target->name, s->reason);
	s->state = SOURCE_FAILED;
}

/* Nothing came since it was to stop, and nobody answers. */
static bool
is_away(const struct source *s)
{
	return s->state == SOURCE_ENDED && s->is_stopping && s->heard_ns < s->stop_ns &&
	       !s->tally.has_refused;
}

/* There were no counts of the capture at work: that matters once its stream is over, whose
 * last block would have told as much. */
static void
judge_uncounted(struct source *s)
{
	if (!s->tally.has_failed || !source_is_over(s) || ledger_is_settled(&s->ledger))
		return;
	if (!is_away(s)) {
		say_uncounted(s);
		return;
	}
	fail_at_end(s, "it was away at the end: ", s->tally.why);
}

/* Where ddump was behind, it never came to read that the stream was cut. */
static void
judge_cut(struct source *s)
{
	if (s->tally.cut[0] != '\0' && s->state == SOURCE_ENDED)
		fail_at_end(s, "its capture ended before the run did: ", s->tally.cut);
}

/* Over: whatever the last capture has not given may still be asked for. */
static void
finish(struct source *s, enum source_state state)
{
	s->state = state;
	close_all(s);
	tally_ask(&s->tally, s->retry.lost_ns != 0);
	judge_uncounted(s);
	judge_cut(s);
}

/* To be started again then. */
static void
wait_until(struct source *s, uint64_t until_ns)
{
	body_drop(&s->body);
	s->state = SOURCE_WAITING;
	close_all(s);
	s->deadline_ns = until_ns;
}

/* "NAME: what detail; advice" */
static void
say_failure(struct source *s, const char *what, struct span detail, const char *advice)
{
	char mem[NEWS_WORDS_MAX];
	struct text words;

	set_reason(s, what, detail);
	text_init(&words, mem, sizeof(mem));
	text_str(&words, s->reason);
	text_str(&words, advice ? "; " : "");
	text_str(&words, advice ? advice : "");
	tell_later(&s->context->news, s->target->name, &words, s->now_ns);
}

void
source_fail(struct source *s, const char *what, struct span detail, const char *advice)
{
	say_failure(s, what, detail, advice);
	finish(s, SOURCE_FAILED);
}

void
source_cancel(struct source *s)
{
	bool is_missing = s->retry.lost_ns != 0 || (s->is_late && !s->has_answered);

	if (source_is_over(s))
		return;
	body_drop(&s->body);
	finish(s, is_missing ? SOURCE_FAILED : SOURCE_ENDED);
}

static void
log_about(const struct source *s, enum log_level level, const char *what, uint64_t ns,
	  const char *more)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_str(&line, s->target->name);
	text_str(&line, what);
	text_duration(&line, ns);
	text_str(&line, more);
	log_text(level, &line);
}

static void
say_retry(struct source *s, const char *how, uint64_t for_ns)
{
	char mem[NEWS_WORDS_MAX];
	struct text words;

	text_init(&words, mem, sizeof(mem));
	text_str(&words, s->reason);
	text_str(&words, how);
	text_duration(&words, for_ns);
	tell_later(&s->context->news, s->target->name, &words, s->now_ns);
}

/* The id spreads those that were lost together, also when the delays grow no more. */
static uint64_t
random_of(const struct source *s)
{
	return s->now_ns / 1000 * 2654435761u + s->id * UINT64_C(40503);
}

/* It has never answered: the others begin without it. */
static void
wait_for_first(struct source *s, const char *what, struct span detail, const char *advice)
{
	uint64_t wait_ns = s->context->options->wait_ns;
	uint64_t until_ns = retry_first(&s->retry, s->now_ns, wait_ns, random_of(s));

	if (until_ns == RETRY_GIVE_UP) {
		source_fail(s, what, detail, advice);
		return;
	}
	set_reason(s, what, detail);
	if (!s->is_late)
		say_retry(s, "; trying for up to ", wait_ns);
	s->is_late = true;
	wait_until(s, until_ns);
}

static uint64_t
try_again(struct source *s)
{
	uint64_t told_ns = s->body.told_ns;
	uint64_t age_ns = told_ns > 0 ? source_clock_age(&s->clock, told_ns) : 0;
	struct retry_loss loss = {
	    .now_ns = s->now_ns,
	    .for_ns = s->context->options->retry_ns,
	    .gap_ns =
		retry_gap_ns(s->now_ns, s->heard_ns, age_ns, body_is_ddump(&s->body)),
	    .random = random_of(s),
	    .short_max = s->target->ops->is_http ? 0 : COMMAND_SHORT_MAX,
	    .is_harmless = transport_cause(&s->transport) == TLS_CAUSE_KEY_UPDATE};

	return retry_lose(&s->retry, &loss);
}

void
source_lose(struct source *s, const char *what, struct span detail, const char *advice)
{
	uint64_t lost_ns = s->retry.lost_ns;
	uint64_t until_ns = RETRY_GIVE_UP;

	if (s->is_stopping) {
		source_cancel(s);
		return;
	}
	if (!s->has_answered && target_is_live(s->target)) {
		wait_for_first(s, what, detail, advice);
		return;
	}
	if (target_is_live(s->target))
		until_ns = try_again(s);
	if (until_ns == RETRY_GIVE_UP) {
		source_fail(s, what, detail, advice);
		return;
	}
	set_reason(s, what, detail);
	if (lost_ns == 0)
		say_retry(s, "; connecting again for up to ",
			  s->context->options->retry_ns);
	else
		log_about(s, LOG_DEBUG, ": still lost after ", s->now_ns - lost_ns, "");
	wait_until(s, until_ns);
}

void
source_note_answer(struct source *s)
{
	uint64_t gap_ns = retry_note_up(&s->retry, s->now_ns);

	s->has_answered = true;
	s->heard_ns = s->now_ns;
	if (gap_ns == 0)
		return;
	tell_now(&s->context->news); /* that it was lost */
	log_about(s, LOG_WARNING, ": back after a gap of ", gap_ns,
		  "; packets in it are missing");
}

void
source_stop(struct source *s, bool wants_rest, uint64_t now_ns)
{
	bool has_rest =
	    body_is_ddump(&s->body) || tally_has_id(&s->tally) || s->transport.child;

	if (source_is_over(s))
		return;
	s->now_ns = now_ns;
	if (!s->is_stopping)
		s->stop_ns = now_ns;
	s->is_stopping = true;
	if (!wants_rest || s->state != SOURCE_BODY || !has_rest) {
		source_cancel(s);
		return;
	}
	tally_ask(&s->tally, s->retry.lost_ns != 0);
	transport_stop_child(&s->transport);
	s->deadline_ns =
	    now_ns + (tally_is_asking(&s->tally) || s->transport.child ? SOURCE_STOP_NS
								       : SOURCE_GRACE_NS);
	source_note_change(s);
}

/* The last capture ended by its operator's limit: it is not asked for again. */
static void
end_by_limit(struct source *s, struct span words)
{
	s->is_limited = true;
	set_reason(s, "the worker's limit: ", words);
	log_line(LOG_WARNING, "%s: %s", s->target->name, s->reason);
	retry_forget_loss(&s->retry);
	finish(s, SOURCE_ENDED);
}

/* A capture whose worker cannot stop it has less time for its end. */
static void
note_uncounted(struct source *s)
{
	uint64_t until_ns = s->now_ns + SOURCE_GRACE_NS;

	if (s->is_stopping && s->state == SOURCE_BODY && until_ns < s->deadline_ns)
		s->deadline_ns = until_ns;
}

static void
take_tally(struct source *s, enum tally_result result)
{
	switch (result) {
	case TALLY_MORE:
		break;
	case TALLY_COUNTED:
		judge_cut(s);
		break;
	case TALLY_LIMITED:
		if (s->state == SOURCE_WAITING)
			end_by_limit(s, span_str("-max-duration reached"));
		break;
	case TALLY_UNCOUNTED:
		note_uncounted(s);
		judge_uncounted(s);
		break;
	case TALLY_LOST_UNCOUNTED:
		say_uncounted(s);
		break;
	}
	source_note_change(s);
}

/* The worker of a lost capture will not be reached once more. */
static bool
is_last_question(const struct source *s)
{
	return s->state == SOURCE_BODY || source_is_over(s);
}

void
source_step_tally(struct source *s)
{
	ledger_receive(&s->ledger, body_received(&s->body));
	take_tally(s, tally_step(&s->tally, is_last_question(s), s->now_ns));
}

void
source_expire_tally(struct source *s)
{
	if (s->now_ns < tally_deadline(&s->tally))
		return;
	ledger_receive(&s->ledger, body_received(&s->body));
	take_tally(s, tally_expire(&s->tally, is_last_question(s), s->now_ns));
}

/* A whole stream, of our worker's perhaps, which says why it ends. */
static void
end_as_told(struct source *s)
{
	struct span words = span_str(s->body.end_words);

	switch (s->body.end) {
	case END_LIMIT:
		end_by_limit(s, words);
		return;
	case END_LOOP:
		source_fail(s, "the worker ended the capture: ", words,
			    "leave its own traffic out (-f, or -exclude at the worker)");
		return;
	case END_INTERFACE:
		source_lose(s, "", words, NULL);
		return;
	case END_COUNT:
	case END_DURATION:
		finish(s, SOURCE_ENDED);
		return;
	case END_SHUTDOWN:
		/* asked again, a query with an end of its own would begin anew */
		(target_is_bounded(s->target) ? source_fail : source_lose)(
		    s, SHUT_DOWN, span_str(""), NULL);
		return;
	case END_UNTOLD:
	case END_STOPPED:
		break;
	}
	if (!source_is_shut_down(s)) {
		finish(s, SOURCE_ENDED);
		return;
	}
	source_lose(s, SHUT_DOWN, span_str(""), NULL);
	if (s->body.end == END_UNTOLD) /* classic pcap has no place for it */
		tally_ask(&s->tally, true);
}

/* Nothing was lost on the way: what the ledger still lacks nobody knows. */
static void
note_whole(struct source *s)
{
	ledger_receive(&s->ledger, body_received(&s->body));
	if (!tally_has_id(&s->tally))
		ledger_end(&s->ledger);
}

void
source_end_body(struct source *s)
{
	struct body *b = &s->body;
	char mem[SOURCE_REASON_MAX];
	struct text why;

	if (s->is_stopping) {
		finish(s, SOURCE_ENDED);
		return;
	}
	text_init(&why, mem, sizeof(mem));
	if (transport_has_failed(&s->transport, &why)) {
		source_lose(s, "the command ", text_span(&why), NULL);
		return;
	}
	switch (body_eof(b)) {
	case BODY_END_OTHER:
		source_fail(s, b->reason, span_str(""), b->advice);
		return;
	case BODY_END_CUT:
		source_lose(s, b->reason, span_str(""), b->advice);
		return;
	case BODY_END_UNPROVED:
		s->is_unverified = true;
		break;
	case BODY_END_WHOLE:
		s->is_unverified = false;
		note_whole(s);
		break;
	}
	end_as_told(s);
}

/* Our worker's last block proves the end where TLS does not. */
void
source_lose_stream(struct source *s, int error)
{
	bool is_truncated = transport_cause(&s->transport) == TLS_CAUSE_TRUNCATED;

	if (is_truncated && body_is_ddump(&s->body) && s->body.is_final) {
		source_end_body(s);
		return;
	}
	source_lose(s,
		    is_truncated ? "the stream was cut: " : "the connection was lost: ",
		    span_str(transport_reason(&s->transport, error)),
		    "what came before it is kept");
}

/* Looked at every SOURCE_SILENCE_NS only. What is not read cannot be missed. */
void
source_check_silence(struct source *s)
{
	uint64_t due_ns = s->heard_ns + SOURCE_SILENCE_NS;

	if (target_is_command(s->target) && body_offset(&s->body) == 0) {
		source_lose(s, "no capture from the command in time", span_str(""),
			    "let it write at once (tcpdump -U)");
		return;
	}
	if (body_room(&s->body) == 0 || !body_is_ddump(&s->body) ||
	    target_has_heartbeat(s->target))
		due_ns = s->now_ns + SOURCE_SILENCE_NS;
	if (target_is_command(s->target) && s->now_ns < due_ns) {
		if (s->target->ops->is_http)
			command_pulse(&s->transport);
		if (due_ns > s->now_ns + SOURCE_PULSE_NS)
			due_ns = s->now_ns + SOURCE_PULSE_NS;
	}
	s->deadline_ns = due_ns;
	if (s->now_ns >= due_ns)
		source_lose(s, "the worker has been silent for 15 s", span_str(""),
			    "check its host and the network");
}

void
source_note_unwritten(struct source *s, bool is_late)
{
	s->n_unwritten++;
	s->n_late_unwritten += is_late;
}

void
source_refuse_linktype(struct source *s, uint32_t linktype)
{
	bool is_all;

	if (s->has_refused)
		return;
	s->has_refused = true;
	is_all = body_refuse_linktype(&s->body, linktype);
	say_failure(s, s->body.reason, span_str(""), s->body.advice);
	if (is_all && !source_is_over(s))
		finish(s, SOURCE_FAILED);
}
