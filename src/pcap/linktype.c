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
#define BY_VERSION    UINT32_MAX
#define ADDRESS_MAX   8 /* bytes of an address that a cooked header has room for */

#define ETHERTYPE_MIN  0x0600 /* below it: a length (IEEE 802.3 section 3.2.6) */
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define PROTOCOL_802_3 0x0001 /* Novell's frames without an LLC header */
#define PROTOCOL_802_2 0x0004 /* an LLC header follows */
#define NOVELL_MARK    0xffff /* where others have their LLC header */

#define HATYPE_COOKED	0 /* the header tells */
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

/* What a cooked header says. */
struct cooked {
	uint16_t type;
	uint16_t hatype;
	uint16_t protocol;
	uint16_t address_size; /* of the whole address; what is beyond 8 bytes is lost */
	uint8_t address[ADDRESS_MAX];
	uint32_t ifindex;
};

static void
read_sll(const uint8_t *p, uint32_t caplen, struct cooked *c)
{
	(void)caplen;
	c->type = bytes_be16(p);
	c->hatype = bytes_be16(p + 2);
	c->address_size = bytes_be16(p + 4);
	memcpy(c->address, p + 6, ADDRESS_MAX);
	c->protocol = bytes_be16(p + 14);
}

static void
read_sll2(const uint8_t *p, uint32_t caplen, struct cooked *c)
{
	(void)caplen;
	c->protocol = bytes_be16(p);
	c->ifindex = bytes_be32(p + 4);
	c->hatype = bytes_be16(p + 8);
	c->type = p[10];
	c->address_size = p[11];
	memcpy(c->address, p + 12, ADDRESS_MAX);
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

	if (memcmp(p, broadcast, sizeof(broadcast)) == 0)
		c->type = PACKET_TYPE_BROADCAST;
	else if (p[0] & 1)
		c->type = PACKET_TYPE_MULTICAST;
	c->address_size = 6;
	memcpy(c->address, p + 6, 6);
	c->protocol = ethernet_protocol(p, caplen);
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
	uint32_t family = bytes_le32(p) < bytes_be32(p) ? bytes_le32(p) : bytes_be32(p);

	(void)caplen;
	if (family == 2)
		c->protocol = ETHERTYPE_IPV4;
	else if (family == 10 || family == 24 || family == 28 || family == 30)
		c->protocol = ETHERTYPE_IPV6;
}

static void
read_raw(const uint8_t *p, uint32_t caplen, struct cooked *c)
{
	c->protocol = ip_protocol(p, caplen);
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

/* All that is known of a link type: a new one is a row, and its number in savefile.h. */
static const struct link {
	uint32_t number;
	uint16_t hatype;
	uint32_t size;	      /* of the header */
	uint32_t protocol_at; /* its EtherType; BY_VERSION: the IP header tells */
	uint16_t protocol;    /* if the link type alone tells it */
	/* read: a whole header to c; write: the cooked ones, which are made of all */
	void (*read)(const uint8_t *p, uint32_t caplen, struct cooked *c);
	void (*write)(uint8_t *p, const struct cooked *c);
	const char *name;
} links[] = {
    {SAVEFILE_LINKTYPE_SLL2, HATYPE_COOKED, SLL2_SIZE, 0, 0, read_sll2, write_sll2,
     "LINUX_SLL2 (Linux cooked v2)"},
    {SAVEFILE_LINKTYPE_SLL, HATYPE_COOKED, SLL_SIZE, 14, 0, read_sll, write_sll,
     "LINUX_SLL (Linux cooked v1)"},
    {SAVEFILE_LINKTYPE_ETHERNET, HATYPE_ETHERNET, ETHERNET_SIZE, 12, 0, read_ethernet,
     NULL, "EN10MB (Ethernet)"},
    {SAVEFILE_LINKTYPE_NULL, HATYPE_LOOPBACK, NULL_SIZE, BY_VERSION, 0, read_null, NULL,
     "NULL (BSD loopback)"},
    {SAVEFILE_LINKTYPE_LOOP, HATYPE_LOOPBACK, NULL_SIZE, BY_VERSION, 0, read_null, NULL,
     "LOOP (OpenBSD loopback)"},
    {SAVEFILE_LINKTYPE_RAW, HATYPE_NONE, 0, BY_VERSION, 0, read_raw, NULL,
     "RAW (raw IP)"},
    {SAVEFILE_LINKTYPE_IPV4, HATYPE_NONE, 0, BY_VERSION, ETHERTYPE_IPV4, NULL, NULL,
     "IPV4 (raw IPv4)"},
    {SAVEFILE_LINKTYPE_IPV6, HATYPE_NONE, 0, BY_VERSION, ETHERTYPE_IPV6, NULL, NULL,
     "IPV6 (raw IPv6)"},
};

static const struct link *
find(uint32_t number)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (links[i].number == number)
			return &links[i];
	return NULL;
}

const char *
linktype_name(uint32_t linktype)
{
	const struct link *link = find(linktype);

	return link ? link->name : NULL;
}

uint32_t
linktype_cooked_size(uint32_t linktype)
{
	const struct link *link = find(linktype);

	return link && link->write ? link->size : 0;
}

uint32_t
linktype_payload(uint32_t linktype, const uint8_t *data, uint32_t caplen, uint16_t *type)
{
	const struct link *link = find(linktype);

	*type = 0;
	if (!link || caplen < link->size)
		return LINKTYPE_NONE;
	*type = link->protocol_at == BY_VERSION
		    ? ip_protocol(data + link->size, caplen - link->size)
		    : bytes_be16(data + link->protocol_at);
	return link->size;
}

bool
linktype_can_convert(uint32_t from, uint32_t to)
{
	return from == to || (linktype_cooked_size(to) > 0 && find(from) != NULL);
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
	const struct link *source = find(from);
	const struct link *made = find(to);
	struct cooked c = {.ifindex = ifindex};

	if (direction != 0)
		record->flags = (record->flags & ~DIRECTION_MASK) | direction;
	change->head_size = 0;
	change->skip = 0;
	if (from == to || !linktype_can_convert(from, to))
		return;
	c.hatype = source->hatype;
	c.protocol = source->protocol;
	if (record->caplen >= source->size)
		change->skip = source->size;
	if (record->caplen >= source->size && source->read)
		source->read(data, record->caplen, &c);
	if (!source->write && (record->flags & DIRECTION_MASK) == DIRECTION_OUT)
		c.type = PACKET_TYPE_OUTGOING;
	made->write(change->head, &c);
	change->head_size = made->size;
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
