/* Counts in words. */
#include "cli/model/summary.h"

static void
put(struct text *t, const char *what, uint64_t n)
{
	text_str(t, what);
	text_u64(t, n);
}

static void
put_duration(struct text *t, const char *what, uint64_t ns)
{
	text_str(t, what);
	text_duration(t, ns);
}

/* A lower bound of 0 says nothing. */
static void
put_bound(struct text *t, const char *what, uint64_t n, bool is_exact)
{
	text_str(t, what);
	if (!is_exact && n == 0) {
		text_str(t, " unknown");
		return;
	}
	text_str(t, is_exact ? " " : " at least ");
	text_u64(t, n);
}

void
summary_put(struct text *t, const struct summary_counts *c)
{
	bool is_counted = c->is_exact || !c->is_file;

	put(t, "received ", c->received);
	put(t, ", written ", c->written);
	put(t, ", late ", c->late);
	if (c->ahead > 0)
		put(t, ", ahead ", c->ahead);
	if (c->drops > 0 || is_counted)
		put_bound(t, ", dropped by kernel", c->drops, c->is_exact);
	if (c->not_written > 0)
		put(t, ", not written ", c->not_written);
	if (c->not_fetched > 0 || (!c->is_exact && is_counted))
		put_bound(t, ", not fetched", c->not_fetched, c->is_exact);
	if (c->own > 0)
		put_bound(t, ", own traffic", c->own, c->is_exact);
	if (c->forced > 0)
		put(t, ", forced ", c->forced);
	if (c->held_back > 0)
		put(t, ", held back ", c->held_back);
	if (c->gaps > 0) {
		put(t, ", gaps ", c->gaps);
		put_duration(t, " (", c->gaps_ns);
		text_str(t, ")");
	}
	put(t, ", bytes ", c->bytes);
	if (c->hold_back_ns > 0)
		put_duration(t, ", hold-back ", c->hold_back_ns);
}

void
summary_add(struct summary_counts *total, const struct summary_counts *c)
{
	total->is_exact &= c->is_exact;
	total->is_file &= c->is_file;
	total->offered += c->offered;
	total->not_written += c->not_written;
	total->not_fetched += c->not_fetched;
	total->own += c->own;
	total->received += c->received;
	total->written += c->written;
	total->late += c->late;
	total->ahead += c->ahead;
	total->forced += c->forced;
	total->held_back += c->held_back;
	total->bytes += c->bytes;
	total->gaps += c->gaps;
	total->gaps_ns += c->gaps_ns;
	total->drops += c->drops;
	total->has_drops |= c->has_drops;
}
