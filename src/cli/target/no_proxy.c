/* The value of no_proxy. It knows no environment. */
#include "cli/target/no_proxy.h"

#include <string.h>

#include "base/num.h"
#include "sys/tls/name.h"

#define ADDRESS_TEXT_MAX 64 /* more than an IPv6 address has */

/* The bytes of an address, 4 or 16; 0: it is a name. */
static size_t
read_address(struct span s, uint8_t bytes[static 16])
{
	char text[ADDRESS_TEXT_MAX];

	if (s.n == 0 || s.n >= sizeof(text))
		return 0;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return tls_name_address(text, bytes);
}

static bool
is_equal(const uint8_t *a, const uint8_t *b, size_t bits)
{
	size_t rest = bits % 8;

	if (memcmp(a, b, bits / 8) != 0)
		return false;
	return rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0;
}

static bool
has_address(struct span entry, const uint8_t *address, size_t n)
{
	struct span bits = entry;
	struct span network = span_split(&bits, '/');
	uint8_t bytes[16];
	uint64_t n_bits = n * 8;

	if (network.n > 1 && network.p[0] == '[' && network.p[network.n - 1] == ']')
		network = span_of(network.p + 1, network.n - 2);
	if (read_address(network, bytes) != n)
		return false;
	if (network.n < entry.n && bits.n > 0 && !num_parse_u64(bits, n * 8, &n_bits))
		return false;
	return is_equal(bytes, address, n_bits);
}

/* The domain itself, or one below it. */
static bool
has_name(struct span entry, struct span host)
{
	if (entry.n > 0 && entry.p[0] == '.')
		span_take(&entry, 1);
	if (host.n > 0 && host.p[host.n - 1] == '.')
		host.n--;
	if (span_eq_ci(entry, host))
		return true;
	return entry.n > 0 && span_ends_ci(host, entry) &&
	       host.p[host.n - entry.n - 1] == '.';
}

/* Takes ":PORT" off the entry. False: it is another one. */
static bool
has_port(struct span *entry, uint16_t port)
{
	size_t at = span_find(*entry, ':');
	uint64_t v;

	if (entry->n > 0 && entry->p[0] == '[') /* an IPv6 address */
		at = span_find(*entry, ']') + 1;
	else if (at < entry->n && span_find(span_of(entry->p + at + 1, entry->n - at - 1),
					    ':') < entry->n - at - 1)
		return true;
	if (at >= entry->n || entry->p[at] != ':')
		return true;
	if (!num_parse_u64(span_of(entry->p + at + 1, entry->n - at - 1), UINT16_MAX, &v))
		return false;
	entry->n = at;
	return v == port;
}

bool
no_proxy_has(struct span list, struct span host, uint16_t port)
{
	uint8_t address[16];
	size_t n = read_address(host, address);

	while (list.n > 0) {
		struct span some = span_split(&list, ',');

		while (some.n > 0) {
			struct span entry = span_split(&some, ' ');

			if (entry.n == 0 || !has_port(&entry, port))
				continue;
			if (span_eq(entry, span_str("*")) ||
			    (n > 0 ? has_address(entry, address, n)
				   : has_name(entry, host)))
				return true;
		}
	}
	return false;
}
