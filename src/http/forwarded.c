/* Forwarded and its elder relatives. It must not believe more than the last element. */
#include "http/forwarded.h"

#include "http/uri.h"

/* Behind the last comma that stands outside quotes. */
static struct span
last_element(struct span list)
{
	size_t start = 0;
	bool is_quoted = false;

	for (size_t i = 0; i < list.n; i++) {
		if (list.p[i] == '"')
			is_quoted = !is_quoted;
		else if (list.p[i] == ',' && !is_quoted)
			start = i + 1;
	}
	return span_trim(span_of(list.p + start, list.n - start));
}

static struct span
unquote(struct span s)
{
	if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
		return span_of(s.p + 1, s.n - 2);
	return s;
}

static bool
is_ipv4(struct span s)
{
	if (!http_uri_is_host(s) || span_find(s, '.') == s.n)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '.' && (s.p[i] < '0' || s.p[i] > '9'))
			return false;
	return true;
}

/* "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]", "[2001:db8::1]:80", "2001:db8::1". */
static bool
read_node(struct span node, struct span *host, uint16_t *port)
{
	size_t colon;

	*host = node;
	*port = 0;
	if (node.n > 0 && node.p[0] == '[') {
		size_t end = span_find(node, ']');

		if (end == node.n)
			return false;
		*host = span_of(node.p + 1, end - 1);
		node = span_of(node.p + end + 1, node.n - end - 1);
		if (node.n > 0 &&
		    (node.p[0] != ':' ||
		     !http_uri_is_port(span_of(node.p + 1, node.n - 1), port)))
			return false;
		return http_uri_is_ipv6(*host);
	}
	if (http_uri_is_ipv6(node))
		return true;
	colon = span_find(node, ':');
	if (colon < node.n &&
	    !http_uri_is_port(span_of(node.p + colon + 1, node.n - colon - 1), port))
		return false;
	*host = span_of(node.p, colon);
	return is_ipv4(*host);
}

static void
read_for(struct span node, struct http_forwarded *out)
{
	struct span host;
	uint16_t port;

	if (!read_node(node, &host, &port)) {
		out->is_malformed = true;
		return;
	}
	out->host = host;
	out->port = port;
}

/* for=...;by=...;proto=https, in any order and case (RFC 7239 4). */
static void
read_element(struct span element, struct http_forwarded *out)
{
	struct span ignored;

	while (element.n > 0) {
		struct span value = span_trim(span_split(&element, ';'));
		struct span name = span_trim(span_split(&value, '='));

		value = unquote(span_trim(value));
		if (span_eq_ci(name, span_str("for")))
			read_for(value, out);
		else if (span_eq_ci(name, span_str("by")))
			read_node(value, &ignored, &out->proxy_port);
	}
}

/* The last field of the name: a proxy appends its own behind what came. */
static bool
last_field(const struct http_fields *fields, const char *name, struct span *value)
{
	const struct http_field *field;
	size_t at = 0;
	bool is_there = false;

	while ((field = http_head_next(fields, name, &at)) != NULL) {
		*value = field->value;
		is_there = true;
	}
	return is_there;
}

void
http_forwarded_read(const struct http_fields *fields, struct http_forwarded *out)
{
	struct span value;

	*out = (struct http_forwarded){.port = 0};
	if (last_field(fields, "Forwarded", &value)) {
		read_element(last_element(value), out);
		return;
	}
	if (!last_field(fields, "X-Forwarded-For", &value))
		return;
	read_for(last_element(value), out);
	if (last_field(fields, "X-Forwarded-Port", &value) &&
	    !http_uri_is_port(last_element(value), &out->proxy_port))
		out->is_malformed = true;
}
