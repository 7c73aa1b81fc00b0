#ifndef WORKER_CAPTURE_OWN_H
#define WORKER_CAPTURE_OWN_H

#include "base/bytes.h"
#include "pcap/flow.h"
#include "pcap/savefile.h"
#include "worker/common/request.h"

/*
 * Whether a packet carries a capture's own stream inside a tunnel (design.md section 7,
 * rule 7): what exclude.h keeps out as it is, seen a second time in VXLAN, Geneve, GRE or
 * IP in IP. Looked at here and not by the kernel's filter, which would need a program for
 * each kind of tunnel and each exclusion. Pure.
 */
struct own {
	const struct request *r;
	uint32_t linktype;
	uint32_t type_at; /* the EtherType's place in the link header */
	uint32_t ip_at;	  /* and its end; 0: neither is fixed */
};

/* linktype: of the packets to come. r is borrowed. */
void own_init(struct own *o, const struct request *r, uint32_t linktype);

bool own_is_own(const struct own *o, const struct flow *inner);

/* A packet that is no tunnel's by its first bytes, as nearly all are; false: it may be one's. */
static inline bool
own_is_plain(const struct own *o, const uint8_t *data, uint32_t caplen)
{
	uint32_t ports_at = o->ip_at + 20; /* of IPv4 without options */
	uint16_t type, port;

	if (o->ip_at == 0 || caplen < ports_at + 4)
		return false;
	type = bytes_be16(data + o->type_at);
	if (type == 0x86dd) /* IPv6 */
		return data[o->ip_at + 6] == 6;
	if (type != 0x0800)
		return false;
	if (data[o->ip_at + 9] != 17) /* UDP */
		return data[o->ip_at + 9] == 6;
	port = bytes_be16(data + ports_at + 2);
	return data[o->ip_at] == 0x45 && port != 4789 && port != 8472 && port != 6081;
}

static inline bool
own_is_tunnelled(const struct own *o, const struct savefile_record *record,
		 const uint8_t *data)
{
	struct flow inner;

	return !own_is_plain(o, data, record->caplen) &&
	       flow_tunnelled(o->linktype, data, record->caplen, &inner) &&
	       own_is_own(o, &inner);
}

#endif
