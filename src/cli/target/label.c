/* What stands before "=" in a target. */
#include "cli/target/label.h"

#include <string.h>

static bool
is_word(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

bool
label_is(struct span s)
{
	if (s.n == 0 || s.n > LABEL_MAX || !is_word(s.p[0]))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!is_word(s.p[i]) && s.p[i] != '.' && s.p[i] != '-')
			return false;
	return true;
}

/* Whether s has a byte that only targets have, or begins as paths do. */
static bool
is_target(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (strchr(":/?#@[", s.p[i]))
			return true;
	return s.n > 0 && s.p[0] == '.';
}

static bool
has_scheme(struct span s)
{
	size_t at = span_find(s, ':');

	return span_starts(s, span_str("unix:")) || span_starts(s, span_str("exec:")) ||
	       span_starts(s, span_str("exec+sh:")) ||
	       span_starts(span_of(s.p + at, s.n - at), span_str("://"));
}

static bool
is_plain_path(struct span s)
{
	return span_starts(s, span_str("/")) || span_starts(s, span_str("./")) ||
	       span_starts(s, span_str("../")) || span_starts(s, span_str("-"));
}

/* Without a scheme: a user before "@" may have "=" in the name. */
static bool
is_host(struct span s)
{
	static const char *const files[] = {".pcap", ".pcapng", ".cap"};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (span_ends_ci(s, span_str(files[i])))
			return false;
	for (size_t i = 0; i < s.n && !strchr("/?#", s.p[i]); i++)
		if (s.p[i] == '@')
			return false;
	return s.n > 0;
}

const char *
label_take(struct span *s, struct span *label)
{
	struct span rest = *s;
	struct span head = span_split(&rest, '=');
	bool is_sure = has_scheme(rest) || is_plain_path(rest);

	*label = span_of(s->p, 0);
	if (head.n == s->n || is_target(head))
		return NULL;
	if (!label_is(head))
		return is_sure ? "a label has up to 63 letters, digits and . _ -, and "
				 "begins with none of . -"
			       : NULL;
	if (!is_sure && !is_host(rest))
		return NULL;
	*label = head;
	*s = rest;
	return NULL;
}
