/* How a source's part in a run ends: what is still taken, and what is counted. */
#include "cli/source/source.h"
#include "cli/source/retry.h"
#include "cli/source/tally.h"
#include "sys/log.h"

void
source_stop(struct source *s, bool wants_rest, uint64_t now_ns)
{
	bool is_ours = s->reader.is_ddump || source_tally_has_id(s);

	if (source_is_over(s))
		return;
	s->now_ns = now_ns;
	s->is_stopping = true;
	if (!wants_rest || s->state != SOURCE_BODY || !is_ours) {
		source_cancel(s);
		return;
	}
	source_tally_ask(s, now_ns);
	s->deadline_ns =
	    now_ns + (source_tally_is_asking(s) ? SOURCE_STOP_NS : SOURCE_GRACE_NS);
	source_note_change(s);
}

bool
source_is_counting(const struct source *s)
{
	return source_is_over(s) && source_tally_is_asking(s);
}

void
source_note_counted(struct source *s, bool is_limit)
{
	if (!is_limit || s->state != SOURCE_WAITING)
		return;
	s->is_limited = true;
	source_set_reason(s, "the worker's limit: -max-duration reached", span_str(""));
	log_line(LOG_WARNING, "%s: %s", s->target->name, s->reason);
	s->lost_ns = 0;
	source_end(s);
}

void
source_note_uncounted(struct source *s)
{
	uint64_t until_ns = s->now_ns + SOURCE_GRACE_NS;

	if (s->is_stopping && s->state == SOURCE_BODY && until_ns < s->deadline_ns)
		s->deadline_ns = until_ns;
}

void
source_count(const struct source *s, struct summary_counts *counts)
{
	const struct merge_counts *m = merge_counts(s->context->merge, s->id);
	struct ledger ledger = s->ledger;
	struct ledger_sum sum;

	ledger_receive(&ledger, source_received(s));
	ledger_sum(&ledger, &sum);
	*counts = (struct summary_counts){
	    .received = m->received,
	    .written = m->written - s->n_unwritten,
	    .not_written = m->received - (m->written - s->n_unwritten),
	    .offered = sum.told.offered,
	    .not_fetched = sum.not_fetched,
	    .own = sum.told.own,
	    .is_exact = sum.is_exact,
	    .late = m->late,
	    .ahead = m->ahead,
	    .forced = m->forced,
	    .held_back = m->held_back,
	    .bytes = m->bytes,
	    .drops = sum.told.dropped,
	    .gaps = s->n_gaps,
	    .gaps_ns = s->gaps_ns,
	    .has_drops = sum.has_drops,
	    .hold_back_ns = merge_source_hold_back_ns(s->context->merge, s->id)};
}

/* Our worker ends a capture without an end only when it is stopped, or restarted. */
static bool
is_shut_down(const struct source *s)
{
	return s->is_http && (s->reader.is_ddump || source_tally_has_id(s)) &&
	       s->context->options->retry_ns > 0 && !target_is_bounded(s->target);
}

/* A whole stream of our worker's, which says why it ends. */
void
source_end_as_told(struct source *s)
{
	struct span words = span_str(s->end_words);

	switch (s->end) {
	case END_LIMIT:
		s->is_limited = true;
		source_set_reason(s, "the worker's limit: ", words);
		log_line(LOG_WARNING, "%s: %s", s->target->name, s->reason);
		s->state = SOURCE_ENDED;
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
		s->state = SOURCE_ENDED;
		return;
	case END_UNTOLD:
	case END_SHUTDOWN:
	case END_STOPPED:
		break;
	}
	if (!is_shut_down(s)) {
		s->state = SOURCE_ENDED;
		return;
	}
	source_lose(s, "the worker was shut down", span_str(""), NULL);
	if (s->end == END_UNTOLD) /* classic pcap has no place for it */
		source_tally_ask(s, s->now_ns);
}
