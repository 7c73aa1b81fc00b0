/*
 * Character classes and host syntax of URIs. Must not know who sent them.
 */
#include "http/uri.h"

#include "base/num.h"

#define HOST_MAX      253 /* RFC 1035: 255 on the wire */
#define IPV6_TEXT_MAX 45  /* six groups of four digits and an IPv4 address */

static bool
is_alnum(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_one_of(uint8_t c, const char *set)
{
	return span_find(span_str(set), c) < span_str(set).n;
}

/* pchar and "/" (RFC 3986 3.3), without "%". */
static bool
is_path_char(uint8_t c)
{
	return is_alnum(c) || is_one_of(c, "/-._~!$&'()*+,;=:@");
}

static bool
is_escape(struct span s)
{
	uint64_t v;

	return s.n >= 3 && s.p[0] == '%' && num_parse_hex(span_of(s.p + 1, 2), 0xff, &v);
}

static bool
has_only(struct span s, const char *more)
{
	while (s.n > 0) {
		bool is_escaped = is_escape(s);

		if (!is_escaped && !is_path_char(s.p[0]) && !is_one_of(s.p[0], more))
			return false;
		span_take(&s, is_escaped ? 3 : 1);
	}
	return true;
}

bool
http_uri_is_path(struct span s)
{
	return has_only(s, "");
}

bool
http_uri_is_query(struct span s)
{
	return has_only(s, "?[]");
}

bool
http_uri_has_escapes(struct span s)
{
	while (s.n > 0) {
		if (s.p[0] == '%' && !is_escape(s))
			return false;
		span_take(&s, 1);
	}
	return true;
}

/* Four decimal numbers without leading zeros: not the octal and short forms of inet_aton. */
static bool
is_ipv4(struct span s)
{
	for (int i = 0; i < 4; i++) {
		struct span part = span_take(&s, span_find(s, '.'));
		uint64_t v;

		if (!num_parse_u64(part, 255, &v) || (part.n > 1 && part.p[0] == '0'))
			return false;
		if (i < 3 && span_take(&s, 1).n == 0)
			return false;
	}
	return s.n == 0;
}

bool
http_uri_is_host(struct span s)
{
	bool is_numeric = true;
	size_t dots = 0;

	if (s.n == 0 || s.n > HOST_MAX || s.p[0] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.') {
			dots++;
			if (i > 0 && s.p[i - 1] == '.')
				return false;
		} else if (!is_alnum(s.p[i]) && !is_one_of(s.p[i], "-_~")) {
			return false;
		} else if (s.p[i] < '0' || s.p[i] > '9') {
			is_numeric = false;
		}
	}
	return !is_numeric || dots == 0 || is_ipv4(s);
}

/*
 * Groups up to the end of s or to "::", where it stops in front of the second colon.
 * Adds their number to *groups; an IPv4 address at the end counts for two.
 */
static bool
take_groups(struct span *s, unsigned *groups)
{
	while (s->n > 0 && s->p[0] != ':') {
		struct span group = span_take(s, span_find(*s, ':'));
		uint64_t v;

		if (s->n == 0 && span_find(group, '.') < group.n) {
			*groups += 2;
			return is_ipv4(group);
		}
		if (group.n > 4 || !num_parse_hex(group, 0xffff, &v))
			return false;
		*groups += 1;
		if (span_take(s, 1).n > 0 && s->n == 0)
			return false; /* a colon at the end */
	}
	return true;
}

bool
http_uri_is_ipv6(struct span s)
{
	unsigned groups = 0;
	bool has_gap = span_starts(s, span_str("::"));

	if (s.n > IPV6_TEXT_MAX || s.n < 2)
		return false;
	if (has_gap) {
		span_take(&s, 2);
	} else {
		if (!take_groups(&s, &groups))
			return false;
		has_gap = span_take(&s, 1).n > 0; /* the second colon of "::" */
		if (has_gap && groups == 0)
			return false;
	}
	if (!take_groups(&s, &groups) || s.n > 0)
		return false;
	return has_gap ? groups <= 7 : groups == 8;
}

bool
http_uri_is_port(struct span s, uint16_t *port)
{
	uint64_t v;

	*port = 0;
	if (s.n > 5 || !num_parse_u64(s, UINT16_MAX, &v) || v == 0)
		return false;
	*port = (uint16_t)v;
	return true;
}

bool
http_uri_is_authority(struct span s)
{
	struct span host;
	uint16_t port;

	if (s.n > 0 && s.p[0] == '[') {
		span_take(&s, 1);
		host = span_take(&s, span_find(s, ']'));
		if (span_take(&s, 1).n == 0 || !http_uri_is_ipv6(host))
			return false;
	} else {
		host = span_take(&s, span_find(s, ':'));
		if (!http_uri_is_host(host))
			return false;
	}
	if (s.n == 0)
		return true;
	return span_take(&s, 1).p[0] == ':' && http_uri_is_port(s, &port);
}
