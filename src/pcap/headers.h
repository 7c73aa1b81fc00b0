#ifndef PCAP_HEADERS_H
#define PCAP_HEADERS_H

#include <stdint.h>

/*
 * Where a packet's headers end and what it carries begins (-s headers, -max-payload).
 *
 * The end of the TCP, UDP, SCTP, ICMP or ICMPv6 header behind the link header and its VLAN
 * tags, through IPv4 with options and IPv6 with up to HEADERS_EXTENSIONS_MAX extension
 * headers. Of ICMP and ICMPv6 that is 8 bytes: a quoted packet is payload. Of a later
 * fragment, of ESP, GRE and every other protocol it is the end of the IP header. An IPv6
 * header with more extension headers, or with some that were not captured whole, ends
 * behind its 40 bytes. ARP (RFC 826) is header only. Of other EtherTypes, and of what is no
 * IP though it says so, it is the end of the link header. A TCP header whose data offset
 * is below 5 or beyond the packet has 20 bytes. No header is longer than its IP packet.
 */
#define HEADERS_EXTENSIONS_MAX 8
#define HEADERS_TAGS_MAX       8

/* Of link types other than SLL, SLL2, Ethernet and raw IP, where nothing is known. */
#define HEADERS_UNKNOWN 400u

/* What a capture keeps so that headers_end can tell: all but long extension headers. */
#define HEADERS_KEEP 512u

/* At most caplen, the bytes at data of a packet that was origlen long. */
uint32_t headers_end(uint32_t linktype, const uint8_t *data, uint32_t caplen,
		     uint32_t origlen);

#endif
