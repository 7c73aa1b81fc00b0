/* What others may know of a source. It changes nothing. */
#include "cli/source/source.h"

#include "sys/log.h"

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

bool
source_is_waiting(const struct source *s)
{
	return s->state == SOURCE_BODY && (s->is_file || body_room(&s->body) == 0);
}

bool
source_is_file(const struct source *s)
{
	return s->is_file;
}

bool
source_is_capturing(const struct source *s)
{
	return s->state == SOURCE_BODY;
}

bool
source_has_failed(const struct source *s)
{
	return s->state == SOURCE_FAILED || (s->has_refused && source_is_over(s));
}

bool
source_has_started(const struct source *s)
{
	return s->body.has_started;
}

bool
source_has_record(const struct source *s)
{
	return s->body.is_parked || merge_counts(s->context->merge, s->id)->received > 0;
}

bool
source_is_ddump(const struct source *s)
{
	return body_is_ddump(&s->body);
}

bool
source_is_counting(const struct source *s)
{
	return source_is_over(s) && tally_is_asking(&s->tally);
}

bool
source_is_measuring(const struct source *s)
{
	return probe_is_measuring(&s->probe);
}

bool
source_is_corrected(const struct source *s)
{
	return s->clock.slew != NULL;
}

void
source_offset(const struct source *s, struct clock_offset_estimate *e)
{
	source_clock_estimate(&s->clock, e);
}

void
source_count(const struct source *s, struct summary_counts *counts)
{
	const struct merge_counts *m = merge_counts(s->context->merge, s->id);
	struct ledger ledger = s->ledger;
	struct ledger_sum sum;
	uint64_t lost;

	ledger_receive(&ledger, body_received(&s->body));
	if (!source_is_ddump(s) && interfaces_lost(s->context->interfaces, s->id, &lost))
		ledger_note_lost(&ledger, lost, s->state == SOURCE_ENDED);
	ledger_sum(&ledger, &sum);
	*counts = (struct summary_counts){
	    .received = m->received,
	    .written = m->written - s->n_unwritten,
	    .not_written = m->received - (m->written - s->n_unwritten),
	    .offered = sum.told.offered,
	    .not_fetched = sum.not_fetched,
	    .own = sum.told.own,
	    .is_exact = sum.is_exact,
	    .late = m->late - s->n_late_unwritten,
	    .ahead = m->ahead,
	    .forced = m->forced,
	    .held_back = m->held_back,
	    .bytes = m->bytes,
	    .drops = sum.told.dropped,
	    .gaps = s->retry.n_gaps,
	    .gaps_ns = s->retry.gaps_ns,
	    .has_drops = sum.has_drops,
	    .is_file = s->target->ops->way == TARGET_OPEN,
	    .hold_back_ns = merge_source_hold_back_ns(s->context->merge, s->id)};
}

uint64_t
source_state_deadline(const struct source *s)
{
	return s->state == SOURCE_REACHING ? reach_deadline(&s->reach) : s->deadline_ns;
}

uint64_t
source_deadline(const struct source *s)
{
	uint64_t probe_ns = probe_deadline(&s->probe);
	uint64_t tally_ns = tally_deadline(&s->tally);
	uint64_t due_ns = source_state_deadline(s);

	due_ns = tally_ns < due_ns ? tally_ns : due_ns;
	return probe_ns < due_ns ? probe_ns : due_ns;
}

bool
source_may_ask(const struct source *s)
{
	return ((!s->clock.slew && !target_is_command(s->target)) ||
		!probe_is_measuring(&s->probe)) &&
	       !tally_is_losing(&s->tally);
}

bool
source_is_shut_down(const struct source *s)
{
	return s->target->ops->is_http &&
	       (body_is_ddump(&s->body) || tally_has_id(&s->tally)) &&
	       s->context->options->retry_ns > 0 && !target_is_bounded(s->target);
}

void
source_warn_password(const struct source *s)
{
	if (!s->has_answered && call_shows_password(&s->reach.call))
		log_line(LOG_WARNING,
			 "%s: the %s crosses the network in the clear: use https, "
			 "or a tunnel (ssh -L)",
			 s->target->name,
			 s->target->url.has_password ? "password" : "token");
}
