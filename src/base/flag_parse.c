/*
 * Command lines by table: which argument is a flag, which a value. Must not know which flags
 * there are.
 */
#include "base/flag.h"

#include <string.h>

#define NAME_MAX 32 /* bytes of a name that another one can be near to */

/* What is read, and how far. */
struct parse {
	const struct flag_table *table;
	void *base;
	int argc;
	char **argv;
	int i;
	struct text *why;
};

static bool
takes_value(const struct flag *row)
{
	return row->kind != FLAG_TRUE && row->kind != FLAG_COUNT &&
	       row->kind != FLAG_HELP && row->kind != FLAG_VERSION;
}

static enum flag_result
refuse(struct text *why, struct span shown, const char *what)
{
	text_escape(why, shown);
	text_str(why, ": ");
	text_str(why, what);
	return FLAG_RESULT_BAD;
}

static size_t
min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many bytes are to be changed, added, left out or swapped with the next one. */
static size_t
distance(struct span a, struct span b)
{
	size_t rows[3][NAME_MAX + 1];
	size_t *before = rows[0];
	size_t *above = rows[1];
	size_t *row = rows[2];

	for (size_t j = 0; j <= b.n; j++)
		above[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *free_row = before;

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			bool is_same = a.p[i - 1] == b.p[j - 1];

			row[j] =
			    min(above[j - 1] + !is_same, 1 + min(above[j], row[j - 1]));
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1])
				row[j] = min(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = free_row;
	}
	return above[b.n];
}

/* The long name that was probably meant: what it begins with, or a few slips away. NULL:
 * none. */
static const char *
nearest(const struct flag_table *table, struct span name)
{
	size_t best = 2 + name.n / 3;
	const char *found = NULL;

	if (name.n < 2 || name.n > NAME_MAX)
		return NULL;
	for (size_t i = 0; i < table->n; i++) {
		struct span other = span_str(table->rows[i].name);
		size_t d;

		if (other.n < 3 || other.n > NAME_MAX)
			continue;
		d = span_starts(other, name) ? 1 : distance(name, other);
		if (d < best) {
			best = d;
			found = table->rows[i].name;
		}
	}
	return found;
}

static const char *
find_foreign(const struct flag_table *table, struct span name)
{
	for (size_t i = 0; i < table->n_foreign; i++)
		if (span_eq(name, span_str(table->foreign[i].name)))
			return table->foreign[i].instead;
	return NULL;
}

static enum flag_result
refuse_unknown(const struct parse *p, struct span shown, struct span name)
{
	const char *instead = find_foreign(p->table, name);
	const char *near = instead ? NULL : nearest(p->table, name);

	refuse(p->why, shown, "no such option; ");
	if (near)
		text_str(p->why, "the nearest is --");
	text_str(p->why, instead ? instead : near ? near : "see --help");
	return FLAG_RESULT_BAD;
}

/* A letter that is none: of a word that means something as a whole, or for itself. */
static enum flag_result
refuse_letter(const struct parse *p, const char *letter)
{
	const char *arg = p->argv[p->i];
	struct span word = span_str(arg + 1);
	char shown[] = {'-', *letter};

	word.n = span_find(word, '=');
	if (word.n > 1 && (letter == arg + 1 || find_foreign(p->table, word)) &&
	    (find_foreign(p->table, word) || nearest(p->table, word)))
		return refuse_unknown(p, span_of(arg, word.n + 1), word);
	return refuse_unknown(p, span_of(shown, sizeof(shown)), span_of(letter, 1));
}

/* value: what stands with the flag in one argument; NULL: nothing does. */
static enum flag_result
apply(struct parse *p, const struct flag *row, struct span shown, const char *value)
{
	char mem[128];
	struct text wrong;

	if (!takes_value(row) && value)
		return refuse(p->why, shown, "takes no value");
	if (row->kind == FLAG_HELP)
		return FLAG_RESULT_HELP;
	if (row->kind == FLAG_VERSION)
		return FLAG_RESULT_VERSION;
	if (row->kind == FLAG_OPTIONAL && !value) {
		value = "";
		memcpy((uint8_t *)p->base + row->at, &value, sizeof(value));
		return FLAG_RESULT_RUN;
	}
	if (takes_value(row) && !value) {
		if (p->i + 1 >= p->argc)
			return refuse(p->why, shown, "needs a value");
		value = p->argv[++p->i];
	}
	text_init(&wrong, mem, sizeof(mem));
	if (flag_set(row, p->base, span_str(value ? value : ""), NULL, &wrong))
		return FLAG_RESULT_RUN;
	return refuse(p->why, shown, text_cstr(&wrong));
}

/* The row of a letter: of two the one that fits what stands behind. */
static const struct flag *
find_letter(const struct parse *p, const char *letter)
{
	const char *value = letter[1] != '\0'	 ? letter + 1
			    : p->i + 1 < p->argc ? p->argv[p->i + 1]
						 : "";
	bool is_url = strstr(value, "://") != NULL;

	for (size_t i = 0; is_url && i < p->table->n; i++)
		if (p->table->rows[i].url_letter == *letter)
			return &p->table->rows[i];
	for (size_t i = 0; i < p->table->n; i++)
		if (p->table->rows[i].letter == *letter)
			return &p->table->rows[i];
	return NULL;
}

/* Letters behind one dash, up to the first that takes a value. */
static enum flag_result
parse_letters(struct parse *p)
{
	const char *letter = p->argv[p->i] + 1;
	enum flag_result rc = FLAG_RESULT_RUN;

	for (; rc == FLAG_RESULT_RUN && *letter != '\0'; letter++) {
		char shown[] = {'-', *letter};
		const struct flag *row = find_letter(p, letter);
		const char *value = NULL;
		bool is_last;

		if (!row)
			return refuse_letter(p, letter);
		if (letter[1] == '=')
			value = letter + 2;
		else if (takes_value(row) && letter[1] != '\0')
			value = letter + 1;
		is_last = value || takes_value(row);
		rc = apply(p, row, span_of(shown, sizeof(shown)), value);
		if (is_last)
			break;
	}
	return rc;
}

/* One flag at argv[i]; i moves on to its value when that is the next argument. */
static enum flag_result
parse_flag(struct parse *p)
{
	const char *arg = p->argv[p->i];
	bool has_two_dashes = arg[1] == '-';
	struct span shown = span_str(arg);
	struct span name;
	const struct flag *row;

	shown.n = span_find(shown, '=');
	name = shown;
	span_take(&name, has_two_dashes ? 2 : 1);
	row = flag_find(p->table, name);
	if (!has_two_dashes && (name.n == 1 || !row))
		return parse_letters(p);
	if (!row)
		return refuse_unknown(p, shown, name);
	return apply(p, row, shown, arg[shown.n] == '=' ? arg + shown.n + 1 : NULL);
}

enum flag_result
flag_parse(const struct flag_table *table, void *base, int argc, char **argv,
	   const char **operands, size_t *n, struct text *why)
{
	struct parse p = {table, base, argc, argv, 1, why};
	bool is_flags = true;

	*n = 0;
	for (; p.i < argc; p.i++) {
		const char *arg = argv[p.i];
		enum flag_result rc = FLAG_RESULT_RUN;

		if (is_flags && strcmp(arg, "--") == 0)
			is_flags = false;
		else if (is_flags && arg[0] == '-' && arg[1] != '\0')
			rc = parse_flag(&p);
		else if (operands)
			operands[(*n)++] = arg;
		else
			rc = refuse(why, span_str(arg), "not an option; see --help");
		if (rc != FLAG_RESULT_RUN)
			return rc;
	}
	return FLAG_RESULT_RUN;
}
