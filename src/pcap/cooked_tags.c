/* Finds the inner VLAN tag that a live cooked packet's protocol does not tell. It must not
 * know files, nor change a packet. */
#include "pcap/cooked_tags.h"

#include <stdbool.h>

#include "base/bytes.h"
#include "pcap/linktype.h"

#define TYPE_IPV4  0x0800
#define TYPE_IPV6  0x86dd
#define TYPE_VLAN  0x8100 /* the two that Linux takes for tags (eth_type_vlan) */
#define TYPE_QINQ  0x88a8
#define TYPE_PPPOE 0x8864

#define TAG_SIZE    4
#define TAGS_MAX    8  /* Linux looks no deeper (VLAN_MAX_DEPTH) */
#define PADDING_MAX 64 /* behind an IPv6 packet in the shortest frame, a trailer */

static bool
is_tag(uint16_t type)
{
	return type == TYPE_VLAN || type == TYPE_QINQ;
}

/* Whether the payload is tags, the last of which is followed by the protocol. */
static bool
is_chain(const uint8_t *p, uint32_t n, uint16_t protocol)
{
	for (uint32_t i = 0; i < TAGS_MAX && n >= TAG_SIZE; i++) {
		uint16_t type = bytes_be16(p + 2);

		if (type == protocol)
			return true;
		if (!is_tag(type))
			return false;
		p += TAG_SIZE;
		n -= TAG_SIZE;
	}
	return false;
}

/* RFC 1071 over the header, if it was captured whole; n >= 4. */
static bool
is_ipv4(const uint8_t *p, uint32_t n, uint32_t wire)
{
	uint32_t size = (p[0] & 15u) * 4;
	uint32_t sum = 0;

	if (p[0] >> 4 != 4 || size < 20 || bytes_be16(p + 2) > wire)
		return false;
	if (n < size)
		return true;
	for (uint32_t i = 0; i < size; i += 2)
		sum += bytes_be16(p + i);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

/* The length that a header at p names fits what was on the wire; n >= 4. */
static bool
is_ipv6(const uint8_t *p, uint32_t n, uint32_t wire)
{
	uint32_t size;

	if (p[0] >> 4 != 6)
		return false;
	if (n < 6)
		return true;
	size = bytes_be16(p + 4) + 40u;
	return size <= wire && wire - size < PADDING_MAX;
}

static bool
is_pppoe(const uint8_t *p, uint32_t n, uint32_t wire)
{
	return bytes_be16(p) == 0x1100 && (n < 6 || bytes_be16(p + 4) + 6u <= wire);
}

static bool
is_protocol(uint16_t protocol, const uint8_t *p, uint32_t n, uint32_t wire)
{
	switch (protocol) {
	case TYPE_IPV4:
		return is_ipv4(p, n, wire);
	case TYPE_IPV6:
		return is_ipv6(p, n, wire);
	case TYPE_PPPOE:
		return is_pppoe(p, n, wire);
	}
	return false;
}

uint32_t
cooked_tags_hidden(uint32_t linktype, const uint8_t *data, uint32_t caplen,
		   uint32_t origlen)
{
	uint32_t size = linktype_cooked_size(linktype);
	uint32_t head = size + TAG_SIZE;
	uint16_t protocol;

	linktype_payload(linktype, data, caplen, &protocol);
	if (size == 0 || caplen < head + TAG_SIZE || origlen < caplen ||
	    !is_tag(protocol))
		return 0;
	protocol = bytes_be16(data + size + 2);
	data += head;
	caplen -= head;
	if (is_tag(protocol) || !is_chain(data, caplen, protocol) ||
	    is_protocol(protocol, data, caplen, origlen - head))
		return 0;
	return size + 2;
}
