/* Finds the end of a packet's headers. It reads no payload, and knows no file. */
#include "pcap/headers.h"

#include <stdbool.h>

#include "base/bytes.h"
#include "pcap/linktype.h"

#define TYPE_IPV4  0x0800
#define TYPE_ARP   0x0806
#define TYPE_VLAN  0x8100
#define TYPE_IPV6  0x86dd
#define TYPE_QINQ  0x88a8
#define TYPE_QINQ1 0x9100 /* before the standard */
#define TAG_SIZE   4

#define IPV4_SIZE 20 /* without options */
#define IPV6_SIZE 40

enum protocol { /* IANA's numbers */
		HOP_BY_HOP = 0,
		ICMP = 1,
		TCP = 6,
		UDP = 17,
		ROUTING = 43,
		FRAGMENT = 44,
		AH = 51,
		ICMPV6 = 58,
		DESTINATION = 60,
		SCTP = 132,
		MOBILITY = 135,
		HIP = 139,
		SHIM6 = 140
};

/* The bytes that were captured, and where the packet ended on the wire. */
struct packet {
	const uint8_t *data;
	uint32_t caplen;
	uint32_t end;
};

static bool
has(const struct packet *p, uint32_t at, uint32_t n)
{
	return at <= p->caplen && p->caplen - at >= n;
}

/* RFC 9293, section 3.1. */
static uint32_t
tcp_size(const struct packet *p, uint32_t at)
{
	uint32_t size;

	if (!has(p, at, 13))
		return 20;
	size = (uint32_t)(p->data[at + 12] >> 4) * 4;
	return size < 20 || at > p->end || size > p->end - at ? 20 : size;
}

static uint32_t
transport_end(const struct packet *p, uint32_t at, uint8_t protocol)
{
	switch (protocol) {
	case TCP:
		return at + tcp_size(p, at);
	case SCTP:
		return at + 12;
	case UDP:
	case ICMP:
	case ICMPV6:
		return at + 8;
	default:
		return at;
	}
}

/* RFC 791; at: of the header. Its total length is 0 where the host cuts it later (TSO). */
static uint32_t
ipv4_end(struct packet *p, uint32_t at)
{
	const uint8_t *h = p->data + at;
	uint32_t size;
	uint32_t total;

	if (!has(p, at, IPV4_SIZE) || h[0] >> 4 != 4 || (h[0] & 15) < 5)
		return at;
	size = (uint32_t)(h[0] & 15) * 4;
	total = bytes_be16(h + 2);
	if (total >= size && total < p->end - at)
		p->end = at + total;
	if ((bytes_be16(h + 6) & 0x1fff) != 0)
		return at + size;
	return transport_end(p, at + size, h[9]);
}

/* The size of an extension header (RFC 8200, section 4; AH: RFC 4302); 0: it is none. */
static uint32_t
extension_size(uint8_t protocol, const uint8_t *h)
{
	switch (protocol) {
	case HOP_BY_HOP:
	case ROUTING:
	case DESTINATION:
	case MOBILITY:
	case HIP:
	case SHIM6:
		return ((uint32_t)h[1] + 1) * 8;
	case FRAGMENT:
		return 8;
	case AH:
		return ((uint32_t)h[1] + 2) * 4;
	default:
		return 0;
	}
}

static bool
is_extension(uint8_t protocol)
{
	static const uint8_t any[2];

	return extension_size(protocol, any) > 0;
}

static uint32_t
ipv6_end(struct packet *p, uint32_t at)
{
	const uint8_t *h = p->data + at;
	uint32_t own = at + IPV6_SIZE;
	uint32_t next = own;
	uint8_t protocol;

	if (!has(p, at, IPV6_SIZE) || h[0] >> 4 != 6)
		return at;
	protocol = h[6];
	if (bytes_be16(h + 4) > 0 && bytes_be16(h + 4) < p->end - own)
		p->end = own + bytes_be16(h + 4);
	for (int n = 0; is_extension(protocol); n++) {
		bool is_later = protocol == FRAGMENT && has(p, next, 8) &&
				(bytes_be16(p->data + next + 2) & 0xfff8) != 0;
		uint32_t size =
		    has(p, next, 8) ? extension_size(protocol, p->data + next) : 0;

		if (n == HEADERS_EXTENSIONS_MAX || size == 0 || !has(p, next, size))
			return own;
		protocol = p->data[next];
		next += size;
		if (is_later)
			return next;
	}
	return transport_end(p, next, protocol);
}

static bool
is_tag(uint16_t type)
{
	return type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ1;
}

static uint32_t
find_end(uint32_t linktype, struct packet *p)
{
	uint16_t type;
	uint32_t at = linktype_payload(linktype, p->data, p->caplen, &type);

	if (!linktype_name(linktype))
		return HEADERS_UNKNOWN;
	if (at == LINKTYPE_NONE)
		return p->caplen; /* less than a link header */
	for (int n = 0; n < HEADERS_TAGS_MAX && is_tag(type) && has(p, at, TAG_SIZE);
	     n++) {
		type = bytes_be16(p->data + at + 2);
		at += TAG_SIZE;
	}
	switch (type) {
	case TYPE_ARP:
		return p->caplen;
	case TYPE_IPV4:
		return ipv4_end(p, at);
	case TYPE_IPV6:
		return ipv6_end(p, at);
	default:
		return at;
	}
}

uint32_t
headers_end(uint32_t linktype, const uint8_t *data, uint32_t caplen, uint32_t origlen)
{
	struct packet p = {data, caplen, origlen > caplen ? origlen : caplen};
	uint32_t end = find_end(linktype, &p);

	if (end > p.end)
		end = p.end;
	return end < caplen ? end : caplen;
}
