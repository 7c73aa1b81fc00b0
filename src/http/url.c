/*
 * Targets as a user types them. Must not know which of them exist, nor defaults for what
 * was left out.
 */
#include "http/url.h"

#include "http/uri.h"

static const struct {
	const char *prefix;
	enum http_scheme scheme;
	bool is_all_addresses;
} schemes[] = {
    {"http://", HTTP_SCHEME_HTTP, false},    {"https://", HTTP_SCHEME_HTTPS, false},
    {"dns+http://", HTTP_SCHEME_HTTP, true}, {"dns+https://", HTTP_SCHEME_HTTPS, true},
    {"ssh://", HTTP_SCHEME_SSH, false},
};

static bool
is_visible(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
			return false;
	}
	return true;
}

/* The bytes in front of the first one of set, or all. */
static struct span
take_until(struct span *s, const char *set)
{
	size_t n = 0;

	while (n < s->n && span_find(span_str(set), s->p[n]) == span_str(set).n)
		n++;
	return span_take(s, n);
}

/* "://" before anything that ends an authority means that a scheme was given. */
static bool
has_scheme(struct span s)
{
	take_until(&s, ":/?#@");
	return span_starts(s, span_str("://"));
}

static const char *
take_scheme(struct span *s, struct http_url *url)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		if (span_take_prefix_ci(s, schemes[i].prefix)) {
			url->scheme = schemes[i].scheme;
			url->is_all_addresses = schemes[i].is_all_addresses;
			return NULL;
		}
	}
	if (has_scheme(*s))
		return "unknown scheme; use http, https, dns+http, dns+https, ssh or unix";
	return NULL;
}

/* The last "@" ends it: a password may hold one, a host cannot. */
static const char *
take_userinfo(struct span *authority, struct http_url *url)
{
	size_t at = authority->n;
	struct span user;

	while (at > 0 && authority->p[at - 1] != '@')
		at--;
	if (at == 0)
		return NULL;
	user = span_take(authority, at);
	user.n--;
	url->has_user = true;
	url->has_password = span_find(user, ':') < user.n;
	url->user = span_split(&user, ':');
	url->password = user;
	if (!http_uri_has_escapes(url->user) || !http_uri_has_escapes(url->password))
		return "a % in the user or password must be written as %25";
	return NULL;
}

/* [IPv6], [IPv6%zone] or, as RFC 6874 writes it, [IPv6%25zone]. */
static const char *
take_ipv6(struct span *authority, struct http_url *url)
{
	struct span zone;

	span_take(authority, 1);
	url->is_ipv6 = true;
	url->host = span_take(authority, span_find(*authority, ']'));
	if (span_take(authority, 1).n == 0)
		return "an IPv6 address lacks its closing bracket";
	zone = url->host;
	if (!http_uri_is_ipv6(span_take(&zone, span_find(zone, '%'))))
		return "what stands in brackets is not an IPv6 address";
	if (span_take(&zone, 1).n == 0)
		return NULL;
	if (span_starts(zone, span_str("25")) && zone.n > 2)
		span_take(&zone, 2);
	return http_uri_is_host(zone) ? NULL
				      : "the zone of the IPv6 address is not valid";
}

static const char *
take_name(struct span *authority, struct http_url *url)
{
	struct span all = *authority;

	url->host = span_take(authority, span_find(*authority, ':'));
	if (http_uri_is_ipv6(all))
		return "an IPv6 address must stand in brackets";
	if (url->host.n == 0)
		return "the host is missing";
	return http_uri_is_host(url->host) ? NULL
					   : "the host is not a name or an address";
}

static const char *
parse_authority(struct span authority, struct http_url *url)
{
	const char *wrong = take_userinfo(&authority, url);

	if (wrong != NULL)
		return wrong;
	if (authority.n > 0 && authority.p[0] == '[')
		wrong = take_ipv6(&authority, url);
	else
		wrong = take_name(&authority, url);
	if (wrong != NULL || authority.n == 0)
		return wrong;
	if (span_take(&authority, 1).p[0] != ':' ||
	    !http_uri_is_port(authority, &url->port))
		return "the port is not a number from 1 to 65535";
	return NULL;
}

static const char *
parse_path(struct span s, struct http_url *url)
{
	url->path = take_until(&s, "?#");
	if (s.n > 0 && s.p[0] == '?') {
		span_take(&s, 1);
		url->query = take_until(&s, "#");
	}
	if (s.n > 0)
		return "a fragment (#) means nothing here; a # must be written as %23";
	if (!http_uri_is_path(url->path) || !http_uri_is_query(url->query))
		return "the path or query has a character that must be percent-encoded";
	return NULL;
}

/* unix:/path and unix:///path; the path is a file's name, so nothing is decoded. */
static const char *
parse_unix(struct span s, struct http_url *url)
{
	url->scheme = HTTP_SCHEME_UNIX;
	if (span_starts(s, span_str("//")))
		span_take(&s, 2);
	url->host = take_until(&s, "?");
	span_take(&s, 1);
	url->query = s;
	if (url->host.n == 0 || url->host.p[0] != '/')
		return "the path of a unix socket must start with /";
	if (!http_uri_is_query(url->query))
		return "the query has a character that must be percent-encoded";
	return NULL;
}

static const char *
parse(struct span in, struct http_url *url)
{
	struct span authority;
	const char *wrong;

	if (in.n == 0)
		return "an empty target; check for an unset variable in quotes";
	if (!is_visible(in))
		return "it has a space, a control byte or a byte that is not ASCII";
	if (span_take_prefix_ci(&in, "unix:"))
		return parse_unix(in, url);
	wrong = take_scheme(&in, url);
	if (wrong != NULL)
		return wrong;
	authority = take_until(&in, "/?#");
	wrong = parse_authority(authority, url);
	return wrong != NULL ? wrong : parse_path(in, url);
}

const char *
http_url_parse(struct span in, struct http_url *url)
{
	*url = (struct http_url){.scheme = HTTP_SCHEME_HTTP};
	return parse(in, url);
}
