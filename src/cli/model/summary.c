/* Counts of many targets added up. */
#include "cli/model/summary.h"

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
