/* --path-json. */
#include "path/json.h"

static const char *const verdicts[PATH_VERDICT_N] = {[PATH_ARRIVED] = "arrived",
						     [PATH_LOST] = "lost",
						     [PATH_BLINDED] = "unknown",
						     [PATH_EXITS] = "exits",
						     [PATH_DUPLICATE] = "duplicates",
						     [PATH_NOT_SENT] = "not_sent",
						     [PATH_NOT_RECOGNIZED] =
							 "not_recognized",
						     [PATH_NOT_JUDGED] = "not_judged"};

static void
put_number(struct text *t, const char *name, uint64_t value)
{
	text_str(t, ",\"");
	text_str(t, name);
	text_str(t, "\":");
	text_u64(t, value);
}

/* A string in the words of one of path_words. */
static void
put_words(struct text *t, const char *name, const struct text *words)
{
	text_str(t, name);
	text_json(t, text_span(words));
}

static void
put_point(struct text *t, const char *name, const struct path *p, uint16_t point)
{
	char mem[512];
	struct text words;

	text_init(&words, mem, sizeof(mem));
	path_words_point(&words, p, point);
	put_words(t, name, &words);
}

static void
put_flow(struct text *t, const char *name, const struct path_tuple *tuple)
{
	char mem[128];
	struct text words;

	text_init(&words, mem, sizeof(mem));
	path_words_flow(&words, tuple);
	put_words(t, name, &words);
}

static void
put_protocol(struct text *t, const struct path_tuple *tuple)
{
	text_str(t, ",\"protocol\":\"");
	path_words_protocol(t, tuple);
	text_char(t, '"');
}

/* {"reason":n}, of those that are not 0. */
static void
put_reasons(struct text *t, const char *name, const char *const *words,
	    const uint64_t *counts, uint32_t n)
{
	bool has_any = false;

	text_str(t, ",\"");
	text_str(t, name);
	text_str(t, "\":{");
	for (uint32_t i = 0; i < n; i++) {
		if (counts[i] == 0)
			continue;
		text_str(t, has_any ? ",\"" : "\"");
		text_str(t, words[i]);
		text_str(t, "\":");
		text_u64(t, counts[i]);
		has_any = true;
	}
	text_char(t, '}');
}

static void
put_points(struct text *t, const struct path *p)
{
	static const char *const directions[] = {"unknown", "in", "out"};

	text_str(t, ",\n\"points\":[");
	for (uint32_t i = 0; i < p->n_points; i++) {
		const struct path_point *point = &p->points[i];
		size_t slash = span_find(point->name, '/');
		struct span rest = point->name;

		span_take(&rest, slash + 1);
		text_str(t, i > 0 ? ",\n" : "\n");
		put_point(t, "{\"target\":", p, (uint16_t)(PATH_TARGET | point->source));
		text_str(t, ",\"interface\":");
		text_json(t, rest);
		text_str(t, ",\"direction\":\"");
		text_str(t, directions[point->direction]);
		text_char(t, '"');
		put_number(t, "kernel_drops", p->sight.sources[point->source].drops);
		text_char(t, '}');
	}
	text_char(t, ']');
}

static void
put_paths(struct text *t, const struct path *p)
{
	text_str(t, ",\n\"paths\":[");
	for (uint32_t i = 0; i < p->classes.n; i++) {
		const struct path_class *c = &p->classes.list[i];

		text_str(t, i > 0 ? ",\n{\"points\":[" : "\n{\"points\":[");
		for (uint32_t k = 0; k < c->order.n; k++)
			put_point(t, k > 0 ? "," : "", p, c->order.points[k]);
		text_char(t, ']');
		put_number(t, "packets", c->packets);
		put_number(t, "bytes", c->bytes);
		text_char(t, '}');
	}
	text_char(t, ']');
}

static void
put_ns(struct text *t, const char *name, int64_t ns)
{
	text_str(t, name);
	text_i64(t, ns);
}

static void
put_delay(struct text *t, const struct path_segment *s)
{
	const struct path_figures *f = s->delay;

	text_str(t, ",\"delay_ns\":");
	if (!f || f->n == 0 || !s->has_sure_order) {
		text_str(t, "null");
		return;
	}
	text_str(t, "{\"n\":");
	text_u64(t, f->n);
	put_ns(t, ",\"min\":", path_figures_at(f, 0));
	put_ns(t, ",\"p50\":", path_figures_at(f, 500));
	put_ns(t, ",\"p99\":", path_figures_at(f, 990));
	put_ns(t, ",\"max\":", path_figures_at(f, 1000));
	text_str(t, ",\"bound\":");
	if (f->has_bound)
		text_u64(t, f->bound_ns);
	else
		text_str(t, "null");
	text_char(t, '}');
}

static void
put_segments(struct text *t, const struct path *p)
{
	bool has_any = false;

	text_str(t, ",\n\"segments\":[");
	for (uint32_t i = 0; i < p->classes.n_segments; i++) {
		const struct path_segment *s = &p->classes.segments[i];
		const struct path_counts *c = &s->shown;
		int64_t sum_ns;

		if (c->packets == 0 && c->duplicates == 0 && c->lost_bytes == 0)
			continue;
		text_str(t, has_any ? ",\n" : "\n");
		has_any = true;
		put_point(t, "{\"from\":", p, s->from);
		put_point(t, ",\"to\":", p, s->to);
		put_number(t, "packets", c->packets);
		put_number(t, "lost", c->lost);
		put_number(t, "lost_bytes", c->lost_bytes);
		put_reasons(t, "unknown", path_words_blind, c->unknown, PATH_BLIND_N);
		put_number(t, "duplicates", c->duplicates);
		put_number(t, "alike", c->alike);
		put_number(t, "missed", c->missed);
		put_delay(t, s);
		text_str(t, ",\"both_ways_ns\":");
		if (path_words_both_ways(p, s, &sum_ns))
			text_i64(t, sum_ns);
		else
			text_str(t, "null");
		text_char(t, '}');
	}
	text_char(t, ']');
}

/* Packets of the flow by their verdict. */
static void
sum_flow(const struct path *p, const struct path_flow *flow, uint64_t sums[])
{
	for (uint32_t k = 0; k < PATH_VERDICT_N; k++)
		sums[k] = 0;
	for (uint32_t i = flow->groups; i != PATH_NONE; i = p->groups.list[i].next)
		sums[p->groups.list[i].verdict] += p->groups.list[i].packets;
}

/* Those with losses first. */
static void
put_flows(struct text *t, const struct path *p)
{
	uint32_t n = 0;

	text_str(t, ",\n\"flows\":[");
	for (int turn = 0; turn < 2; turn++) {
		for (uint32_t i = 0; i < p->flows.n_made && n < PATH_JSON_FLOWS; i++) {
			const struct path_flow *flow = &p->flows.list[i];
			uint64_t sums[PATH_VERDICT_N];

			if (!flow->is_used || flow->main != i)
				continue;
			sum_flow(p, flow, sums);
			if ((sums[PATH_LOST] > 0) != (turn == 0))
				continue;
			put_flow(
			    t, n++ > 0 ? ",\n{\"flow\":" : "\n{\"flow\":", &flow->tuple);
			put_protocol(t, &flow->tuple);
			for (uint32_t k = 0; k < PATH_VERDICT_N; k++)
				if (sums[k] > 0 || k == PATH_LOST)
					put_number(t, verdicts[k], sums[k]);
			text_char(t, '}');
		}
	}
	text_char(t, ']');
}

static void
put_lost(struct text *t, const struct path *p)
{
	uint32_t n = 0;

	text_str(t, ",\n\"lost\":[");
	for (uint32_t i = 0; i < p->n_listed; i++) {
		const struct path_listed *l = &p->listed[i];
		const struct path_group *g = &p->groups.list[l->group];
		const struct path_tuple *tuple =
		    &p->flows.list[path_flows_name_of(&p->flows, l->flow, g->last_name)]
			 .tuple;

		if (g->verdict != PATH_LOST)
			continue;
		text_str(t, n++ > 0 ? ",\n{\"time\":" : "\n{\"time\":");
		text_u64(t, l->time_ns);
		put_flow(t, ",\"flow\":", tuple);
		put_protocol(t, tuple);
		put_number(t,
			   g->flags & (PATH_GROUP_RANGE | PATH_GROUP_TCP) ? "seq" : "id",
			   l->seq);
		put_number(t, "length", l->bytes);
		put_number(t, "packets", l->packets);
		put_point(t, ",\"after\":", p, g->from);
		put_point(t, ",\"expected\":", p, g->to);
		text_str(t, g->flags & PATH_GROUP_ALIKE ? ",\"reason\":\"alike\"}"
							: ",\"reason\":null}");
	}
	text_char(t, ']');
}

static void
put_translated(struct text *t, const struct path *p)
{
	uint32_t n = 0;

	text_str(t, ",\n\"translated\":[");
	for (uint32_t i = 0; i < p->flows.n_made; i++) {
		const struct path_flow *flow = &p->flows.list[i];

		if (!flow->is_used || flow->main == i || n >= PATH_JSON_FLOWS)
			continue;
		put_flow(t, n++ > 0 ? ",\n{\"flow\":" : "\n{\"flow\":",
			 &p->flows.list[flow->main].tuple);
		put_flow(t, ",\"as\":", &flow->tuple);
		put_protocol(t, &flow->tuple);
		text_char(t, '}');
	}
	text_char(t, ']');
}

void
path_json_put(struct text *t, struct path *p, unsigned exit_status)
{
	const struct path_totals *totals = &p->shown;

	text_str(t, "{\"version\":\"" DDUMP_VERSION "\"");
	put_number(t, "exit_status", exit_status);
	put_number(t, "wait_ns", p->options.wait_ns);
	put_number(t, "observations", p->n_observations);
	put_number(t, "not_ip", p->n_other);
	put_number(t, "not_matched", p->n_unmatched);
	text_str(t, ",\n\"packets\":{\"all\":");
	text_u64(t, path_total(totals));
	for (uint32_t k = 0; k < PATH_VERDICT_N; k++)
		put_number(t, verdicts[k], totals->verdicts[k]);
	put_number(t, "lost_bytes", totals->lost_bytes);
	put_number(t, "alike", totals->alike);
	text_char(t, '}');
	put_points(t, p);
	put_paths(t, p);
	put_segments(t, p);
	put_flows(t, p);
	put_lost(t, p);
	put_translated(t, p);
	text_str(t, "\n");
	put_number(t, "not_sent", totals->verdicts[PATH_NOT_SENT]);
	put_number(t, "missed", totals->missed);
	put_reasons(t, "unknown", path_words_blind, totals->unknown, PATH_BLIND_N);
	put_reasons(t, "not_judged", path_words_unjudged, totals->not_judged,
		    PATH_UNJUDGED_N);
	text_str(t, "}\n");
}
