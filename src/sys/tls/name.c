/* Matches a server's name or address with what a certificate says. Knows no certificate. */
#include "sys/tls/name.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/text.h"

static bool
has_empty_label(struct span name)
{
	while (name.n > 0) {
		size_t dot = span_find(name, '.');

		if (dot == 0 || dot + 1 == name.n)
			return true;
		span_split(&name, '.');
	}
	return false;
}

bool
tls_name_matches(struct span dns_name, struct span host)
{
	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	if (host.n == 0 || dns_name.n == 0 || has_empty_label(host))
		return false;
	if (!span_starts(dns_name, span_str("*.")))
		return span_find(dns_name, '*') == dns_name.n &&
		       span_eq_ci(dns_name, host);
	span_take(&dns_name, 2);
	span_split(&host, '.');
	return !has_empty_label(dns_name) && span_find(dns_name, '.') < dns_name.n &&
	       span_eq_ci(dns_name, host);
}

size_t
tls_name_address(const char *host, uint8_t address[static 16])
{
	char plain[INET6_ADDRSTRLEN];
	size_t n = strcspn(host, "%");

	if (n >= sizeof plain)
		return 0;
	memcpy(plain, host, n);
	plain[n] = 0;
	if (host[n] == 0 && inet_pton(AF_INET, plain, address) == 1)
		return 4;
	return inet_pton(AF_INET6, plain, address) == 1 ? 16 : 0;
}

void
tls_name_put_address(struct text *out, struct span address)
{
	char plain[INET6_ADDRSTRLEN];
	int family = address.n == 4 ? AF_INET : AF_INET6;

	if ((address.n == 4 || address.n == 16) &&
	    inet_ntop(family, address.p, plain, sizeof plain) != NULL) {
		text_str(out, plain);
		return;
	}
	text_u64(out, address.n);
	text_str(out, " bytes");
}
