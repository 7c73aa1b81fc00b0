/* Words that stand for several targets. It knows no files and no hosts. */
#include "cli/target/ranges.h"

#include <string.h>

#include "base/num.h"

#define TOO_LONG   "a target is longer than 1023 bytes"
#define DIGITS_MAX 9 /* of a number in a range */

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name(uint8_t c)
{
	return is_digit(c) || ((c | 0x20u) >= 'a' && (c | 0x20u) <= 'z') ||
	       (c != 0 && strchr("._-", c) != NULL);
}

/* Where a range begins; s.n: nowhere. */
static size_t
find_range(struct span s)
{
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] == '[' && is_name(s.p[i - 1]))
			return i;
	return s.n;
}

/* Where the host begins: before it are user and password, as they are. */
static size_t
host_start(struct span word)
{
	size_t end = 0;

	if (span_find(word, ':') > span_find(word, '@'))
		return 0;
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '@')
			end = i + 1;
	return end;
}

/* Which comma ends a target, and which is part of a password, cannot be told. */
static bool
has_passwords(struct span word, size_t start)
{
	return start > 0 && span_find(word, '@') < start - 1 &&
	       span_find(word, ',') < start;
}

/* A shell's text, behind a label or not. */
static bool
is_command(struct span word)
{
	struct span label = word;

	for (int i = 0; i < 2; i++) {
		if (span_starts(word, span_str("exec:")) ||
		    span_starts(word, span_str("exec+sh:")))
			return true;
		span_take(&word, span_find(label, '=') + 1);
	}
	return false;
}

bool
ranges_is_several(struct span word)
{
	size_t start = host_start(word);

	if (is_command(word))
		return false;
	for (size_t i = 0; i < word.n; i++)
		if (word.p[i] == '/' || word.p[i] == '?')
			return false;
	if (has_passwords(word, start))
		return true;
	span_take(&word, start);
	return span_find(word, ',') < word.n || find_range(word) < word.n;
}

struct expansion {
	ranges_put_fn *put;
	void *owner;
	size_t n;
};

struct range {
	uint64_t first;
	uint64_t last;
	size_t width; /* with zeros in front; 0: without */
};

/* s: what stands between the brackets. */
static const char *
read_range(struct span s, struct range *r)
{
	struct span last = s;
	struct span first = span_split(&last, '-');

	if (first.n > DIGITS_MAX || last.n > DIGITS_MAX ||
	    !num_parse_u64(first, UINT64_MAX, &r->first) ||
	    !num_parse_u64(last, UINT64_MAX, &r->last))
		return "a range is db[1-9], a list is db1,db2";
	if (r->first > r->last)
		return "a range runs from the smaller number to the larger one";
	r->width = first.n > 1 && first.p[0] == '0' ? first.n : 0;
	return NULL;
}

static void
put_number(struct text *out, uint64_t v, size_t width)
{
	char digits[NUM_U64_DIGITS];
	size_t n = num_format_u64(digits, v);

	for (size_t i = n; i < width; i++)
		text_char(out, '0');
	text_put(out, span_of(digits, n));
}

/* head: what is expanded already; rest: what is not. */
static const char *
put_all(struct expansion *e, const struct text *head, struct span rest)
{
	char mem[RANGES_WORD_MAX];
	const char *wrong = NULL;
	struct text text;
	struct range r = {0};
	size_t at = find_range(rest);
	struct span before = span_take(&rest, at);

	text_init(&text, mem, sizeof(mem));
	text_put(&text, text_span(head));
	text_put(&text, before);
	if (rest.n == 0) {
		if (text.n >= RANGES_WORD_MAX || text.is_cut)
			return TOO_LONG;
		if (++e->n > RANGES_TARGETS_MAX)
			return "more than 8192 targets";
		return e->put(e->owner, text_cstr(&text)) ? NULL : "out of memory";
	}
	if (span_find(rest, ']') == rest.n)
		return "a range lacks its closing bracket";
	span_take(&rest, 1);
	wrong = read_range(span_split(&rest, ']'), &r);
	for (uint64_t v = r.first; !wrong && v <= r.last; v++) {
		size_t n = text.n;

		put_number(&text, v, r.width);
		wrong = put_all(e, &text, rest);
		text.n = n;
	}
	return wrong;
}

/* A piece of the list, its host from start on. */
static const char *
put_one(struct expansion *e, struct span word, size_t start)
{
	char mem[RANGES_WORD_MAX];
	struct text head;
	size_t at;

	text_init(&head, mem, sizeof(mem));
	text_put(&head, span_take(&word, start));
	at = find_range(word);
	if (word.n == 0)
		return "a name of the list is empty";
	if (at < word.n && span_find(word, '=') < at && span_find(word, '@') == word.n)
		return "a label names one target";
	return head.is_cut ? TOO_LONG : put_all(e, &head, word);
}

const char *
ranges_expand(struct span word, ranges_put_fn *put, void *owner)
{
	struct expansion e = {.put = put, .owner = owner};
	size_t start = host_start(word);
	const char *wrong = NULL;
	size_t at = start;

	if (has_passwords(word, start))
		return "several passwords in a list; give each of its targets for itself";
	while (!wrong) {
		while (at < word.n && word.p[at] != ',')
			at += word.p[at] == '['
				  ? span_find(span_of(word.p + at, word.n - at), ']')
				  : 1;
		if (at >= word.n)
			break;
		wrong = put_one(&e, span_of(word.p, at), start);
		span_take(&word, at + 1);
		start = 0;
		at = 0;
	}
	return wrong ? wrong : put_one(&e, word, start);
}
