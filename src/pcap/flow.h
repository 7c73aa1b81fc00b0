#ifndef PCAP_FLOW_H
#define PCAP_FLOW_H

#include "base/text.h"

/*
 * Which flow a packet belongs to: both addresses, both ports and the protocol, without a
 * direction, so that a packet and its answer have the same flow.
 */
#define FLOW_NONE     UINT32_MAX
#define FLOW_TEXT_MAX 128 /* two IPv6 addresses with ports, the protocol, a terminator */

/* No padding: two flows are the same if their bytes are. */
struct flow {
	uint8_t address[2][16]; /* IPv4: the first 4 bytes, the rest 0 */
	uint16_t port[2]; /* 0 where there are none, or where they were not captured */
	uint8_t protocol; /* IP protocol number, behind IPv6 extension headers */
	uint8_t version;  /* 4 or 6 */
	uint8_t zero[2];
};

/*
 * The flow of a packet of a link type that linktype.h knows, behind VLAN tags and PPPoE; of a tunnel the outer one. Returns the offset of the IP
 * header, or FLOW_NONE when there is none whole (*out is then all zero).
 */
uint32_t flow_of(uint32_t linktype, const uint8_t *data, uint32_t caplen,
		 struct flow *out);

/*
 * The flow inside a tunnel: VXLAN (UDP port 4789 or 8472), Geneve (6081), GRE, IP in IP
 * (any of both versions), one in the other up to three deep; the innermost, and of TCP only.
 * False: there is none, or it was not captured whole. Nearly free for what is no tunnel.
 */
bool flow_tunnelled(uint32_t linktype, const uint8_t *data, uint32_t caplen,
		    struct flow *out);

bool flow_eq(const struct flow *a, const struct flow *b);
uint64_t flow_hash(const struct flow *f, uint64_t seed);

/* "10.0.0.1:443 <-> 10.0.0.2:50001", "[fe80::1]:53 <-> [fe80::2]:53 (udp)". */
void flow_text(struct text *t, const struct flow *f);

#endif
