/* When a lost source is tried again, and what is said about the gap. */
#include "cli/source/retry.h"

#include "cli/source/body.h"
#include "cli/source/clock.h"
#include "sys/log.h"

#define GAP_AGE_MAX_NS \
	UINT64_C(120000000000) /* older: the clock is unknown, or it was set */

/* 0.5 s to 30 s, a third of which at most is random: the id spreads those that were lost
 * together, also when the delays grow no more. */
static uint64_t
next_delay(struct source *s)
{
	uint64_t delay = s->backoff_ns;
	uint64_t random = s->now_ns / 1000 * 2654435761u + s->id * UINT64_C(40503);

	delay = delay == 0 ? RETRY_FIRST_NS : 2 * delay;
	if (delay > RETRY_LAST_NS / 3 * 2)
		delay = RETRY_LAST_NS / 3 * 2;
	s->backoff_ns = delay;
	return delay + random % (delay / 2);
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
	text_fixed(&line, ns / 1000000, 3);
	text_str(&line, " s");
	text_str(&line, more);
	log_text(level, &line);
}

static void
log_retry(const struct source *s, const char *how, uint64_t for_ns)
{
	char mem[SOURCE_REASON_MAX + 64];
	struct text what;

	text_init(&what, mem, sizeof(mem));
	text_str(&what, ": ");
	text_str(&what, s->reason);
	text_str(&what, how);
	log_about(s, LOG_ERROR, text_cstr(&what), for_ns, "");
}

/*
 * What was heard last may be old news: a link that was down delivers what it held, then the
 * end. So the gap begins as much earlier as the newest time that came was old when it
 * came, as far as the worker's clock can be told; a file that is played back says nothing.
 * Without heartbeats a silence before the loss is taken for one of the network.
 */
static uint64_t
gap_begin(const struct source *s)
{
	uint64_t last_ns = s->reader.is_ddump ? s->heard_ns : s->now_ns;
	uint64_t silence_ns = s->now_ns - s->heard_ns;
	uint64_t age_ns = s->told_ns > 0 ? source_clock_age(s, s->told_ns) : 0;

	if (age_ns < silence_ns || age_ns - silence_ns > GAP_AGE_MAX_NS)
		return last_ns;
	return last_ns - (age_ns - silence_ns);
}

/* A loss that follows one soon is the same trouble: its delays go on growing. */
static void
begin_gap(struct source *s)
{
	s->lost_ns = s->now_ns;
	s->gap_ns = gap_begin(s);
	if (s->now_ns - s->up_ns >= RETRY_LAST_NS)
		s->backoff_ns = 0;
	log_retry(s, ": connecting again for up to ", s->context->options->retry_ns);
}

/* It has never answered: the others begin without it. */
static void
wait_for_first(struct source *s, const char *what, struct span detail, const char *advice)
{
	uint64_t end_ns = s->first_ns + s->context->options->wait_ns;
	uint64_t next_ns = s->now_ns + next_delay(s);

	if (s->now_ns >= end_ns) {
		source_fail(s, what, detail, advice);
		return;
	}
	source_set_reason(s, what, detail);
	if (!s->is_late)
		log_retry(s, ": trying for up to ", s->context->options->wait_ns);
	s->is_late = true;
	source_wait(s, next_ns < end_ns ? next_ns : end_ns);
}

void
source_lose(struct source *s, const char *what, struct span detail, const char *advice)
{
	uint64_t end_ns = s->context->options->retry_ns;
	bool is_new = s->lost_ns == 0;
	bool is_harmless = transport_cause(&s->transport) == TLS_CAUSE_KEY_UPDATE &&
			   s->now_ns - s->up_ns >= RETRY_STABLE_NS;
	uint64_t next_ns;

	if (s->is_stopping) {
		source_cancel(s);
		return;
	}
	if (!s->has_answered && s->target->kind == TARGET_NETWORK) {
		wait_for_first(s, what, detail, advice);
		return;
	}
	end_ns += is_new ? s->now_ns : s->lost_ns;
	if (!s->is_http || s->now_ns >= end_ns) {
		source_fail(s, what, detail, advice);
		return;
	}
	source_set_reason(s, what, detail);
	if (is_new)
		begin_gap(s);
	else
		log_about(s, LOG_DEBUG, ": still lost after ", s->now_ns - s->lost_ns,
			  "");
	next_ns = s->now_ns + (is_new && is_harmless ? 0 : next_delay(s));
	source_wait(s, next_ns < end_ns ? next_ns : end_ns);
}

void
source_retry_note_answer(struct source *s)
{
	s->up_ns = s->now_ns;
	s->heard_ns = s->now_ns;
	if (s->lost_ns == 0)
		return;
	s->lost_ns = 0;
	s->n_gaps++;
	s->gaps_ns += s->now_ns - s->gap_ns;
	log_about(s, LOG_WARNING, ": back after a gap of ", s->now_ns - s->gap_ns,
		  ": packets in it are missing");
}

/* Looked at every SOURCE_SILENCE_NS only. What is not read cannot be missed. */
void
source_retry_check_silence(struct source *s)
{
	uint64_t due_ns = s->heard_ns + SOURCE_SILENCE_NS;

	if (source_body_room(s) == 0 || !s->reader.is_ddump ||
	    target_has_heartbeat(s->target))
		due_ns = s->now_ns + SOURCE_SILENCE_NS;
	s->deadline_ns = due_ns;
	if (s->now_ns >= due_ns)
		source_lose(s, "the worker has been silent for 15 s", span_str(""),
			    "is its host gone?");
}
