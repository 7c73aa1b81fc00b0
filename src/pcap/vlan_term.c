/* Takes a VLAN term off a filter's text. It must not know what else filters say: a word is
 * a term only where every byte around it is understood. */
#include "pcap/vlan_term.h"

#include "base/num.h"

#define ID_MAX	  4095
#define NO_NUMBER UINT64_MAX

/* A word, an operator or a parenthesis; where it ends is where the next is looked for. */
struct token {
	size_t at;
	size_t end;
};

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_single(uint8_t c)
{
	return c == '(' || c == ')' || c == '[' || c == ']' || c == '!';
}

/* A single `&` or `|` belongs to an arithmetic expression. */
static bool
is_doubled(struct span s, size_t at)
{
	return at + 1 < s.n && s.p[at] == s.p[at + 1] &&
	       (s.p[at] == '&' || s.p[at] == '|');
}

static size_t
word_end(struct span s, size_t at)
{
	while (at < s.n && !is_space(s.p[at]) && !is_single(s.p[at]) &&
	       !is_doubled(s, at))
		at++;
	return at;
}

/* The token from at on; an empty one is the end. */
static struct token
next_token(struct span s, size_t at)
{
	struct token t;

	while (at < s.n && is_space(s.p[at]))
		at++;
	t = (struct token){at, at};
	if (at == s.n)
		return t;
	if (is_single(s.p[at]))
		t.end++;
	else if (is_doubled(s, at))
		t.end += 2;
	else
		t.end = word_end(s, at);
	return t;
}

static struct span
text_of(struct span s, struct token t)
{
	return span_of(s.p + t.at, t.end - t.at);
}

static bool
is_word(struct span s, struct token t, const char *word)
{
	return span_eq(text_of(s, t), span_str(word));
}

static bool
is_and(struct span s, struct token t)
{
	return is_word(s, t, "and") || is_word(s, t, "&&");
}

static bool
is_or(struct span s, struct token t)
{
	return is_word(s, t, "or") || is_word(s, t, "||");
}

/* Where the last top-level `and` stands, empty when there is none. False: a top-level
 * `or`, or parentheses that do not match. */
static bool
find_last_and(struct span s, struct token *last)
{
	struct token t = next_token(s, 0);
	size_t depth = 0;

	*last = (struct token){0, 0};
	for (; t.end > t.at; t = next_token(s, t.end)) {
		uint8_t c = s.p[t.at];

		if (c == '(' || c == '[')
			depth++;
		else if ((c == ')' || c == ']') && depth-- == 0)
			return false;
		else if (depth == 0 && is_or(s, t))
			return false;
		else if (depth == 0 && is_and(s, t))
			*last = t;
	}
	return depth == 0;
}

/* A number as pcap-filter writes it, but octal ones; too large ones are numbers as well. */
static bool
read_id(struct span text, uint64_t *id)
{
	bool is_hex = text.n > 2 && text.p[0] == '0' && (text.p[1] | 0x20) == 'x';

	if (is_hex)
		return num_parse_hex(span_of(text.p + 2, text.n - 2), NO_NUMBER - 1, id);
	if (text.n > 1 && text.p[0] == '0')
		return false;
	return num_parse_u64(text, NO_NUMBER - 1, id);
}

/* `vlan` or `vlan N` at the start of s; *end is where it ends. */
static bool
read_term(struct span s, uint64_t *id, size_t *end)
{
	struct token word = next_token(s, 0);
	struct token number = next_token(s, word.end);

	if (!is_word(s, word, "vlan"))
		return false;
	*id = NO_NUMBER;
	*end = word.end;
	if (number.end == number.at || is_and(s, number))
		return true;
	*end = number.end;
	return read_id(text_of(s, number), id);
}

static bool
is_empty(struct span s)
{
	struct token t = next_token(s, 0);

	return t.at == t.end;
}

static struct span
behind(struct span s, size_t at)
{
	return span_of(s.p + at, s.n - at);
}

/* The whole filter, or its first term with the `and` behind it. */
static bool
take_first(struct span s, uint64_t *id, struct span *rest)
{
	struct token join;
	size_t end;

	if (!read_term(s, id, &end))
		return false;
	*rest = behind(s, end);
	if (is_empty(*rest))
		return true;
	join = next_token(s, end);
	*rest = behind(s, join.end);
	return is_and(s, join) && !is_empty(*rest);
}

static bool
take_last(struct span s, struct token last, uint64_t *id, struct span *rest)
{
	struct span term = behind(s, last.end);
	size_t end;

	*rest = span_of(s.p, last.at);
	return last.end > last.at && !is_empty(*rest) && read_term(term, id, &end) &&
	       is_empty(behind(term, end));
}

enum vlan_term
vlan_term_take(struct span filter, uint32_t *id, struct span *rest)
{
	struct token last;
	uint64_t number = 0;

	*id = VLAN_TERM_ANY;
	if (!find_last_and(filter, &last) || (!take_first(filter, &number, rest) &&
					      !take_last(filter, last, &number, rest))) {
		*rest = filter;
		return VLAN_TERM_NONE;
	}
	if (number == NO_NUMBER)
		return VLAN_TERM_TAKEN;
	if (number > ID_MAX) {
		*rest = filter;
		return VLAN_TERM_RANGE;
	}
	*id = (uint32_t)number;
	return VLAN_TERM_TAKEN;
}
