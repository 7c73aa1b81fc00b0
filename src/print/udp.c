/* UDP (RFC 768), and DNS by its ports. */
#include "print/layers.h"

#define UDP_HEADER     8u
#define PORT_DNS       53
#define PORT_MULTICAST 5353

static bool
print_dns(struct line *l, uint16_t src, uint16_t dst, struct span s, size_t length)
{
	bool is_dns = src == PORT_DNS || dst == PORT_DNS;

	if (!is_dns && src != PORT_MULTICAST && dst != PORT_MULTICAST)
		return false;
	dns_print(l, is_dns ? DNS_UDP : DNS_MULTICAST, s, length);
	return true;
}

/* A first fragment does not have all that its header tells. */
static void
print_length(struct line *l, const struct layer_ip *ip, size_t told, size_t length)
{
	bool is_bad = told > length && !ip->is_fragment;

	line_number(l, is_bad ? "UDP, bad length " : "UDP, length ", told);
	if (is_bad)
		line_number(l, " > ", length);
}

void
udp_print(struct line *l, const struct layer_ip *ip, struct span s, size_t length)
{
	uint16_t src;
	uint16_t dst;
	uint16_t told;

	line_set_protocol(l, "udp");
	if (s.n < 4)
		ends_print(l, ip);
	if (!line_needs(l, s, 4))
		return;
	src = bytes_be16(s.p);
	dst = bytes_be16(s.p + 2);
	ends_print_ports(l, ip, src, dst);
	if (length < UDP_HEADER) {
		line_number(l, "truncated-udp ", length);
		return;
	}
	if (!line_needs(l, s, UDP_HEADER))
		return;
	told = bytes_be16(s.p + 4);
	length -= UDP_HEADER;
	span_take(&s, UDP_HEADER);
	if (told < UDP_HEADER) {
		line_number(l, "truncated-udplength ", told);
		return;
	}
	told = (uint16_t)(told - UDP_HEADER);
	if (s.n > told)
		s.n = told;
	if (!print_dns(l, src, dst, s, told < length ? told : length))
		print_length(l, ip, told, length);
}
