/* TCP (RFC 9293) with its options and numbers relative to the flow's beginning. */
#include "print/layers.h"

#include <string.h>

#define TCP_HEADER 20u
#define PORT_DNS   53

#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_ACK 0x10
#define FLAG_URG 0x20

/* What is subtracted before numbers are printed. */
struct bases {
	uint32_t seq;
	uint32_t ack;
};

static bool
is_lower(const struct layer_ip *ip, uint16_t src, uint16_t dst)
{
	int order = memcmp(ip->src, ip->dst, ip->version == 4 ? 4 : 16);

	return order < 0 || (order == 0 && src <= dst);
}

/*
 * The first packet of a flow that has an ACK shows its numbers as they are, and so does each
 * SYN. Those that follow are relative: to the sender's first number, and to one less than
 * what it acknowledged, so that the byte behind a SYN is number 1.
 */
static struct bases
find_bases(struct line *l, const struct layer_ip *ip, const uint8_t *p)
{
	uint16_t src = bytes_be16(p);
	uint16_t dst = bytes_be16(p + 2);
	bool is_a = is_lower(ip, src, dst);
	size_t size = ip->version == 4 ? 4 : 16;
	struct print_flow_key key = {.a_port = is_a ? src : dst,
				     .b_port = is_a ? dst : src,
				     .source = l->source,
				     .version = ip->version};
	struct bases none = {0, 0};
	struct print_flow *flow;
	bool is_new;

	if (l->is_absolute || !(p[13] & FLAG_ACK))
		return none;
	memcpy(key.a, is_a ? ip->src : ip->dst, size);
	memcpy(key.b, is_a ? ip->dst : ip->src, size);
	flow = print_flows_find(l->flows, &key, &is_new);
	if (is_new || (p[13] & FLAG_SYN)) {
		*(is_a ? &flow->a_base : &flow->b_base) = bytes_be32(p + 4);
		*(is_a ? &flow->b_base : &flow->a_base) = bytes_be32(p + 8) - 1;
		return none;
	}
	return is_a ? (struct bases){flow->a_base, flow->b_base}
		    : (struct bases){flow->b_base, flow->a_base};
}

static void
print_flags(struct line *l, uint8_t flags)
{
	line_str(l, "Flags [");
	if (flags == 0)
		line_str(l, "none");
	for (unsigned i = 0; i < 8; i++)
		if (flags & 1u << i)
			line_char(l, "FSRP.UEW"[i]);
	line_char(l, ']');
}

static void
print_numbers(struct line *l, const uint8_t *p, struct bases bases, size_t length)
{
	uint32_t seq = bytes_be32(p + 4) - bases.seq;
	uint8_t flags = p[13];

	if (length > 0 || (flags & (FLAG_SYN | FLAG_FIN | FLAG_RST)))
		line_number(l, ", seq ", seq);
	if (length > 0)
		line_number(l, ":", (uint32_t)(seq + length));
	if (flags & FLAG_ACK)
		line_number(l, ", ack ", (uint32_t)(bytes_be32(p + 8) - bases.ack));
	line_number(l, ", win ", bytes_be16(p + 14));
	if (flags & FLAG_URG)
		line_number(l, ", urg ", bytes_be16(p + 18));
}

/* DNS over TCP (RFC 1035 4.2.2) has its length in front. */
static bool
is_dns(const uint8_t *p)
{
	return bytes_be16(p) == PORT_DNS || bytes_be16(p + 2) == PORT_DNS;
}

void
tcp_print(struct line *l, const struct layer_ip *ip, struct span s, size_t length)
{
	struct bases bases;
	size_t header;
	struct span rest = s;

	line_set_protocol(l, "tcp");
	if (s.n < 4) {
		ends_print(l, ip);
		line_str(l, "[|tcp]");
		return;
	}
	ends_print_ports(l, ip, bytes_be16(s.p), bytes_be16(s.p + 2));
	if (!line_needs(l, s, TCP_HEADER))
		return;
	header = (s.p[12] >> 4) * 4u;
	if (header < TCP_HEADER) {
		line_number(l, " tcp ", length - header);
		line_number(l, " [bad hdr length ", header);
		line_str(l, " - too short, < 20]");
		return;
	}
	print_flags(l, s.p[13]);
	if (header > length) {
		line_number(l, " [bad hdr length ", header);
		line_number(l, " - too long, > ", length);
		line_char(l, ']');
		return;
	}
	bases = find_bases(l, ip, s.p);
	length -= header;
	print_numbers(l, s.p, bases, length);
	span_take(&rest, TCP_HEADER);
	if (header > TCP_HEADER)
		tcp_options_print(l,
				  span_of(rest.p, rest.n < header - TCP_HEADER
						      ? rest.n
						      : header - TCP_HEADER),
				  header - TCP_HEADER, bases.ack);
	line_number(l, ", length ", length);
	span_take(&rest, header - TCP_HEADER);
	if (length > 0 && is_dns(s.p))
		dns_print(l, DNS_TCP, rest, length);
}
