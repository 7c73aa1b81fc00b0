/* The live display as text. It knows no terminal, no source and no clock. */
#include "cli/report/status.h"

#define STATE_WIDTH 10	 /* "connecting" */
#define NAME_WISH   16	 /* a column that would leave names less is left out */
#define ROW_MAX	    1024 /* a name and a reason */
#define SECOND_NS   UINT64_C(1000000000)

enum column { PACKETS, BYTES, DROPS, LATE, LAG, CLOCK, N_COLUMNS };

/* In the order in which they are worth their place; widths with the space in front. */
static const struct {
	const char *title;
	size_t width;
} columns[N_COLUMNS] = {
    [PACKETS] = {"pkt/s", 7}, [BYTES] = {"byte/s", 8}, [DROPS] = {"drops", 7},
    [LATE] = {"late", 6},     [LAG] = {"lag", 7},      [CLOCK] = {"clock", 8},
};

struct layout {
	size_t width; /* of a line */
	size_t name;
	unsigned n_columns;
};

static const char *const words[] = {
    [VIEW_CONNECTING] = "connecting",
    [VIEW_CAPTURING] = "capturing",
    [VIEW_LOST] = "lost",
    [VIEW_ENDED] = "ended",
    [VIEW_FAILED] = "failed",
};

void
status_put_count(struct text *t, uint64_t count)
{
	static const char units[] = "kMGTPE";
	const char *unit = units;

	if (count < 1000) {
		text_u64(t, count);
		return;
	}
	while (count >= 1000000) {
		count /= 1000;
		unit++;
	}
	if (count < 10000)
		text_fixed(t, count / 100, 1);
	else
		text_u64(t, count / 1000);
	text_char(t, *unit);
}

void
status_put_time(struct text *t, uint64_t ns)
{
	static const struct {
		uint64_t unit_ns;
		uint64_t end; /* as many go to the next unit */
		const char *name;
	} units[] = {{1000, 1000, "us"},	   {1000000, 1000, "ms"},
		     {SECOND_NS, 100, "s"},	   {60 * SECOND_NS, 100, "m"},
		     {3600 * SECOND_NS, 100, "h"}, {86400 * SECOND_NS, UINT64_MAX, "d"}};
	unsigned i = 0;

	while (ns / units[i].unit_ns >= units[i].end)
		i++;
	if (i > 0 && ns / units[i].unit_ns < 10)
		text_fixed(t, ns / (units[i].unit_ns / 10), 1);
	else
		text_u64(t, ns / units[i].unit_ns);
	text_str(t, units[i].name);
}

void
status_rate_update(struct status_rate *r, uint64_t count, uint64_t elapsed_ns)
{
	uint64_t ms = elapsed_ns / 1000000;
	uint64_t now;

	if (ms == 0)
		return;
	now = (count - r->count) * 1000 / ms;
	r->per_s = r->per_s > 0 ? (r->per_s + now) / 2 : now;
	r->count = count;
}

static void
put_pad(struct text *t, size_t n)
{
	while (n-- > 0)
		text_char(t, ' ');
}

static void
put_left(struct text *t, struct span s, size_t width)
{
	text_put(t, s);
	put_pad(t, s.n < width ? width - s.n : 0);
}

static void
put_right(struct text *t, struct span s, size_t width)
{
	put_pad(t, s.n < width ? width - s.n : 1);
	text_put(t, s);
}

/* What makes names differ stands at their beginning or at their end. */
static void
put_name(struct text *t, const char *name, size_t width)
{
	struct span s = span_str(name);
	size_t tail = width / 3;

	if (s.n <= width) {
		put_left(t, s, width);
		return;
	}
	if (width == 0)
		return;
	text_put(t, span_of(s.p, width - 1 - tail));
	text_char(t, '~');
	text_put(t, span_of(s.p + s.n - tail, tail));
}

void
status_put_offset(struct text *t, int64_t ns)
{
	uint64_t size = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;

	if (size >= 1000)
		text_char(t, ns < 0 ? '-' : '+');
	status_put_time(t, size);
}

static void
put_value(struct text *t, const struct status_row *row, enum column column)
{
	switch (column) {
	case PACKETS:
		status_put_count(t, row->packets_s);
		break;
	case BYTES:
		status_put_count(t, row->bytes_s);
		break;
	case DROPS:
		if (row->drops != VIEW_UNKNOWN)
			status_put_count(t, row->drops);
		break;
	case LATE:
		status_put_count(t, row->late);
		break;
	case LAG:
		if (row->lag_ns != VIEW_UNKNOWN)
			status_put_time(t, row->lag_ns);
		break;
	case CLOCK:
		if (row->has_offset)
			status_put_offset(t, row->offset_ns);
		break;
	case N_COLUMNS:
		break;
	}
}

static void
put_values(struct text *t, const struct status_row *row, const struct layout *l)
{
	for (unsigned i = 0; i < l->n_columns; i++) {
		char mem[32];
		struct text value;

		text_init(&value, mem, sizeof(mem));
		put_value(&value, row, i);
		if (value.n == 0)
			text_char(&value, '-');
		put_right(t, text_span(&value), columns[i].width);
	}
}

/* As much of the line as there is room for, without spaces at its end. */
static void
end_line(struct text *out, const struct text *line, const struct layout *l)
{
	size_t n = line->n < l->width ? line->n : l->width;

	while (n > 0 && line->p[n - 1] == ' ')
		n--;
	if (out->n > 0)
		text_char(out, '\n');
	for (size_t i = 0; i < n; i++) {
		char c = line->p[i];

		text_char(out, c >= 0x20 && c <= 0x7e ? c : '?');
	}
}

static void
put_head(struct text *out, const struct layout *l)
{
	char mem[ROW_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	put_name(&line, "target", l->name);
	text_char(&line, ' ');
	put_left(&line, span_str("state"), STATE_WIDTH);
	for (unsigned i = 0; i < l->n_columns; i++)
		put_right(&line, span_str(columns[i].title), columns[i].width);
	end_line(out, &line, l);
}

static void
put_loss(struct text *t, const char *what, uint64_t n)
{
	if (n == 0 || n == VIEW_UNKNOWN)
		return;
	if (t->n > 0)
		text_str(t, ", ");
	text_str(t, what);
	status_put_count(t, n);
}

/* The parts of what was offered that are not shown; t is empty if there are none. */
static void
put_losses(struct text *t, const struct status_row *row)
{
	put_loss(t, "dropped ", row->drops);
	put_loss(t, "not fetched ", row->not_fetched);
	put_loss(t, "not written ", row->not_written);
	put_loss(t, "own traffic ", row->own);
}

/* Without out, only tells whether there is such a line. */
static bool
put_loss_line(struct text *out, const struct status_row *row, const struct layout *l)
{
	char mem[128];
	char parts_mem[100];
	struct text parts;
	struct text line;

	text_init(&parts, parts_mem, sizeof(parts_mem));
	put_losses(&parts, row);
	if (parts.n == 0 || !out)
		return parts.n > 0;
	text_init(&line, mem, sizeof(mem));
	text_str(&line, row->is_at_least ? "  at least: " : "  ");
	text_put(&line, text_span(&parts));
	end_line(out, &line, l);
	return true;
}

static void
put_row(struct text *out, const struct status_row *row, const char *word,
	const struct layout *l)
{
	char mem[ROW_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	put_name(&line, row->name, l->name);
	text_char(&line, ' ');
	if (row->state == VIEW_LOST || row->state == VIEW_FAILED) {
		text_str(&line, word);
		text_str(&line, ": ");
		text_str(&line, row->reason);
	} else {
		put_left(&line, span_str(word), STATE_WIDTH);
		put_values(&line, row, l);
	}
	end_line(out, &line, l);
}

static void
put_total(struct text *out, const struct status_total *total, bool is_paused,
	  const struct layout *l)
{
	char mem[64];
	struct text word;

	text_init(&word, mem, sizeof(mem));
	if (is_paused) {
		text_str(&word, "paused");
	} else {
		text_u64(&word, total->n_capturing);
		text_str(&word, " of ");
		text_u64(&word, total->n);
	}
	put_row(out, &total->row, text_cstr(&word), l);
}

static void
put_more(struct text *out, uint32_t n, const struct layout *l)
{
	char mem[64];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_str(&line, "and ");
	text_u64(&line, n);
	text_str(&line, " more");
	end_line(out, &line, l);
}

void
status_sum(struct status_total *total, const struct status_row *rows, uint32_t n)
{
	struct status_row *sum = &total->row;

	*total = (struct status_total){.n = n,
				       .row = {.name = "total",
					       .state = VIEW_CAPTURING,
					       .drops = VIEW_UNKNOWN,
					       .lag_ns = VIEW_UNKNOWN}};
	for (uint32_t i = 0; i < n; i++) {
		const struct status_row *r = &rows[i];

		total->n_capturing += r->state == VIEW_CAPTURING;
		sum->packets_s += r->packets_s;
		sum->bytes_s += r->bytes_s;
		sum->late += r->late;
		sum->not_fetched += r->not_fetched;
		sum->not_written += r->not_written;
		sum->own += r->own;
		sum->is_at_least |= r->is_at_least;
		if (r->drops != VIEW_UNKNOWN)
			sum->drops =
			    (sum->drops != VIEW_UNKNOWN ? sum->drops : 0) + r->drops;
		if (r->lag_ns != VIEW_UNKNOWN &&
		    (sum->lag_ns == VIEW_UNKNOWN || r->lag_ns > sum->lag_ns))
			sum->lag_ns = r->lag_ns;
	}
}

static struct layout
lay_out(const struct status_row *rows, uint32_t n, unsigned width)
{
	struct layout l = {.width = width > 1 ? width - 1 : 1};
	size_t longest = span_str("target").n;
	size_t room;

	if (l.width > STATUS_WIDTH_MAX)
		l.width = STATUS_WIDTH_MAX;
	for (uint32_t i = 0; i < n; i++) {
		size_t size = span_str(rows[i].name).n;

		longest = size > longest ? size : longest;
	}
	room = l.width > STATE_WIDTH + 1 ? l.width - STATE_WIDTH - 1 : l.width / 2;
	while (l.n_columns < N_COLUMNS) {
		size_t wish = longest < NAME_WISH ? longest : NAME_WISH;

		if (room < columns[l.n_columns].width + wish)
			break;
		room -= columns[l.n_columns++].width;
	}
	l.name = longest < room ? longest : room;
	return l;
}

static bool
is_before(const struct status_row *a, const struct status_row *b)
{
	static const uint8_t ranks[] = {[VIEW_LOST] = 4,
					[VIEW_FAILED] = 4,
					[VIEW_CONNECTING] = 3,
					[VIEW_CAPTURING] = 2,
					[VIEW_ENDED] = 1};

	if (ranks[a->state] != ranks[b->state])
		return ranks[a->state] > ranks[b->state];
	return a->bytes_s > b->bytes_s;
}

/* The first by rank, equals in the targets' order: at most room, which is at least 1.
 * Returns their number. */
static uint32_t
pick(const struct status_row **picks, uint32_t room, const struct status_row *rows,
     uint32_t n)
{
	uint32_t n_picks = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at;

		if (n_picks == room && !is_before(&rows[i], picks[room - 1]))
			continue;
		at = n_picks < room ? n_picks++ : room - 1;
		for (; at > 0 && is_before(&rows[i], picks[at - 1]); at--)
			picks[at] = picks[at - 1];
		picks[at] = &rows[i];
	}
	return n_picks;
}

/* room lines for more targets than that. */
static void
put_some(struct text *out, const struct status_row *rows, uint32_t n, uint32_t room,
	 const struct layout *l)
{
	const struct status_row *picks[STATUS_HEIGHT_MAX];
	uint32_t n_picks;

	if (room < 2)
		return;
	n_picks = pick(picks, room - 1, rows, n);
	for (uint32_t i = 0; i < n_picks; i++)
		put_row(out, picks[i], words[picks[i]->state], l);
	put_more(out, n - n_picks, l);
}

/* Losses stand below their targets if room lines suffice for all. */
static void
put_all(struct text *out, const struct status_row *rows, uint32_t n, uint32_t room,
	const struct layout *l)
{
	uint32_t n_lines = n;

	for (uint32_t i = 0; i < n; i++)
		n_lines += put_loss_line(NULL, &rows[i], l);
	for (uint32_t i = 0; i < n; i++) {
		put_row(out, &rows[i], words[rows[i].state], l);
		if (n_lines <= room)
			put_loss_line(out, &rows[i], l);
	}
}

void
status_put(struct text *out, const struct status_row *rows, uint32_t n, bool is_paused,
	   unsigned width, unsigned height)
{
	struct layout l = lay_out(rows, n, width);
	uint32_t lines = height > 1 ? height - 1 : 1;
	struct status_total total;
	uint32_t room;
	bool has_loss;

	if (lines > STATUS_HEIGHT_MAX)
		lines = STATUS_HEIGHT_MAX;
	status_sum(&total, rows, n);
	has_loss = lines > 2 && put_loss_line(NULL, &total.row, &l);
	room = lines > 2 ? lines - 2 - has_loss : 0;
	if (lines > 1)
		put_head(out, &l);
	if (n > room)
		put_some(out, rows, n, room, &l);
	if (n <= room)
		put_all(out, rows, n, room, &l);
	put_total(out, &total, is_paused, &l);
	if (has_loss)
		put_loss_line(out, &total.row, &l);
}

static void
put_part(struct text *out, uint64_t count, const char *what)
{
	status_put_count(out, count);
	text_str(out, what);
}

static void
put_more_losses(struct text *out, const struct status_row *row)
{
	const char *bound = row->is_at_least ? "at least " : "";

	if (row->not_fetched > 0) {
		text_str(out, bound);
		put_part(out, row->not_fetched, " not fetched, ");
	}
	if (row->not_written > 0)
		put_part(out, row->not_written, " not written, ");
	if (row->own > 0) {
		text_str(out, bound);
		put_part(out, row->own, " own traffic, ");
	}
}

void
status_put_sentence(struct text *out, const struct status_row *rows, uint32_t n)
{
	struct status_total total;

	status_sum(&total, rows, n);
	text_u64(out, total.n_capturing);
	text_str(out, " of ");
	text_u64(out, n);
	text_str(out, n == 1 ? " target, " : " targets, ");
	put_part(out, total.row.packets_s, " packets/s, ");
	put_part(out, total.row.bytes_s, " bytes/s, ");
	if (total.row.drops != VIEW_UNKNOWN) {
		if (total.row.is_at_least)
			text_str(out, "at least ");
		put_part(out, total.row.drops, " dropped by kernel, ");
	}
	put_more_losses(out, &total.row);
	put_part(out, total.row.late, " late");
}
