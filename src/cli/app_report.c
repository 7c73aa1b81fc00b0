/* What people read on stderr about all targets together. */
#include "cli/app_state.h"
#include "sys/log.h"

static void
put_failures(const struct app *a, struct text *line)
{
	const char *before = " (";

	for (uint32_t i = 0; i < a->n; i++) {
		const struct source *s = &a->sources[i];

		if (s->state != SOURCE_FAILED || s->has_answered)
			continue;
		text_str(line, before);
		text_str(line, s->target->name);
		text_str(line, ": ");
		text_str(line, s->reason);
		before = "; ";
	}
	text_str(line, before[0] == ';' ? ")" : "");
}

void
app_report_ready(const struct app *a)
{
	char mem[LOG_LINE_MAX];
	uint32_t n_answered = 0;
	bool has_network = false;
	struct text line;

	for (uint32_t i = 0; i < a->n; i++) {
		n_answered += a->sources[i].has_answered;
		has_network |= a->targets[i].kind == TARGET_NETWORK;
	}
	if (!has_network)
		return;
	text_init(&line, mem, sizeof(mem) - 64);
	text_str(&line, "capturing on ");
	text_u64(&line, n_answered);
	text_str(&line, " of ");
	text_u64(&line, a->n);
	text_str(&line, a->n == 1 ? " target" : " targets");
	put_failures(a, &line);
	log_text(LOG_INFO, &line);
}

static void
report_source(const struct source *s, const struct summary_counts *counts)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_str(&line, s->target->name);
	text_str(&line, ": ");
	summary_put(&line, counts);
	if (s->is_unverified)
		text_str(&line, ", end cannot be verified");
	if (s->state == SOURCE_FAILED)
		text_str(&line, ", failed");
	log_text(LOG_INFO, &line);
}

void
app_report_summary(const struct app *a)
{
	struct summary_counts total = {0};
	char mem[LOG_LINE_MAX];
	struct text line;

	for (uint32_t i = 0; i < a->n; i++) {
		struct summary_counts counts;

		source_count(&a->sources[i], &counts);
		summary_add(&total, &counts);
		report_source(&a->sources[i], &counts);
	}
	text_init(&line, mem, sizeof(mem));
	text_str(&line, "total: ");
	summary_put(&line, &total);
	log_text(LOG_INFO, &line);
	log_line(LOG_DEBUG, "hold-back %llu ms, %llu KiB of buffers at the end",
		 (unsigned long long)(merge_hold_back_ns(a->merge) / 1000000),
		 (unsigned long long)(merge_memory(a->merge) / 1024));
}
