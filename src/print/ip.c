/* IP of both versions, and what it carries; packets in packets are followed to a depth. */
#include "print/layers.h"

#define PROTOCOL_ICMP	 1
#define PROTOCOL_IPIP	 4
#define PROTOCOL_TCP	 6
#define PROTOCOL_UDP	 17
#define PROTOCOL_IPV6	 41
#define PROTOCOL_ICMPV6	 58
#define PROTOCOL_NO_NEXT 59
#define DEPTH_MAX	 8

static void
print_payload(struct line *l, const struct layer_ip *ip, struct span s, size_t length)
{
	if (ip->protocol == PROTOCOL_TCP) {
		tcp_print(l, ip, s, length);
		return;
	}
	if (ip->protocol == PROTOCOL_UDP) {
		udp_print(l, ip, s, length);
		return;
	}
	ends_print(l, ip);
	if (ip->protocol == PROTOCOL_ICMP) {
		icmp4_print(l, s, length);
	} else if (ip->protocol == PROTOCOL_ICMPV6 && ip->version == 6) {
		icmp6_print(l, s, length);
	} else if (ip->protocol == PROTOCOL_NO_NEXT && ip->version == 6) {
		line_str(l, "no next header");
	} else {
		line_number(l, "proto ", ip->protocol);
		line_number(l, ", length ", length);
	}
}

void
ip_print(struct line *l, uint8_t version, struct span s, size_t length)
{
	struct layer_ip ip = {.version = version};

	for (unsigned depth = 0; !l->is_over; depth++) {
		bool is_named = !l->has_link;
		bool has_more = version == 4 ? ip4_print(l, is_named, &s, &length, &ip)
					     : ip6_print(l, is_named, &s, &length, &ip);

		if (!has_more)
			return;
		if ((ip.protocol != PROTOCOL_IPIP && ip.protocol != PROTOCOL_IPV6) ||
		    depth == DEPTH_MAX)
			break;
		ends_print(l, &ip);
		version = ip.protocol == PROTOCOL_IPIP ? 4 : 6;
	}
	print_payload(l, &ip, s, length);
}
