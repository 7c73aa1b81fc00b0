/* The table at the end. It asks nothing and knows no log. */
#include "cli/report/table.h"

#include "cli/report/status.h"

#define NAME_MIN   6 /* "target" */
#define DETAIL_MAX 768
#define CELL_MAX   48

enum column { RECEIVED, WRITTEN, DROPPED, LATE, BYTES, CLOCK, N_COLUMNS };

static const char *const titles[] = {
    [RECEIVED] = "received", [WRITTEN] = "written", [DROPPED] = "dropped",
    [LATE] = "late",	     [BYTES] = "bytes",	    [CLOCK] = "clock",
};

struct table {
	struct view rows[TABLE_TARGETS_MAX];
	uint32_t n_rows;
	uint32_t n_rest;
	struct view rest;
	struct view total;
	unsigned n_columns; /* without CLOCK where there is none */
	size_t widths[N_COLUMNS];
	size_t name_width;
	bool has_bounds; /* in the clock's column; else below the row */
};

void
table_put_count(struct text *t, uint64_t n)
{
	uint64_t unit = 1;

	while (n / unit >= 1000)
		unit *= 1000;
	text_u64(t, n / unit);
	for (unit /= 1000; unit > 0; unit /= 1000) {
		uint64_t part = n / unit % 1000;

		text_char(t, ',');
		text_char(t, (char)('0' + part / 100));
		text_char(t, (char)('0' + part / 10 % 10));
		text_char(t, (char)('0' + part % 10));
	}
}

void
table_put_bytes(struct text *t, uint64_t n)
{
	static const char *const units[] = {" B",  " kB", " MB", " GB",
					    " TB", " PB", " EB"};
	uint64_t unit = 1;
	unsigned i = 0;

	while (n / unit >= 1000) {
		unit *= 1000;
		i++;
	}
	if (i > 0 && n / unit < 10)
		text_fixed(t, n / (unit / 10), 1);
	else
		text_u64(t, n / unit);
	text_str(t, units[i]);
}

/* A lower bound of 0 says nothing. */
static void
put_bound(struct text *t, uint64_t n, bool is_exact)
{
	if (!is_exact && n == 0) {
		text_str(t, "unknown");
		return;
	}
	text_str(t, is_exact ? "" : ">=");
	table_put_count(t, n);
}

static void
put_clock(struct text *t, const struct view *v, bool has_bound)
{
	char mem[CELL_MAX];
	struct text offset;
	struct span said;
	struct span unit;

	if (!v->has_clock)
		return;
	if (v->offset.kind == CLOCK_OFFSET_UNKNOWN) {
		text_char(t, '-');
		return;
	}
	if (!has_bound) {
		text_str(t, v->offset.kind == CLOCK_OFFSET_AT_LEAST ? ">=" : "");
		status_put_offset(t, v->offset.offset_ns);
		return;
	}
	text_init(&offset, mem, sizeof(mem));
	clock_offset_text(&offset, &v->offset);
	said = text_span(&offset);
	span_take_prefix_ci(&said, "offset ");
	text_str(t, span_take_prefix_ci(&said, "at least ") ? ">=" : "");
	text_put(t, span_split(&said, ' '));
	text_char(t, ' ');
	unit = span_split(&said, ' '); /* the bound's, too: "+1.3 ms ±0.2 ms" */
	text_put(t, said.n > 0 ? said : unit);
}

/* No worker counts for a file: what is not known is not mentioned. */
static bool
is_mentioned(const struct summary_counts *c, uint64_t n)
{
	return n > 0 || c->is_exact || !c->is_file;
}

static void
put_cell(const struct table *table, struct text *t, const struct view *v,
	 enum column column)
{
	const struct summary_counts *c = &v->counts;

	switch (column) {
	case RECEIVED:
		table_put_count(t, c->received);
		break;
	case WRITTEN:
		table_put_count(t, c->written);
		break;
	case DROPPED:
		if (is_mentioned(c, c->drops))
			put_bound(t, c->drops, c->is_exact);
		else
			text_char(t, '-');
		break;
	case LATE:
		table_put_count(t, c->late);
		break;
	case BYTES:
		table_put_bytes(t, c->bytes);
		break;
	case CLOCK:
		put_clock(t, v, table->has_bounds);
		break;
	case N_COLUMNS:
		break;
	}
}

static void
next_part(struct text *t, const char *what)
{
	text_str(t, t->n > 0 ? ", " : "");
	text_str(t, what);
}

static void
put_part(struct text *t, const char *what, uint64_t n)
{
	if (n == 0)
		return;
	next_part(t, what);
	table_put_count(t, n);
}

static void
put_duration(struct text *t, const char *what, uint64_t ns, const char *end)
{
	if (ns == 0)
		return;
	text_str(t, what);
	text_duration(t, ns);
	text_str(t, end);
}

/* What is not in the columns; empty: nothing. Why it failed has had a line of its own. */
static void
put_details(const struct table *table, struct text *t, const struct view *v)
{
	const struct summary_counts *c = &v->counts;

	if (v->state == VIEW_FAILED)
		next_part(t, "failed");
	if (!table->has_bounds && v->has_clock && v->offset.kind == CLOCK_OFFSET_KNOWN) {
		next_part(t, "");
		clock_offset_text(t, &v->offset);
	}
	put_part(t, "not written ", c->not_written);
	if (c->not_fetched > 0 || (!c->is_exact && is_mentioned(c, 0))) {
		next_part(t, "not fetched ");
		put_bound(t, c->not_fetched, c->is_exact);
	}
	if (c->own > 0) {
		next_part(t, "own traffic ");
		put_bound(t, c->own, c->is_exact);
	}
	put_part(t, "ahead ", c->ahead);
	put_part(t, "forced ", c->forced);
	put_part(t, "held back ", c->held_back);
	put_part(t, "gaps ", c->gaps);
	if (c->gaps > 0)
		put_duration(t, " (", c->gaps_ns, ")");
	if (c->hold_back_ns > 0) {
		next_part(t, "");
		put_duration(t, "hold-back ", c->hold_back_ns, "");
	}
	if (v->is_corrected && v->offset.kind == CLOCK_OFFSET_KNOWN)
		next_part(t, "clock corrected");
	if (v->is_unverified)
		next_part(t, "end cannot be verified");
}

static void
put_pad(struct text *t, size_t n)
{
	while (n-- > 0)
		text_char(t, ' ');
}

static void
begin_line(struct text *out)
{
	if (out->n > 0)
		text_char(out, '\n');
}

/* Broken behind commas and spaces. */
static void
put_wrapped(struct text *out, struct span s)
{
	const size_t width = TABLE_WIDTH - 2;

	while (s.n > 0) {
		size_t n = s.n < width ? s.n : width;

		while (n < s.n && n > 0 && s.p[n] != ' ')
			n--;
		n = n == 0 ? (s.n < width ? s.n : width) : n;
		begin_line(out);
		text_str(out, "  ");
		text_put(out, span_take(&s, n));
		if (s.n > 0 && s.p[0] == ' ')
			span_take(&s, 1);
	}
}

/* What makes names differ stands at their beginning or at their end. */
static void
put_name(struct text *out, struct span name, size_t width)
{
	size_t tail = width / 3;

	if (name.n <= width) {
		text_put(out, name);
		put_pad(out, width - name.n);
		return;
	}
	text_put(out, span_of(name.p, width - 1 - tail));
	text_char(out, '~');
	text_put(out, span_of(name.p + name.n - tail, tail));
}

static void
put_row(struct text *out, const struct table *t, const struct view *v, bool has_clock)
{
	char mem[DETAIL_MAX];
	struct text details;

	begin_line(out);
	put_name(out, span_str(v->name), t->name_width);
	for (unsigned i = 0; i < t->n_columns; i++) {
		char cell_mem[CELL_MAX];
		struct text cell;

		text_init(&cell, cell_mem, sizeof(cell_mem));
		if (i == CLOCK && !has_clock)
			break;
		put_cell(t, &cell, v, i);
		put_pad(out, t->widths[i] - cell.n);
		text_put(out, text_span(&cell));
	}
	text_init(&details, mem, sizeof(mem));
	put_details(t, &details, v);
	put_wrapped(out, text_span(&details));
}

static void
put_head(struct text *out, const struct table *t)
{
	put_name(out, span_str("target"), t->name_width);
	for (unsigned i = 0; i < t->n_columns; i++) {
		struct span title = span_str(titles[i]);

		put_pad(out, t->widths[i] - title.n);
		text_put(out, title);
	}
}

static unsigned
rank(const struct view *v)
{
	const struct summary_counts *c = &v->counts;

	if (v->state == VIEW_FAILED)
		return 2;
	return c->drops > 0 || c->not_written > 0 || c->not_fetched > 0 || c->late > 0 ||
	       c->gaps > 0 || c->forced > 0;
}

static bool
is_before(const struct view *a, const struct view *b)
{
	unsigned of_a = rank(a);
	unsigned of_b = rank(b);

	return of_a != of_b ? of_a > of_b : a->counts.bytes > b->counts.bytes;
}

/* One more than there is room for goes to the rest; equals stay in the targets' order. */
static void
add_ranked(struct table *t, const struct view *v)
{
	uint32_t at = t->n_rows;

	if (t->n_rows == TABLE_TARGETS_MAX) {
		const struct view *last = &t->rows[TABLE_TARGETS_MAX - 1];
		const struct view *out = is_before(v, last) ? last : v;

		summary_add(&t->rest.counts, &out->counts);
		t->n_rest++;
		if (out == v)
			return;
		at--;
	} else {
		t->n_rows++;
	}
	for (; at > 0 && is_before(v, &t->rows[at - 1]); at--)
		t->rows[at] = t->rows[at - 1];
	t->rows[at] = *v;
}

static void
widen(struct table *t, const struct view *v)
{
	size_t name = span_str(v->name).n;

	if (name > t->name_width)
		t->name_width = name;
	for (unsigned i = 0; i < N_COLUMNS; i++) {
		char mem[CELL_MAX];
		struct text cell;

		text_init(&cell, mem, sizeof(mem));
		put_cell(t, &cell, v, i);
		if (cell.n + 2 > t->widths[i])
			t->widths[i] = cell.n + 2;
	}
}

/* Numbers are whole; what they leave is for the names. */
static size_t
measure(struct table *t)
{
	size_t left = TABLE_WIDTH;
	bool has_clock = false;

	t->name_width = span_str("target").n;
	for (unsigned i = 0; i < N_COLUMNS; i++)
		t->widths[i] = span_str(titles[i]).n + 2;
	for (uint32_t i = 0; i < t->n_rows; i++) {
		widen(t, &t->rows[i]);
		has_clock |= t->rows[i].has_clock;
	}
	widen(t, &t->rest);
	widen(t, &t->total);
	t->n_columns = has_clock ? N_COLUMNS : CLOCK;
	for (unsigned i = 0; i < t->n_columns; i++)
		left -= left > t->widths[i] ? t->widths[i] : left;
	return left;
}

/* A bound gives way to a name, a name to numbers. */
static void
lay_out(struct table *t)
{
	size_t left;

	t->has_bounds = true;
	left = measure(t);
	if (t->name_width > left) {
		t->has_bounds = false;
		left = measure(t);
	}
	if (left < NAME_MIN)
		left = NAME_MIN;
	if (t->name_width > left)
		t->name_width = left;
}

static void
take(struct table *t, const struct views *views)
{
	t->n_rows = 0;
	t->n_rest = 0;
	t->rest =
	    (struct view){.name = "", .counts = {.is_exact = true, .is_file = true}};
	t->total = t->rest;
	t->total.name = "total";
	for (uint32_t i = 0; i < views->n; i++) {
		struct view v;

		views->at(views->of, i, &v);
		summary_add(&t->total.counts, &v.counts);
		if (views->n <= TABLE_TARGETS_MAX)
			t->rows[t->n_rows++] = v;
		else
			add_ranked(t, &v);
	}
}

void
table_put(struct text *out, const struct views *views)
{
	char mem[CELL_MAX];
	struct text more;
	struct table t;

	text_init(&more, mem, sizeof(mem));
	take(&t, views);
	table_put_count(&more, t.n_rest);
	text_str(&more, " more");
	t.rest.name = text_cstr(&more);
	lay_out(&t);
	put_head(out, &t);
	for (uint32_t i = 0; i < t.n_rows; i++)
		put_row(out, &t, &t.rows[i], true);
	if (t.n_rest > 0)
		put_row(out, &t, &t.rest, false);
	if (views->n > 1)
		put_row(out, &t, &t.total, false);
}
