/*
 * Link-layer headers turned into Linux cooked ones (draft-ietf-opsawg-pcaplinktype,
 * LINKTYPE_LINUX_SLL and _SLL2). It must not know files, nor look behind the header
 * further than the network protocol's number needs.
 */
#include "pcap/linktype.h"

#include <string.h>

#include "base/bytes.h"

#define SLL_SIZE      16
#define SLL2_SIZE     20
#define ETHERNET_SIZE 14
#define NULL_SIZE     4
#define ADDRESS_MAX   8 /* bytes of an address that a cooked header has room for */

#define ETHERTYPE_MIN  0x0600 /* below it: a length (IEEE 802.3 section 3.2.6) */
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define PROTOCOL_802_3 0x0001 /* Novell's frames without an LLC header */
#define PROTOCOL_802_2 0x0004 /* an LLC header follows */
#define NOVELL_MARK    0xffff /* where others have their LLC header */

#define HATYPE_ETHERNET 1 /* net/if_arp.h */
#define HATYPE_LOOPBACK 772
#define HATYPE_NONE	0xfffe

enum packet_type { /* linux/if_packet.h */
		   PACKET_TYPE_HOST = 0,
		   PACKET_TYPE_BROADCAST = 1,
		   PACKET_TYPE_MULTICAST = 2,
		   PACKET_TYPE_OTHER_HOST = 3,
		   PACKET_TYPE_OUTGOING = 4
};

#define DIRECTION_MASK 3u /* in epb_flags (pcapng 4.3.1) */
#define DIRECTION_IN   1u
#define DIRECTION_OUT  2u

/* What a cooked header says, and how much of the packet said it. */
struct cooked {
	uint16_t type;
	uint16_t hatype;
	uint16_t protocol;
	uint16_t address_size; /* of the whole address; what is beyond 8 bytes is lost */
	uint8_t address[ADDRESS_MAX];
	uint32_t ifindex;
	uint32_t skip;
};

uint32_t
linktype_cooked_size(uint32_t linktype)
{
	if (linktype == SAVEFILE_LINKTYPE_SLL)
		return SLL_SIZE;
	return linktype == SAVEFILE_LINKTYPE_SLL2 ? SLL2_SIZE : 0;
}

static void
read_sll(const uint8_t *p, struct cooked *c)
{
	c->type = bytes_be16(p);
	c->hatype = bytes_be16(p + 2);
	c->address_size = bytes_be16(p + 4);
	memcpy(c->address, p + 6, ADDRESS_MAX);
	c->protocol = bytes_be16(p + 14);
	c->skip = SLL_SIZE;
}

static void
read_sll2(const uint8_t *p, struct cooked *c)
{
	c->protocol = bytes_be16(p);
	c->ifindex = bytes_be32(p + 4);
	c->hatype = bytes_be16(p + 8);
	c->type = p[10];
	c->address_size = p[11];
	memcpy(c->address, p + 12, ADDRESS_MAX);
	c->skip = SLL2_SIZE;
}

static uint16_t
ethernet_protocol(const uint8_t *p, uint32_t caplen)
{
	uint16_t type = bytes_be16(p + 12);

	if (type >= ETHERTYPE_MIN)
		return type;
	if (caplen >= ETHERNET_SIZE + 2 && bytes_be16(p + ETHERNET_SIZE) == NOVELL_MARK)
		return PROTOCOL_802_3;
	return PROTOCOL_802_2;
}

/* Whether the destination is this host's address cannot be told: it is taken for it. */
static void
read_ethernet(const uint8_t *p, uint32_t caplen, struct cooked *c)
{
	static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	c->hatype = HATYPE_ETHERNET;
	if (caplen < ETHERNET_SIZE)
		return;
	if (memcmp(p, broadcast, sizeof(broadcast)) == 0)
		c->type = PACKET_TYPE_BROADCAST;
	else if (p[0] & 1)
		c->type = PACKET_TYPE_MULTICAST;
	c->address_size = 6;
	memcpy(c->address, p + 6, 6);
	c->protocol = ethernet_protocol(p, caplen);
	c->skip = ETHERNET_SIZE;
}

static uint16_t
ip_protocol(const uint8_t *p, uint32_t caplen)
{
	if (caplen == 0)
		return 0;
	if (p[0] >> 4 == 4)
		return ETHERTYPE_IPV4;
	return p[0] >> 4 == 6 ? ETHERTYPE_IPV6 : 0;
}

/* The address family in the byte order of whoever wrote it, with each BSD's IPv6. */
static void
read_null(const uint8_t *p, uint32_t caplen, struct cooked *c)
{
	uint32_t family;

	c->hatype = HATYPE_LOOPBACK;
	if (caplen < NULL_SIZE)
		return;
	family = bytes_le32(p) < bytes_be32(p) ? bytes_le32(p) : bytes_be32(p);
	if (family == 2)
		c->protocol = ETHERTYPE_IPV4;
	else if (family == 10 || family == 24 || family == 28 || family == 30)
		c->protocol = ETHERTYPE_IPV6;
	c->skip = NULL_SIZE;
}

static void
read_header(uint32_t linktype, const uint8_t *p, uint32_t caplen, struct cooked *c)
{
	switch (linktype) {
	case SAVEFILE_LINKTYPE_SLL:
		if (caplen >= SLL_SIZE)
			read_sll(p, c);
		break;
	case SAVEFILE_LINKTYPE_SLL2:
		if (caplen >= SLL2_SIZE)
			read_sll2(p, c);
		break;
	case SAVEFILE_LINKTYPE_ETHERNET:
		read_ethernet(p, caplen, c);
		break;
	case SAVEFILE_LINKTYPE_NULL:
		read_null(p, caplen, c);
		break;
	case SAVEFILE_LINKTYPE_RAW:
		c->hatype = HATYPE_NONE;
		c->protocol = ip_protocol(p, caplen);
		break;
	case SAVEFILE_LINKTYPE_IPV4:
		c->hatype = HATYPE_NONE;
		c->protocol = ETHERTYPE_IPV4;
		break;
	case SAVEFILE_LINKTYPE_IPV6:
		c->hatype = HATYPE_NONE;
		c->protocol = ETHERTYPE_IPV6;
		break;
	}
}

static void
write_sll(uint8_t *p, const struct cooked *c)
{
	bytes_put_be16(p, c->type);
	bytes_put_be16(p + 2, c->hatype);
	bytes_put_be16(p + 4, c->address_size);
	memcpy(p + 6, c->address, ADDRESS_MAX);
	bytes_put_be16(p + 14, c->protocol);
}

static void
write_sll2(uint8_t *p, const struct cooked *c)
{
	bytes_put_be16(p, c->protocol);
	bytes_put_be16(p + 2, 0);
	bytes_put_be32(p + 4, c->ifindex);
	bytes_put_be16(p + 8, c->hatype);
	p[10] = (uint8_t)(c->type < UINT8_MAX ? c->type : UINT8_MAX);
	p[11] = (uint8_t)(c->address_size < UINT8_MAX ? c->address_size : UINT8_MAX);
	memcpy(p + 12, c->address, ADDRESS_MAX);
}

static bool
is_cooked(uint32_t linktype)
{
	return linktype == SAVEFILE_LINKTYPE_SLL || linktype == SAVEFILE_LINKTYPE_SLL2;
}

bool
linktype_can_convert(uint32_t from, uint32_t to)
{
	if (from == to)
		return true;
	return is_cooked(to) &&
	       (is_cooked(from) || from == SAVEFILE_LINKTYPE_ETHERNET ||
		from == SAVEFILE_LINKTYPE_NULL || from == SAVEFILE_LINKTYPE_RAW ||
		from == SAVEFILE_LINKTYPE_IPV4 || from == SAVEFILE_LINKTYPE_IPV6);
}

static void
change_lengths(struct savefile_record *record, const struct linktype_change *change)
{
	uint64_t origlen = (uint64_t)record->origlen - change->skip + change->head_size;

	record->caplen = record->caplen - change->skip + change->head_size;
	if (record->caplen > SAVEFILE_SNAPLEN_MAX)
		record->caplen = SAVEFILE_SNAPLEN_MAX;
	record->origlen = origlen < UINT32_MAX ? (uint32_t)origlen : UINT32_MAX;
}

void
linktype_convert(uint32_t from, uint32_t to, uint32_t ifindex, const uint8_t *data,
		 struct savefile_record *record, struct linktype_change *change)
{
	uint32_t direction = linktype_direction(from, data, record->caplen);
	struct cooked c = {.ifindex = ifindex};

	if (direction != 0)
		record->flags = (record->flags & ~DIRECTION_MASK) | direction;
	change->head_size = 0;
	change->skip = 0;
	if (from == to || !linktype_can_convert(from, to))
		return;
	read_header(from, data, record->caplen, &c);
	if (!is_cooked(from) && (record->flags & DIRECTION_MASK) == DIRECTION_OUT)
		c.type = PACKET_TYPE_OUTGOING;
	if (to == SAVEFILE_LINKTYPE_SLL)
		write_sll(change->head, &c);
	else
		write_sll2(change->head, &c);
	change->head_size = linktype_cooked_size(to);
	change->skip = c.skip;
	change_lengths(record, change);
}

uint32_t
linktype_ifindex(uint32_t linktype, const uint8_t *data, uint32_t caplen)
{
	if (linktype != SAVEFILE_LINKTYPE_SLL2 || caplen < SLL2_SIZE)
		return 0;
	return bytes_be32(data + 4);
}

void
linktype_set_ifindex(uint32_t linktype, uint8_t *data, uint32_t caplen, uint32_t ifindex)
{
	if (linktype == SAVEFILE_LINKTYPE_SLL2 && caplen >= SLL2_SIZE)
		bytes_put_be32(data + 4, ifindex);
}

uint32_t
linktype_direction(uint32_t linktype, const uint8_t *data, uint32_t caplen)
{
	uint32_t size = linktype_cooked_size(linktype);
	uint32_t type;

	if (size == 0 || caplen < size)
		return 0;
	type = linktype == SAVEFILE_LINKTYPE_SLL ? bytes_be16(data) : data[10];
	if (type == PACKET_TYPE_OUTGOING)
		return DIRECTION_OUT;
	return type <= PACKET_TYPE_OTHER_HOST ? DIRECTION_IN : 0;
}
