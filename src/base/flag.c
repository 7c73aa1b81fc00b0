/*
 * Values of flags and of query parameters by table, and what help says of them. Must not
 * know which there are.
 */
#include "base/flag.h"

#include <assert.h>
#include <string.h>

#include "base/num.h"

#define SECOND_NS   UINT64_C(1000000000)
#define HELP_COLUMN 25	       /* where the text begins */
#define BOUND_SHOWN UINT32_MAX /* upper bounds from here on are not named */

/* The next of the words; *rest->p stands behind it. */
static size_t
find_word(const char *words, struct span value)
{
	struct span rest = span_str(words);
	size_t i = 0;

	for (; rest.n > 0; i++)
		if (span_eq(span_split(&rest, '|'), value))
			return i;
	return SIZE_MAX;
}

static size_t
count_words(const char *words)
{
	size_t n = 1;

	for (; *words != '\0'; words++)
		n += *words == '|';
	return n;
}

/* "neither a nor b", "none of a, b, c". */
static void
put_words(struct text *out, const char *words)
{
	struct span rest = span_str(words);
	bool is_pair = count_words(words) == 2;

	text_str(out, is_pair ? "neither " : "none of ");
	while (rest.n > 0) {
		text_put(out, span_split(&rest, '|'));
		if (rest.n > 0)
			text_str(out, is_pair ? " nor " : ", ");
	}
}

/* A bound with the largest unit that divides it. */
static void
put_bound(struct text *out, enum flag_kind kind, uint64_t v)
{
	unsigned unit = 0;

	if (kind == FLAG_TIME)
		v /= SECOND_NS;
	while (kind == FLAG_SIZE && unit < 3 && v > 0 && v % 1024 == 0) {
		v /= 1024;
		unit++;
	}
	text_u64(out, v);
	if (kind == FLAG_TIME)
		text_char(out, 's');
	else if (unit > 0)
		text_char(out, "KMG"[unit - 1]);
}

static void
put_range(struct text *out, const struct flag *row)
{
	bool is_number = row->kind == FLAG_NUMBER;

	text_str(out, is_number		       ? "not a number"
		      : row->kind == FLAG_SIZE ? "not a size"
					       : "not a duration like 10, 1.5m or 500ms");
	if (row->max < BOUND_SHOWN) {
		text_str(out, " from ");
		put_bound(out, row->kind, row->min);
		text_str(out, " to ");
		put_bound(out, row->kind, row->max);
	} else if (row->kind == FLAG_TIME && row->min > 0 && row->min < SECOND_NS) {
		text_str(out, ", more than 0");
	} else if (row->min > 0) {
		text_str(out, ", at least ");
		put_bound(out, row->kind, row->min);
	}
}

static void
put_wrong(struct text *out, const struct flag *row)
{
	if (row->kind == FLAG_WORD)
		put_words(out, row->value);
	else if (row->kind == FLAG_TEXT || row->kind == FLAG_OPTIONAL)
		text_str(out, "not a value: it is empty");
	else
		put_range(out, row);
}

static bool
is_in_range(const struct flag *row, uint64_t v)
{
	if (row->kind == FLAG_WORD)
		return v < count_words(row->value);
	return v >= row->min && v <= row->max;
}

/* *v is what the kinds that store a number store. */
static bool
read_value(const struct flag *row, struct span value, uint64_t *v)
{
	*v = 1;
	switch (row->kind) {
	case FLAG_NUMBER:
		return num_parse_u64(value, row->max, v) && *v >= row->min;
	case FLAG_SIZE:
		return num_parse_size(value, row->max, v) && *v >= row->min;
	case FLAG_TIME:
		return num_parse_duration(value, SECOND_NS, row->max, v) &&
		       *v >= row->min;
	case FLAG_WORD:
		*v = find_word(row->value, value);
		return *v != SIZE_MAX;
	case FLAG_TEXT:
	case FLAG_OPTIONAL:
		return value.n > 0;
	case FLAG_COUNT:
	case FLAG_TRUE:
	case FLAG_CUSTOM:
	case FLAG_HELP:
	case FLAG_VERSION:
		break;
	}
	return true;
}

static void
store(void *at, size_t size, uint64_t v)
{
	uint32_t v32 = (uint32_t)v;

	if (size == 1)
		*(uint8_t *)at = (uint8_t)v;
	else if (size == sizeof(v32))
		memcpy(at, &v32, sizeof(v32));
	else
		memcpy(at, &v, sizeof(v));
}

/* As often as it is given, up to the row's max. */
static void
count(uint8_t *at, const struct flag *row)
{
	uint64_t v = *at + row->min;

	*at = (uint8_t)(v < row->max ? v : row->max);
}

static uint64_t
load(const void *at, size_t size)
{
	uint32_t v32;
	uint64_t v;

	if (size == 1)
		return *(const uint8_t *)at;
	if (size == sizeof(v32)) {
		memcpy(&v32, at, sizeof(v32));
		return v32;
	}
	memcpy(&v, at, sizeof(v));
	return v;
}

static void
put_parameter(struct flag_query *q, const char *name, const char *value)
{
	size_t i = 0;

	while (i < q->n && strcmp(q->list[i].name, name) != 0)
		i++;
	assert(i < FLAG_QUERY_MAX);
	q->list[i] = (struct flag_parameter){name, value};
	if (i == q->n)
		q->n++;
}

bool
flag_set(const struct flag *row, void *base, struct span value, const void *context,
	 struct text *wrong)
{
	uint8_t *at = (uint8_t *)base + row->at;
	const char *text = (const char *)value.p;
	uint64_t v;

	if (row->set) {
		const char *phrase = row->set(base, value, context);

		if (phrase)
			text_str(wrong, phrase);
		if (phrase || !row->query)
			return !phrase;
	} else if (!read_value(row, value, &v)) {
		put_wrong(wrong, row);
		return false;
	}
	if (row->query)
		put_parameter((struct flag_query *)(void *)at, row->query, text);
	else if (row->kind == FLAG_TEXT || row->kind == FLAG_OPTIONAL)
		memcpy(at, &text, sizeof(text));
	else if (row->kind == FLAG_COUNT)
		count(at, row);
	else
		store(at, row->size, v);
	return true;
}

const struct flag *
flag_find(const struct flag_table *table, struct span name)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct flag *row = &table->rows[i];

		if (span_eq(name, span_str(row->name)) ||
		    (row->letter != 0 && span_eq(name, span_of(&row->letter, 1))))
			return row;
	}
	return NULL;
}

const char *
flag_fault(const struct flag_table *table, const void *base)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct flag *row = &table->rows[i];
		bool is_stored = row->kind == FLAG_NUMBER || row->kind == FLAG_SIZE ||
				 row->kind == FLAG_TIME || row->kind == FLAG_WORD;

		if (is_stored && !row->set && !row->query &&
		    !is_in_range(row, load((const uint8_t *)base + row->at, row->size)))
			return row->name;
	}
	return NULL;
}

/* The text of a row whose left part began at start: on a line of its own where that leaves
 * no gap of two spaces. */
static void
put_text(struct text *out, size_t start, const char *help)
{
	struct span rest = span_str(help ? help : "");

	if (rest.n > 0 && out->n - start > HELP_COLUMN - 2) {
		text_char(out, '\n');
		start = out->n;
	}
	while (rest.n > 0) {
		while (!out->is_cut && out->n - start < HELP_COLUMN)
			text_char(out, ' ');
		text_put(out, span_split(&rest, '\n'));
		if (rest.n > 0)
			text_char(out, '\n');
		start = out->n;
	}
	text_char(out, '\n');
}

/* "t", "tt": names of one letter have one dash. */
static bool
is_letters(const char *name)
{
	while (name[1] == name[0])
		name++;
	return name[1] == '\0';
}

void
flag_put_row(const struct flag *row, const char *dashes, struct text *out)
{
	size_t start = out->n;

	text_str(out, "  ");
	if (is_letters(row->name)) {
		dashes = "-";
	} else if (row->letter != 0) {
		text_char(out, '-');
		text_char(out, row->letter);
		text_str(out, ", ");
	} else if (dashes[1] != '\0') {
		text_str(out, "    ");
	}
	text_str(out, dashes);
	text_str(out, row->name);
	if (row->value) {
		text_str(out, row->kind == FLAG_OPTIONAL ? "[=" : " ");
		text_str(out, row->value);
		text_str(out, row->kind == FLAG_OPTIONAL ? "]" : "");
	}
	put_text(out, start, row->help);
}

void
flag_put_help(const struct flag_table *table, const char *dashes, struct text *out)
{
	for (size_t i = 0; i < table->n; i++)
		flag_put_row(&table->rows[i], dashes, out);
}

void
flag_put_query_help(const struct flag_table *table, struct text *out)
{
	for (size_t i = 0; i < table->n; i++) {
		size_t start = out->n;

		text_str(out, "    ");
		text_str(out, table->rows[i].name);
		text_char(out, '=');
		text_str(out, table->rows[i].value);
		put_text(out, start, table->rows[i].help);
	}
}
