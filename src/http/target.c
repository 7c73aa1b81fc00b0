/*
 * Request targets and queries: splitting and percent-decoding. Must not know which paths
 * or options exist.
 */
#include "http/target.h"

#include "base/num.h"
#include "http/uri.h"

/* path [ "?" query ] */
static bool
parse_origin(struct span s, struct http_target *out)
{
	out->path = span_take(&s, span_find(s, '?'));
	out->has_query = span_take(&s, 1).n > 0;
	out->query = s;
	return http_uri_is_path(out->path) && http_uri_is_query(out->query);
}

static size_t
authority_size(struct span s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '/' && s.p[n] != '?')
		n++;
	return n;
}

bool
http_target_parse(struct span target, struct http_target *out)
{
	*out = (struct http_target){.path = span_str("")};
	if (span_eq(target, span_str("*"))) {
		out->path = target;
		return true;
	}
	if (target.n > 0 && target.p[0] == '/')
		return parse_origin(target, out);
	if (!span_take_prefix_ci(&target, "http://") &&
	    !span_take_prefix_ci(&target, "https://"))
		return false;
	out->authority = span_take(&target, authority_size(target));
	if (!http_uri_is_authority(out->authority) || !parse_origin(target, out))
		return false;
	if (out->path.n == 0)
		out->path = span_str("/");
	return true;
}

bool
http_target_decode(struct span s, bool is_query, uint8_t *out, size_t cap, size_t *size)
{
	size_t n = 0;

	*size = 0;
	while (s.n > 0) {
		uint64_t c = s.p[0];

		if (c == '%') {
			if (s.n < 3 || !num_parse_hex(span_of(s.p + 1, 2), 0xff, &c))
				return false;
			span_take(&s, 2);
		} else if (c == '+' && is_query) {
			c = ' ';
		}
		span_take(&s, 1);
		if (c == 0 || n == cap)
			return false;
		out[n++] = (uint8_t)c;
	}
	*size = n;
	return true;
}

/* Bytes that s has when decoded, if it decodes. */
static size_t
decoded_size(struct span s)
{
	size_t n = 0;

	for (; s.n > 0; n++)
		span_take(&s, s.p[0] == '%' ? 3 : 1);
	return n;
}

enum http_query_result
http_target_next(struct span *query, uint8_t *mem, size_t cap, struct span *name,
		 struct span *value)
{
	struct span pair = span_split(query, '&');
	struct span raw_name;

	*name = *value = span_of(mem, 0);
	while (pair.n == 0 && query->n > 0)
		pair = span_split(query, '&');
	if (pair.n == 0)
		return HTTP_QUERY_END;
	raw_name = span_split(&pair, '=');
	if (decoded_size(raw_name) > cap ||
	    decoded_size(pair) > cap - decoded_size(raw_name))
		return HTTP_QUERY_TOO_LONG;
	name->p = mem;
	if (!http_target_decode(raw_name, true, mem, cap, &name->n))
		return HTTP_QUERY_BAD;
	value->p = mem + name->n;
	if (!http_target_decode(pair, true, mem + name->n, cap - name->n, &value->n)) {
		name->n = 0;
		return HTTP_QUERY_BAD;
	}
	return HTTP_QUERY_PAIR;
}
