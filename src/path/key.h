#ifndef PATH_KEY_H
#define PATH_KEY_H

#include "base/span.h"

/*
 * What of a packet is the same wherever it is seen on its way, whoever forwards it. Never
 * part of it: link header, VLAN tags, TTL, TOS, checksums (unfinished at a sender that
 * leaves them to its card), DF, IP options, IPv6 flow label and hop-by-hop options, TCP
 * options, ECE and CWR.
 */
#define PATH_KEY_PAYLOAD     64u      /* bytes of a payload that are compared, at most */
#define PATH_KEY_PAYLOAD_MIN 8u	      /* with fewer, UDP is not told apart */
#define PATH_KEY_HEADERS     96u      /* link 20, IPv6 40, extension 8, TCP 20, UDP 8 */
#define PATH_KEY_RANGE_MAX   1048576u /* bytes of a TCP record; BIG TCP has 512 KiB */
#define PATH_KEY_WIRE	     1500u /* a longer UDP datagram may be one that is yet to be cut */

/* A flow in one direction. No padding: two are the same if their bytes are. */
struct path_tuple {
	uint8_t address[2][16]; /* source, destination; IPv4: 4 bytes, the rest 0 */
	uint16_t port[2];	/* ICMP: the type, 0 */
	uint8_t protocol;
	uint8_t version; /* 4, 6 */
	uint16_t is_fragment;
};

enum path_kind {
	PATH_KIND_UDP,	/* and every other protocol but TCP */
	PATH_KIND_TCP,	/* without payload, SYN and FIN; RST */
	PATH_KIND_RANGE /* of TCP's sequence numbers */
};

struct path_key {
	struct path_tuple tuple;
	enum path_kind kind;
	uint64_t hash;	 /* of what is compared, without the flow; of a range 0 */
	uint64_t naked;	 /* what shows a packet under other addresses; 0: too little */
	uint32_t lo, hi; /* of a range */
	uint32_t bytes;	 /* IP payload; of a range hi - lo */
	uint32_t id;	 /* IPv4's, or a fragment's */
	uint8_t ttl;
	uint8_t tcp_flags;
	bool is_long;	   /* a UDP datagram of more than PATH_KEY_WIRE */
	bool is_multicast; /* or broadcast */
};

enum path_key_result {
	PATH_KEY_OK,
	PATH_KEY_NOT_IP, /* ARP and the like, or damaged */
	PATH_KEY_SHORT,	 /* cut off by the snaplen before what is compared */
	PATH_KEY_VAGUE	 /* too few bytes are compared to tell such packets apart */
};

struct path_keys {
	uint64_t seed[2];
	uint32_t payload; /* bytes compared: at most PATH_KEY_PAYLOAD */
};

/* type: EtherType of what data begins with, wire: its length before the snaplen. */
enum path_key_result path_key_of(const struct path_keys *keys, uint16_t type,
				 struct span data, uint32_t wire, struct path_key *key);

#endif
