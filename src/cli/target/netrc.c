/* The words of a .netrc. Must not know files, nor what they are used for. */
#include "cli/target/netrc.h"

#include <string.h>

void
netrc_init(struct netrc *r, struct span text)
{
	*r = (struct netrc){.rest = text, .line = 1};
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static uint8_t
take(struct netrc *r)
{
	uint8_t c = span_take(&r->rest, 1).p[0];

	r->line += c == '\n';
	return c;
}

static void
skip_line(struct netrc *r)
{
	while (r->rest.n > 0 && take(r) != '\n')
		;
}

/* Up to the next word; false: there is none. */
static bool
skip_space(struct netrc *r)
{
	while (r->rest.n > 0) {
		if (r->rest.p[0] == '#')
			skip_line(r);
		else if (is_space(r->rest.p[0]))
			take(r);
		else
			return true;
	}
	return false;
}

static bool
fail(struct netrc *r, const char *reason)
{
	r->reason = reason;
	return false;
}

static bool
put(struct netrc *r, struct netrc_word *w, uint8_t c)
{
	if (c == 0)
		return fail(r, "a NUL byte");
	if (w->n == sizeof(w->bytes))
		return fail(r, "a word of more than 1024 bytes");
	w->bytes[w->n++] = c;
	return true;
}

static uint8_t
unescape(uint8_t c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return c;
	}
}

/* Behind its opening quote. */
static bool
take_quoted(struct netrc *r, struct netrc_word *w)
{
	while (r->rest.n > 0 && r->rest.p[0] != '\n') {
		uint8_t c = take(r);

		if (c == '"')
			return true;
		if (c == '\\') {
			if (r->rest.n == 0 || r->rest.p[0] == '\n')
				break;
			c = unescape(take(r));
		}
		if (!put(r, w, c))
			return false;
	}
	return fail(r, "a quote is not closed");
}

/* False: there is none, or it is bad (r->reason). */
static bool
take_word(struct netrc *r, struct netrc_word *w)
{
	w->n = 0;
	if (!skip_space(r))
		return false;
	if (r->rest.p[0] == '"') {
		take(r);
		return take_quoted(r, w);
	}
	while (r->rest.n > 0 && !is_space(r->rest.p[0]))
		if (!put(r, w, take(r)))
			return false;
	return true;
}

/* The word behind a keyword; false with the reason. */
static bool
take_value(struct netrc *r, struct netrc_word *w)
{
	if (take_word(r, w))
		return true;
	return r->reason ? false : fail(r, "the last word lacks its value");
}

static bool
is_word(const struct netrc_word *w, const char *keyword)
{
	return span_eq_ci(span_of(w->bytes, w->n), span_str(keyword));
}

static void
skip_macro(struct netrc *r)
{
	skip_line(r);
	while (r->rest.n > 0 && r->rest.p[0] != '\n' && r->rest.p[0] != '\r')
		skip_line(r);
}

/* A word that begins an entry is kept for the next call. */
static bool
begins_entry(struct netrc *r, const struct netrc_word *w)
{
	r->is_default = is_word(w, "default");
	r->has_pending = r->is_default || is_word(w, "machine");
	return r->has_pending;
}

/* What a keyword says about the entry; false: r->reason. */
static bool
take_member(struct netrc *r, const struct netrc_word *keyword, struct netrc_entry *e)
{
	struct netrc_word ignored;

	if (is_word(keyword, "login")) {
		e->has_login = true;
		return take_value(r, &e->login);
	}
	if (is_word(keyword, "password")) {
		e->has_password = true;
		return take_value(r, &e->password);
	}
	if (is_word(keyword, "account"))
		return take_value(r, &ignored);
	if (is_word(keyword, "macdef"))
		skip_macro(r);
	return true;
}

/* Up to the first entry; what stands before it belongs to nobody. */
static bool
find_entry(struct netrc *r, struct netrc_entry *e)
{
	struct netrc_word word;

	while (!r->has_pending && take_word(r, &word))
		if (!begins_entry(r, &word) && !take_member(r, &word, e))
			return false;
	return r->has_pending;
}

enum netrc_result
netrc_next(struct netrc *r, struct netrc_entry *e)
{
	struct netrc_word word;

	memset(e, 0, sizeof(*e));
	if (!r->reason && find_entry(r, e)) {
		memset(e, 0, sizeof(*e)); /* what stood before it belongs to nobody */
		e->is_default = r->is_default;
		r->has_pending = false;
		if (!e->is_default && !take_value(r, &e->machine))
			return NETRC_BAD;
		while (take_word(r, &word) && !begins_entry(r, &word))
			if (!take_member(r, &word, e))
				return NETRC_BAD;
		return r->reason ? NETRC_BAD : NETRC_ENTRY;
	}
	return r->reason ? NETRC_BAD : NETRC_END;
}

bool
netrc_is_for(const struct netrc_entry *e, struct span host)
{
	return e->is_default || span_eq_ci(span_of(e->machine.bytes, e->machine.n), host);
}
