/* A capture's counts, from what a server sends. It trusts no byte of it. */
#include "cli/source/tally_answer.h"

#include "base/num.h"

enum member {
	MEMBER_OFFERED = 1,
	MEMBER_CAPTURED = 2,
	MEMBER_DROPPED = 4,
	MEMBER_OWN = 8,
	MEMBER_ALL = 15
};

static void
skip_space(struct span *s)
{
	while (s->n > 0 &&
	       (s->p[0] == ' ' || s->p[0] == '\t' || s->p[0] == '\n' || s->p[0] == '\r'))
		span_take(s, 1);
}

static bool
take(struct span *s, char c)
{
	skip_space(s);
	if (s->n == 0 || s->p[0] != (uint8_t)c)
		return false;
	span_take(s, 1);
	skip_space(s);
	return true;
}

/* A string without escapes, behind its first quote. */
static bool
take_string(struct span *s, struct span *value)
{
	size_t n = span_find(*s, '"');

	if (n == s->n || span_find(span_of(s->p, n), '\\') < n)
		return false;
	*value = span_take(s, n);
	span_take(s, 1);
	skip_space(s);
	return true;
}

static bool
take_number(struct span *s, uint64_t *v)
{
	size_t n = 0;
	struct span digits;

	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9')
		n++;
	digits = span_take(s, n);
	skip_space(s);
	return num_parse_u64(digits, UINT64_MAX, v);
}

/* Where a count of this name goes, and its bit; NULL: nowhere. */
static uint64_t *
count_of(struct ledger_counts *c, struct span name, unsigned *bit)
{
	const struct {
		const char *name;
		uint64_t *at;
		enum member bit;
	} members[] = {{"offered", &c->offered, MEMBER_OFFERED},
		       {"captured", &c->captured, MEMBER_CAPTURED},
		       {"dropped_by_kernel", &c->dropped, MEMBER_DROPPED},
		       {"own_traffic", &c->own, MEMBER_OWN}};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		*bit = members[i].bit;
		if (span_eq(name, span_str(members[i].name)))
			return members[i].at;
	}
	return NULL;
}

/* "client" is what it calls a connection that ddump has closed. */
static bool
is_cut(struct span end)
{
	static const char *const cuts[] = {"died", "failed", "interface", "shutdown",
					   "loop"};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++)
		if (span_eq(end, span_str(cuts[i])))
			return true;
	return false;
}

/* One member; false: it is none, or one that stands there twice. */
static bool
take_member(struct span *s, struct tally_answer *out, unsigned *seen)
{
	struct span name;
	struct span value;
	uint64_t number;
	uint64_t *at;
	unsigned bit;

	if (!take(s, '"') || !take_string(s, &name) || !take(s, ':'))
		return false;
	if (take(s, '"')) {
		if (!take_string(s, &value))
			return false;
		out->is_exact |= span_eq(name, span_str("counts")) &&
				 span_eq(value, span_str("exact"));
		if (span_eq(name, span_str("end"))) {
			out->end = value;
			out->is_limit = span_eq(value, span_str("limit"));
			out->is_cut = is_cut(value);
		}
		return true;
	}
	if (!take_number(s, &number))
		return false;
	at = count_of(&out->counts, name, &bit);
	if (!at)
		return true;
	if (*seen & bit)
		return false;
	*seen |= bit;
	*at = number;
	return true;
}

bool
tally_answer_parse(struct span body, struct tally_answer *out)
{
	unsigned seen = 0;

	*out = (struct tally_answer){.is_exact = false};
	if (body.n > TALLY_ANSWER_MAX || !take(&body, '{'))
		return false;
	do {
		if (!take_member(&body, out, &seen))
			return false;
	} while (take(&body, ','));
	return take(&body, '}') && body.n == 0 && seen == MEMBER_ALL;
}
