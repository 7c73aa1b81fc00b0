/* The report: a table for each way, then what did not arrive and what is not known. */
#include "path/report.h"

#define SECOND_NS     1000000000u
#define NAME_WIDTH    32
#define SENT_WIDTH    8
#define LOST_WIDTH    7
#define PERCENT_WIDTH 7
#define DELAY_WIDTH   17

/* Fills up to the column of this line, counted from where it began. */
static void
pad(struct text *t, size_t begin, size_t column)
{
	do
		text_char(t, ' ');
	while (t->n - begin < column && !t->is_cut);
}

/* A cell at the right end of so many columns. */
static void
put_right(struct text *t, const struct text *cell, size_t width)
{
	for (size_t n = cell->n; n < width; n++)
		text_char(t, ' ');
	text_put(t, text_span(cell));
}

static void
put_count(struct text *t, uint64_t n, size_t width)
{
	char mem[24];
	struct text cell;

	text_init(&cell, mem, sizeof(mem));
	text_u64(&cell, n);
	put_right(t, &cell, width);
}

/* Two digits: "11 %", "0.76 %". */
static void
put_percent(struct text *t, uint64_t part, uint64_t all)
{
	uint64_t hundredths = all > 0 ? part * 10000 / all : 0;

	if (hundredths >= 1000)
		text_u64(t, hundredths / 100);
	else if (hundredths >= 100)
		text_fixed(t, hundredths / 10, 1);
	else
		text_fixed(t, hundredths, 2);
	text_str(t, " %");
}

static bool
is_inside(const struct path *p, const struct path_segment *s)
{
	return !(s->to & PATH_TARGET) &&
	       p->points[s->from].source == p->points[s->to].source;
}

static struct span
interface_of(struct span name)
{
	span_take(&name, span_find(name, '/') + 1);
	return name;
}

static void
put_segment_name(struct text *t, const struct path *p, const struct path_segment *s)
{
	if (is_inside(p, s)) {
		text_str(t, "inside ");
		path_words_point(t, p,
				 (uint16_t)(PATH_TARGET | p->points[s->from].source));
		text_char(t, ' ');
		text_utf8(t, interface_of(p->points[s->from].name));
		text_str(t, " > ");
		text_utf8(t, interface_of(p->points[s->to].name));
		return;
	}
	path_words_point(t, p, s->from);
	text_str(t, " > ");
	path_words_point(t, p, s->to);
}

/* "4.1 +-0.2 ms", or no more than "<= 0.41 ms" where the clocks may be as far apart. */
static void
put_delay(struct text *t, const struct path_figures *f, uint32_t permille)
{
	int64_t ns = path_figures_at(f, permille);
	int64_t bound_ns = (int64_t)f->bound_ns;

	if (!f->has_bound) {
		path_words_ms(t, ns);
		text_str(t, " (clocks?)");
	} else if (bound_ns == 0) {
		path_words_ms(t, ns);
	} else if (ns > bound_ns) {
		path_words_ms(t, ns);
		text_str(t, " +-");
		path_words_ms(t, bound_ns + 999);
	} else {
		text_str(t, "<= ");
		path_words_ms(t, ns + bound_ns + 999);
	}
}

static void
put_delays(struct text *t, const struct path_segment *s)
{
	char mem[64];
	struct text cell;

	if (!s->delay || s->delay->n == 0 || !s->has_sure_order)
		return;
	text_init(&cell, mem, sizeof(mem));
	put_delay(&cell, s->delay, 500);
	put_right(t, &cell, DELAY_WIDTH);
	if (path_figures_at(s->delay, 500) <= (int64_t)s->delay->bound_ns &&
	    s->delay->bound_ns > 0)
		return;
	cell.n = 0;
	path_words_ms(&cell, path_figures_at(s->delay, 990));
	put_right(t, &cell, SENT_WIDTH);
}

static void
put_segment(struct text *t, const struct path *p, const struct path_segment *s)
{
	size_t begin = t->n;
	const struct path_counts *c = &s->shown;

	text_str(t, c->lost > 0 ? "* " : "  ");
	put_segment_name(t, p, s);
	pad(t, begin, NAME_WIDTH);
	put_count(t, c->packets, SENT_WIDTH);
	put_count(t, c->lost, LOST_WIDTH);
	text_str(t, "  ");
	if (c->lost > 0)
		put_percent(t, c->lost, c->packets);
	pad(t, begin, NAME_WIDTH + SENT_WIDTH + LOST_WIDTH + PERCENT_WIDTH);
	put_delays(t, s);
	text_char(t, '\n');
}

/* From the first target of a way to its last one. */
static void
put_head(struct text *t, const struct path *p, const struct path_class *c)
{
	size_t begin = t->n;
	uint16_t first = p->points[c->order.points[0]].source;
	uint16_t last = p->points[c->order.points[c->order.n - 1]].source;

	text_char(t, '\n');
	path_words_point(t, p, (uint16_t)(PATH_TARGET | first));
	text_str(t, " -> ");
	path_words_point(t, p, (uint16_t)(PATH_TARGET | last));
	pad(t, begin, NAME_WIDTH);
	text_str(t, "    sent   lost           delay, ms p50     p99\n");
}

/* A class whose segments are worth a table: not all of them were in one before. */
static bool
has_more(const struct path *p, const struct path_class *c, const uint8_t *is_done)
{
	bool has_any = false;

	for (uint32_t i = 0; i + 1 < c->order.n; i++)
		if (c->segments[i] != PATH_NO_SEGMENT && !is_done[c->segments[i]])
			has_any |= p->classes.segments[c->segments[i]].shown.packets > 0;
	return has_any;
}

static void
put_class(struct text *t, const struct path *p, const struct path_class *c,
	  uint8_t *is_done)
{
	put_head(t, p, c);
	for (uint32_t i = 0; i + 1 < c->order.n; i++) {
		uint16_t s = c->segments[i];

		if (s == PATH_NO_SEGMENT || is_done[s])
			continue;
		is_done[s] = 1;
		put_segment(t, p, &p->classes.segments[s]);
	}
}

/* The longest ways first, of these the busiest; what they have shown is not shown again. */
static void
put_ways(struct text *t, const struct path *p, uint8_t *is_done)
{
	for (;;) {
		const struct path_class *best = NULL;

		for (uint32_t i = 0; i < p->classes.n; i++) {
			const struct path_class *c = &p->classes.list[i];

			if (c->order.n < 2 || !has_more(p, c, is_done))
				continue;
			if (!best || c->order.n > best->order.n ||
			    (c->order.n == best->order.n && c->packets > best->packets))
				best = c;
		}
		if (!best)
			return;
		put_class(t, p, best, is_done);
	}
}

/* Places that no way has: a target that nothing has reached yet. */
static void
put_others(struct text *t, const struct path *p, const uint8_t *is_done)
{
	bool has_head = false;

	for (uint32_t i = 0; i < p->classes.n_segments; i++) {
		if (is_done[i] || p->classes.segments[i].shown.packets == 0)
			continue;
		if (!has_head)
			text_str(t, "\nelsewhere\n");
		has_head = true;
		put_segment(t, p, &p->classes.segments[i]);
	}
}

static uint64_t
max_bound(const struct path *p)
{
	uint64_t bound_ns = 0;

	for (uint32_t i = 0; i < p->n_points; i++)
		if (p->points[i].bound_ns > bound_ns)
			bound_ns = p->points[i].bound_ns;
	return bound_ns;
}

static void
put_summary(struct text *t, const struct path *p)
{
	text_str(t, "paths of ");
	text_u64(t, path_total(&p->shown));
	text_str(t, " packets, ");
	text_u64(t, p->flows.n - p->flows.n_translated);
	text_str(t, " flows, ");
	text_fixed(t, (p->last_ns - p->first_ns) / (SECOND_NS / 10), 1);
	text_str(t, " s at ");
	text_u64(t, p->options.n_sources);
	text_str(t, " targets, wait ");
	text_duration(t, p->options.wait_ns);
	if (max_bound(p) > 0) {
		text_str(t, ", clocks +-");
		path_words_ms(t, (int64_t)max_bound(p) + 999);
		text_str(t, " ms");
	}
	text_char(t, '\n');
}

static void
put_both_ways(struct text *t, const struct path *p)
{
	for (uint32_t i = 0; i < p->classes.n_segments; i++) {
		const struct path_segment *s = &p->classes.segments[i];
		int64_t sum_ns;

		if (s->shown.packets == 0 || is_inside(p, s) || (s->to & PATH_TARGET) ||
		    span_compare(p->points[s->from].name, p->points[s->to].name) > 0 ||
		    !path_words_both_ways(p, s, &sum_ns))
			continue;
		path_words_point(t, p, s->from);
		text_str(t, " and ");
		path_words_point(t, p, s->to);
		text_str(t, " both ways: ");
		path_words_ms(t, sum_ns);
		text_str(t, " ms (no clock error)\n");
	}
}

static void
put_lost_flow(struct text *t, const struct path *p, const struct path_group *g)
{
	const struct path_tuple *tuple =
	    &p->flows.list[path_flows_name_of(&p->flows, g->flow, g->last_name)].tuple;
	struct path_segment s = {.from = g->from, .to = g->to};
	size_t begin = t->n;

	text_str(t, "  ");
	text_u64(t, g->packets);
	pad(t, begin, 8);
	path_words_protocol(t, tuple);
	text_char(t, ' ');
	path_words_flow(t, tuple);
	text_str(t, "\n          ");
	text_str(t, is_inside(p, &s) ? "" : "on the link ");
	put_segment_name(t, p, &s);
	if (g->flags & PATH_GROUP_ALIKE && !(g->flags & PATH_GROUP_RANGE))
		text_str(t, " (alike: which of them died is not known)");
	text_char(t, '\n');
}

static void
put_lost(struct text *t, const struct path *p)
{
	uint64_t n_lost = p->shown.verdicts[PATH_LOST];
	uint32_t n = 0;

	if (n_lost == 0 && p->shown.lost_bytes == 0) {
		text_str(t, "\nNothing was lost.\n");
		return;
	}
	text_char(t, '\n');
	text_u64(t, n_lost);
	text_str(t, n_lost == 1 ? " packet was" : " packets were");
	text_str(t, " lost (");
	text_u64(t, p->shown.lost_bytes);
	text_str(t, " bytes):\n");
	for (uint32_t f = 0; f < p->flows.n_made; f++) {
		const struct path_flow *flow = &p->flows.list[f];

		if (!flow->is_used || flow->main != f)
			continue;
		for (uint32_t i = flow->groups; i != PATH_NONE;
		     i = p->groups.list[i].next) {
			const struct path_group *g = &p->groups.list[i];

			if (g->verdict != PATH_LOST || g->packets == 0)
				continue;
			if (n++ < PATH_REPORT_FLOWS)
				put_lost_flow(t, p, g);
		}
	}
	if (n > PATH_REPORT_FLOWS) {
		text_str(t, "  and ");
		text_u64(t, n - PATH_REPORT_FLOWS);
		text_str(t, " more rows (--path-json has all)\n");
	}
}

static void
put_other_counts(struct text *t, const struct path *p)
{
	static const char *const lines[PATH_VERDICT_N] = {
	    [PATH_EXITS] = "left our sight: ",
	    [PATH_DUPLICATE] = "duplicates: ",
	    [PATH_NOT_SENT] = "never sent by their source (forged, or replayed): ",
	    [PATH_NOT_RECOGNIZED] = "not recognized (rewritten on their way?): "};

	for (uint32_t i = 0; i < PATH_VERDICT_N; i++) {
		if (!lines[i] || p->shown.verdicts[i] == 0)
			continue;
		text_str(t, lines[i]);
		text_u64(t, p->shown.verdicts[i]);
		text_char(t, '\n');
	}
	for (uint32_t i = 0; i < PATH_UNJUDGED_N; i++) {
		if (p->shown.not_judged[i] == 0)
			continue;
		text_str(t, "not judged: ");
		text_u64(t, p->shown.not_judged[i]);
		text_str(t, ": ");
		text_str(t, path_words_unjudged[i]);
		text_char(t, '\n');
	}
}

static void
put_unknown(struct text *t, const struct path *p)
{
	for (uint32_t i = 0; i < p->classes.n_segments; i++) {
		const struct path_segment *s = &p->classes.segments[i];

		for (uint32_t k = 0; k < PATH_BLIND_N; k++) {
			if (s->shown.unknown[k] == 0)
				continue;
			text_str(t, "unknown: ");
			text_u64(t, s->shown.unknown[k]);
			text_str(t, ", ");
			put_segment_name(t, p, s);
			text_str(t, ": ");
			text_str(t, path_words_blind[k]);
			text_char(t, '\n');
		}
	}
}

static void
put_translated(struct text *t, const struct path *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->flows.n_made; i++) {
		const struct path_flow *flow = &p->flows.list[i];

		if (!flow->is_used || flow->main == i || n++ >= PATH_REPORT_FLOWS)
			continue;
		text_str(t, "translated: ");
		path_words_flow(t, &p->flows.list[flow->main].tuple);
		text_str(t, "\n         => ");
		path_words_flow(t, &flow->tuple);
		text_char(t, '\n');
	}
	if (n > PATH_REPORT_FLOWS) {
		text_str(t, "and ");
		text_u64(t, n - PATH_REPORT_FLOWS);
		text_str(t, " more flows are translated\n");
	}
}

void
path_report_put(struct text *t, struct path *p)
{
	uint8_t is_done[PATH_SEGMENTS_MAX] = {0};

	put_summary(t, p);
	put_ways(t, p, is_done);
	put_others(t, p, is_done);
	put_both_ways(t, p);
	put_lost(t, p);
	put_unknown(t, p);
	put_other_counts(t, p);
	put_translated(t, p);
}

void
path_report_put_line(struct text *t, struct path *p)
{
	const struct path_segment *worst = NULL;

	for (uint32_t i = 0; i < p->classes.n_segments; i++) {
		const struct path_segment *s = &p->classes.segments[i];

		if (s->shown.lost > 0 && (!worst || s->shown.lost > worst->shown.lost))
			worst = s;
	}
	text_u64(t, path_total(&p->shown));
	text_str(t, " packets, ");
	text_u64(t, p->shown.verdicts[PATH_LOST]);
	text_str(t, " lost");
	if (!worst)
		return;
	text_str(t, ", most: ");
	put_segment_name(t, p, worst);
	text_char(t, ' ');
	text_u64(t, worst->shown.lost);
	text_str(t, " of ");
	text_u64(t, worst->shown.packets);
}
