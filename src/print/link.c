/*
 * Link headers: Ethernet with VLAN tags (IEEE 802.1Q), LLC (IEEE 802.2), Linux cooked ones,
 * BSD loopback, and none. What they carry is an EtherType's printer, or a number.
 */
#include "print/layers.h"

#include "pcap/savefile.h"

#define ETHER_HEADER 14u
#define NULL_HEADER  4u
#define SLL_HEADER   16u
#define SLL2_HEADER  20u
#define TAG	     4u

#define TYPE_MIN      0x0600 /* below it: a length (IEEE 802.3 3.2.6) */
#define TYPE_IPV4     0x0800
#define TYPE_ARP      0x0806
#define TYPE_RARP     0x8035
#define TYPE_VLAN     0x8100
#define TYPE_IPV6     0x86dd
#define TYPE_QINQ     0x88a8
#define TYPE_QINQ_OLD 0x9100

static const struct line_word types[] = {{TYPE_IPV4, "IPv4"},
					 {TYPE_ARP, "ARP"},
					 {TYPE_RARP, "Reverse ARP"},
					 {TYPE_VLAN, "802.1Q"},
					 {TYPE_IPV6, "IPv6"},
					 {TYPE_QINQ, "802.1Q-QinQ"},
					 {TYPE_QINQ_OLD, "802.1Q-9100"},
					 {0x88cc, "LLDP"},
					 {0x888e, "EAPOL"},
					 {0x8847, "MPLS unicast"},
					 {0x8848, "MPLS multicast"},
					 {0x8863, "PPPoE D"},
					 {0x8864, "PPPoE S"},
					 {0x88e5, "802.1AE MACsec"},
					 {0x88f7, "PTP"},
					 {0x9000, "Loopback"},
					 {0x8809, "Slow Protocols"}};

static void
print_type_name(struct line *l, uint16_t type)
{
	const char *name = LINE_FIND(types, type);

	line_str(l, name ? name : "Unknown");
	line_str(l, " (0x");
	line_hex(l, type, 4);
	line_char(l, ')');
}

static void
print_other(struct line *l, uint16_t type, size_t length)
{
	if (type >= TYPE_MIN) {
		line_str(l, "proto 0x");
		line_hex(l, type, 4);
	} else {
		line_str(l, "LLC");
	}
	line_number(l, ", length ", length);
}

/* -e: what a tag says (IEEE 802.1Q 9.6). */
static void
print_tag(struct line *l, uint16_t tag, uint16_t type)
{
	line_number(l, "vlan ", tag & 0xfff);
	line_number(l, ", p ", tag >> 13);
	if (tag & 0x1000)
		line_str(l, ", DEI");
	line_str(l, type >= TYPE_MIN ? ", ethertype " : ", 802.3");
	if (type >= TYPE_MIN)
		print_type_name(l, type);
	line_str(l, type >= TYPE_MIN ? ", " : "");
}

/* By the type, through any number of VLAN tags. */
static void
print_payload(struct line *l, uint16_t type, struct span s, size_t length)
{
	while (type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ_OLD) {
		line_set_protocol(l, "vlan");
		if (!line_needs(l, s, TAG))
			return;
		type = bytes_be16(s.p + 2);
		if (l->has_link)
			print_tag(l, bytes_be16(s.p), type);
		span_take(&s, TAG);
		length -= length < TAG ? length : TAG;
	}
	if (type == TYPE_IPV4 || type == TYPE_IPV6)
		ip_print(l, type == TYPE_IPV4 ? 4 : 6, s, length);
	else if (type == TYPE_ARP || type == TYPE_RARP)
		arp_print(l, s, length);
	else
		print_other(l, type, length);
}

static void
print_ether(struct line *l, struct span s, size_t length)
{
	uint16_t type;

	line_set_protocol(l, "ether");
	if (!line_needs(l, s, ETHER_HEADER))
		return;
	type = bytes_be16(s.p + 12);
	if (l->has_link) {
		line_mac(l, s.p + 6);
		line_str(l, " > ");
		line_mac(l, s.p);
		line_str(l, type >= TYPE_MIN ? ", ethertype " : ", 802.3");
		if (type >= TYPE_MIN)
			print_type_name(l, type);
		line_number(l, ", length ", length);
		line_str(l, ": ");
	}
	span_take(&s, ETHER_HEADER);
	print_payload(l, type, s, length - ETHER_HEADER);
}

/* The direction of a cooked packet stands before the line: print.c. */
static void
print_cooked(struct line *l, struct span s, size_t length, size_t header)
{
	uint16_t type;

	line_set_protocol(l, header == SLL_HEADER ? "sll" : "sll2");
	if (!line_needs(l, s, header))
		return;
	type = bytes_be16(s.p + (header == SLL_HEADER ? 14 : 0));
	if (l->has_link) {
		if (header == SLL2_HEADER)
			line_number(l, "ifindex ", bytes_be32(s.p + 4));
		if (bytes_be16(s.p + 4) == 6 && header == SLL_HEADER)
			line_mac(l, s.p + 6);
		if (s.p[11] == 6 && header == SLL2_HEADER) {
			line_char(l, ' ');
			line_mac(l, s.p + 12);
		}
		line_str(l, type >= TYPE_MIN ? " ethertype " : " 802.3");
		if (type >= TYPE_MIN)
			print_type_name(l, type);
		line_number(l, ", length ", length);
		line_str(l, ": ");
	}
	span_take(&s, header);
	print_payload(l, type, s, length - header);
}

static void
print_raw(struct line *l, struct span s, size_t length)
{
	line_set_protocol(l, "raw");
	if (!line_needs(l, s, 1))
		return;
	if (l->has_link)
		line_str(l, "ip: ");
	if (s.p[0] >> 4 == 4 || s.p[0] >> 4 == 6)
		ip_print(l, s.p[0] >> 4, s, length);
	else
		line_number(l, "proto unknown, length ", length);
}

/* BSD's address families, in the byte order of who wrote them. */
static void
print_null(struct line *l, struct span s, size_t length)
{
	static const struct line_word families[] = {
	    {2, "IPv4"}, {24, "IPv6"}, {28, "IPv6"}, {30, "IPv6"}};
	uint32_t family;
	const char *name;

	line_set_protocol(l, "null");
	if (!line_needs(l, s, NULL_HEADER))
		return;
	family = bytes_le32(s.p) < 0x10000 ? bytes_le32(s.p) : bytes_be32(s.p);
	name = LINE_FIND(families, family);
	if (l->has_link) {
		line_str(l, "AF ");
		line_str(l, name ? name : "Unknown");
		line_number(l, " (", family);
		line_number(l, "), length ", length);
		line_str(l, ": ");
	}
	span_take(&s, NULL_HEADER);
	if (name)
		ip_print(l, family == 2 ? 4 : 6, s, length - NULL_HEADER);
	else
		line_number(l, "proto unknown, length ", length - NULL_HEADER);
}

size_t
link_header_size(uint32_t linktype, struct span s)
{
	switch (linktype) {
	case SAVEFILE_LINKTYPE_ETHERNET:
		return ETHER_HEADER < s.n ? ETHER_HEADER : s.n;
	case SAVEFILE_LINKTYPE_SLL:
		return SLL_HEADER < s.n ? SLL_HEADER : s.n;
	case SAVEFILE_LINKTYPE_SLL2:
		return SLL2_HEADER < s.n ? SLL2_HEADER : s.n;
	case SAVEFILE_LINKTYPE_NULL:
		return NULL_HEADER < s.n ? NULL_HEADER : s.n;
	default:
		return 0;
	}
}

void
link_print(struct line *l, uint32_t linktype, struct span s, size_t length)
{
	switch (linktype) {
	case SAVEFILE_LINKTYPE_ETHERNET:
		print_ether(l, s, length);
		break;
	case SAVEFILE_LINKTYPE_SLL:
		print_cooked(l, s, length, SLL_HEADER);
		break;
	case SAVEFILE_LINKTYPE_SLL2:
		print_cooked(l, s, length, SLL2_HEADER);
		break;
	case SAVEFILE_LINKTYPE_NULL:
		print_null(l, s, length);
		break;
	case SAVEFILE_LINKTYPE_RAW:
	case SAVEFILE_LINKTYPE_IPV4:
	case SAVEFILE_LINKTYPE_IPV6:
		print_raw(l, s, length);
		break;
	default:
		line_number(l, "link type ", linktype);
		line_number(l, ", length ", length);
		break;
	}
}
