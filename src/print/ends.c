/* Both ends of a packet: addresses, with ports where the transport has them. */
#include "print/layers.h"

void
ends_print_address(struct line *l, uint8_t version, const uint8_t *p)
{
	if (version == 4)
		line_ip4(l, p);
	else
		line_ip6(l, p);
}

void
ends_print(struct line *l, const struct layer_ip *ip)
{
	if (!ip->has_ends)
		return;
	ends_print_address(l, ip->version, ip->src);
	line_str(l, " > ");
	ends_print_address(l, ip->version, ip->dst);
	line_str(l, ": ");
}

static void
print_port(struct line *l, const struct layer_ip *ip, const uint8_t *address,
	   uint16_t port)
{
	if (ip->has_ends) {
		ends_print_address(l, ip->version, address);
		line_char(l, '.');
	}
	line_u64(l, port);
}

void
ends_print_ports(struct line *l, const struct layer_ip *ip, uint16_t src, uint16_t dst)
{
	print_port(l, ip, ip->src, src);
	line_str(l, " > ");
	print_port(l, ip, ip->dst, dst);
	line_str(l, ": ");
}
