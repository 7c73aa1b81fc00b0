/* The summary as JSON. It knows neither sources nor files. */
#include "cli/report/stats_json.h"

static void
put_name(struct text *t, const char *before, const char *name)
{
	text_str(t, before);
	text_json(t, span_str(name));
	text_char(t, ':');
}

static void
put_string(struct text *t, const char *before, const char *name, const char *value)
{
	put_name(t, before, name);
	if (value)
		text_json(t, span_str(value));
	else
		text_str(t, "null");
}

static void
put_number(struct text *t, const char *name, uint64_t value, bool is_known)
{
	put_name(t, ",", name);
	if (is_known)
		text_u64(t, value);
	else
		text_str(t, "null");
}

/* A lower bound of 0 says nothing. */
static void
put_bound(struct text *t, const char *name, uint64_t n, bool is_exact)
{
	put_number(t, name, n, is_exact || n > 0);
}

static void
put_counts(struct text *t, const struct summary_counts *c)
{
	put_name(t, ",", "counts");
	text_str(t, c->is_exact ? "\"exact\"" : "\"at_least\"");
	put_number(t, "packets_offered", c->offered, c->is_exact || c->has_drops);
	put_number(t, "packets_received", c->received, true);
	put_number(t, "packets_written", c->written, true);
	put_number(t, "not_written", c->not_written, true);
	put_bound(t, "not_fetched", c->not_fetched, c->is_exact);
	put_number(t, "bytes_written", c->bytes, true);
	put_number(t, "late", c->late, true);
	put_number(t, "ahead", c->ahead, true);
	put_number(t, "forced", c->forced, true);
	put_number(t, "held_back", c->held_back, true);
	put_bound(t, "kernel_drops", c->drops, c->is_exact);
	put_bound(t, "own_traffic", c->own, c->is_exact);
	put_number(t, "gaps", c->gaps, true);
	put_number(t, "gaps_ns", c->gaps_ns, true);
}

static void
put_offset(struct text *t, const struct stats_json_target *target)
{
	put_name(t, ",", "clock_offset");
	if (!target->has_offset) {
		text_str(t, "null");
		return;
	}
	put_name(t, "{", "offset_ns");
	text_i64(t, target->offset_ns);
	put_number(t, "bound_ns", target->bound_ns, true);
	text_char(t, '}');
}

void
stats_json_put_head(struct text *t, const struct stats_json_run *run)
{
	put_string(t, "{", "version", run->version);
	put_string(t, ",", "start", run->start);
	put_string(t, ",", "end", run->end);
	put_number(t, "exit_status", run->exit_status, true);
	put_number(t, "hold_back_ns", run->hold_back_ns, true);
	put_name(t, ",", "targets");
	text_char(t, '[');
}

void
stats_json_put_target(struct text *t, uint32_t number,
		      const struct stats_json_target *target)
{
	text_str(t, number > 0 ? ",\n" : "\n");
	put_string(t, "{", "name", target->name);
	put_string(t, ",", "state", target->state);
	put_string(t, ",", "reason", target->reason);
	put_name(t, ",", "end_unverified");
	text_str(t, target->is_unverified ? "true" : "false");
	put_counts(t, &target->counts);
	put_number(t, "hold_back_ns", target->counts.hold_back_ns,
		   target->counts.hold_back_ns > 0);
	put_offset(t, target);
	text_char(t, '}');
}

void
stats_json_put_tail(struct text *t, uint32_t n, const struct summary_counts *total)
{
	text_str(t, "],\n\"total\":{\"targets\":");
	text_u64(t, n);
	put_counts(t, total);
	text_str(t, "}}\n");
}
