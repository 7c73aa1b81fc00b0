/* Questions about the operator's lists. */
#include "worker/common/config.h"

struct span
config_host_name(struct span host)
{
	size_t n = host.n;

	while (n > 0 && host.p[n - 1] >= '0' && host.p[n - 1] <= '9')
		n--;
	/* the last colon of an IPv6 address without brackets is none of a port */
	if (n > 0 && host.p[n - 1] == ':' && span_find(host, ':') == n - 1)
		return span_of(host.p, n - 1);
	if (n > 1 && host.p[n - 1] == ':' && host.p[n - 2] == ']')
		return span_of(host.p, n - 1);
	return host;
}

/* "host." is host, said in full (RFC 1034 3.1). */
static struct span
without_root(struct span name)
{
	return name.n > 1 && name.p[name.n - 1] == '.' ? span_of(name.p, name.n - 1)
						       : name;
}

static bool
is_host_listed(struct span list, struct span host)
{
	struct span name = without_root(config_host_name(host));

	while (list.n > 0)
		if (span_eq_ci(without_root(span_trim(span_split(&list, ','))), name))
			return true;
	return false;
}

bool
config_is_name(struct span name)
{
	for (size_t i = 0; i < name.n; i++) {
		uint8_t c = name.p[i] | 0x20;

		if (!(c >= 'a' && c <= 'z') && !(name.p[i] >= '0' && name.p[i] <= '9') &&
		    name.p[i] != '.' && name.p[i] != '-' && name.p[i] != '_')
			return false;
	}
	return name.n > 0 && name.n <= CONFIG_NAME_MAX;
}

bool
config_allows_host(const struct config *c, struct span host)
{
	return c->allow_hosts.n == 0 || is_host_listed(c->allow_hosts, host);
}

bool
config_is_own_name(const struct config *c, struct span host)
{
	return is_host_listed(c->own_names, host);
}

bool
config_allows_interface(const struct config *c, struct span name)
{
	return c->interfaces.n == 0 || request_is_listed(c->interfaces, name);
}
