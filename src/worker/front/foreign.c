/* Requests that pages of other sites caused. It knows the head of a request, and what the
 * operator and the machine call this host. */
#include "worker/front/foreign.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* RFC 6454: scheme://host[:port], and nothing behind it; "null" and lists are no host. */
static bool
split_origin(struct span origin, struct span *host, struct span *default_port)
{
	struct span http = span_str("http://");
	struct span https = span_str("https://");
	bool is_https =
	    origin.n > https.n && span_eq_ci(span_of(origin.p, https.n), https);

	if (!is_https &&
	    !(origin.n > http.n && span_eq_ci(span_of(origin.p, http.n), http)))
		return false;
	*default_port = span_str(is_https ? "443" : "80");
	span_take(&origin, is_https ? https.n : http.n);
	*host = origin;
	return true;
}

static struct span
port_of(struct span host, struct span default_port)
{
	size_t name = config_host_name(host).n;

	return host.n > name + 1 ? span_of(host.p + name + 1, host.n - name - 1)
				 : default_port;
}

static bool
is_own_origin(struct span origin, struct span host)
{
	struct span named;
	struct span port;

	return host.n > 0 && split_origin(origin, &named, &port) &&
	       span_eq_ci(config_host_name(named), config_host_name(host)) &&
	       span_eq(port_of(named, port), port_of(host, port));
}

/* Behind the last dot of the root; "a." is as single as "a". */
static bool
has_several_labels(struct span name)
{
	if (name.n > 0 && name.p[name.n - 1] == '.')
		name.n--;
	return span_find(name, '.') < name.n;
}

static bool
is_address(struct span name)
{
	char text[INET_ADDRSTRLEN] = "";
	struct in_addr a;

	if (name.n > 0 && name.p[0] == '[')
		return true;
	if (name.n >= sizeof(text))
		return false;
	memcpy(text, name.p, name.n);
	return inet_pton(AF_INET, text, &a) == 1;
}

static bool
has(const struct http_fields *fields, const char *name)
{
	struct span ignored;

	return http_head_get(fields, name, &ignored) > 0;
}

static bool
is_browser(const struct http_fields *fields)
{
	struct span fetch = span_str("Sec-Fetch-");

	for (size_t i = 0; i < fields->n; i++) {
		struct span name = fields->list[i].name;

		if (name.n >= fetch.n && span_eq_ci(span_of(name.p, fetch.n), fetch))
			return true;
	}
	return (has(fields, "Accept-Encoding") && has(fields, "Accept-Language")) ||
	       has(fields, "Referer") || has(fields, "Cookie");
}

/* What monitoring asks by any name, and what tells nothing of packets. */
static bool
is_exempt(struct span path)
{
	return span_eq(path, span_str("/healthz")) || span_eq(path, span_str("/metrics"));
}

/* A name that is anybody's to point here, unless it is known to be this machine's. */
static bool
is_rebindable(const struct config *config, struct span host)
{
	struct span name = config_host_name(host);

	return has_several_labels(name) && !is_address(name) &&
	       !config_is_own_name(config, host);
}

static const char *
fault_of_origin(const struct http_fields *fields, struct span host)
{
	const struct http_field *field;
	size_t at = 0;

	while ((field = http_head_next(fields, "Sec-Fetch-Site", &at)) != NULL)
		if (!span_eq_ci(field->value, span_str("none")) &&
		    !span_eq_ci(field->value, span_str("same-origin")))
			return "requests from pages of other sites are refused";
	at = 0;
	while ((field = http_head_next(fields, "Origin", &at)) != NULL)
		if (!is_own_origin(field->value, host))
			return "requests from pages of other sites are refused: Origin is "
			       "not the Host; a proxy must pass Host unchanged";
	return NULL;
}

const char *
foreign_fault(const struct http_request_head *head, const struct http_target *target,
	      const struct config *config, bool is_local)
{
	const char *fault;
	struct span host;

	http_head_get(&head->fields, "Host", &host);
	if (target->authority.n > 0)
		host = target->authority; /* RFC 9112 3.2.2 */
	fault = fault_of_origin(&head->fields, host);
	if (fault)
		return fault;
	if (config->allow_hosts.n > 0)
		return config_allows_host(config, host)
			   ? NULL
			   : "this Host is not among those of -allow-host";
	if (is_local || is_exempt(target->path) || !is_rebindable(config, host) ||
	    !is_browser(&head->fields))
		return NULL;
	return "a browser asks for a Host that is not known to be this machine's, as DNS "
	       "rebinding does; if it is, name it in the worker's -allow-host";
}
