#ifndef PCAP_LINKTYPE_H
#define PCAP_LINKTYPE_H

#include "pcap/savefile.h"

/*
 * Conversion of the link-layer header, so that sources of different link types can share
 * one file: those of the table in linktype.c in; SLL and SLL2 out.
 */
#define LINKTYPE_HEAD_MAX 20 /* an SLL2 header */
#define LINKTYPE_NONE	  UINT32_MAX

struct linktype_change {
	uint8_t head[LINKTYPE_HEAD_MAX]; /* goes before the rest of the packet */
	uint32_t head_size;
	uint32_t skip; /* bytes of the packet that head replaces, <= caplen */
};

/* The link type that a file's number stands for: raw IP also has what Linux (12) and
 * OpenBSD (14) call it themselves, which some programs wrote. */
static inline uint32_t
linktype_of(uint32_t number)
{
	return number == 12 || number == 14 ? SAVEFILE_LINKTYPE_RAW : number;
}

/* "EN10MB (Ethernet)", or NULL for a link type that this file does not know. */
const char *linktype_name(uint32_t linktype);

/*
 * Where the link header of a packet (caplen bytes at data) ends, and in *type the EtherType
 * of what follows, 0 for unknown. LINKTYPE_NONE: a header not captured whole, or not known.
 */
uint32_t linktype_payload(uint32_t linktype, const uint8_t *data, uint32_t caplen,
			  uint16_t *type);

/* The fixed size of a cooked header: 16 for SLL, 20 for SLL2, 0 for others. */
uint32_t linktype_cooked_size(uint32_t linktype);

/* Whether linktype_convert knows the way. Same to same always. */
bool linktype_can_convert(uint32_t from, uint32_t to);

/*
 * The change that turns packet (caplen bytes at data, origlen on the wire) from one link
 * type into another; *record gets the new lengths, with caplen at most
 * SAVEFILE_SNAPLEN_MAX (what passes it is cut off the end), and, where the cooked header
 * tells, the direction in flags. ifindex goes into an SLL2 header that is made from a
 * header without one (0: unknown). A packet too short for its own header keeps what
 * there is and gets protocol 0. VLAN tags stay in the payload behind their own protocol.
 * A direction "out" in flags becomes the packet type of a header that is made anew. Where
 * linktype_can_convert says no, nothing changes but the direction.
 */
void linktype_convert(uint32_t from, uint32_t to, uint32_t ifindex, const uint8_t *data,
		      struct savefile_record *record, struct linktype_change *change);

/* sll2's interface index, or 0 when there is none (another link type, too short). */
uint32_t linktype_ifindex(uint32_t linktype, const uint8_t *data, uint32_t caplen);

/* Changes it, where there is one. */
void linktype_set_ifindex(uint32_t linktype, uint8_t *data, uint32_t caplen,
			  uint32_t ifindex);

/* epb_flags direction bits from a cooked header's packet type: 1 in, 2 out, 0 none. */
uint32_t linktype_direction(uint32_t linktype, const uint8_t *data, uint32_t caplen);

#endif
