/* Questions about the operator's lists. */
#include "worker/config.h"

/* name:port without the port; an IPv6 address keeps its brackets. */
static struct span
strip_port(struct span host)
{
	size_t n = host.n;

	while (n > 0 && host.p[n - 1] >= '0' && host.p[n - 1] <= '9')
		n--;
	return n > 0 && n < host.n && host.p[n - 1] == ':' ? span_of(host.p, n - 1)
							   : host;
}

static bool
is_host_listed(struct span list, struct span name)
{
	while (list.n > 0)
		if (span_eq_ci(span_trim(span_split(&list, ',')), name))
			return true;
	return false;
}

bool
config_allows_host(const struct config *c, struct span host)
{
	return c->allow_hosts.n == 0 || is_host_listed(c->allow_hosts, strip_port(host));
}

bool
config_allows_interface(const struct config *c, struct span name)
{
	return c->interfaces.n == 0 || request_is_listed(c->interfaces, name);
}
