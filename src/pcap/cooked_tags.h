#ifndef PCAP_COOKED_TAGS_H
#define PCAP_COOKED_TAGS_H

#include <stdint.h>

/*
 * Second VLAN tags in live cooked packets. Of a frame with several tags Linux takes the
 * outer one out (libpcap puts it back: its TPID in the header, its TCI and the protocol
 * of what follows in front of the payload), and leaves the inner ones in the payload.
 * From Linux 6.11 on (and in stable releases before it) the protocol that it tells is the
 * innermost one nevertheless, so that the inner tag stands where the header says IP.
 */
#define COOKED_TAGS_INNER_TPID \
	0x8100 /* the real one is lost: 802.1Q but for rare 802.1ad */

/*
 * The offset of the two bytes that have to become COOKED_TAGS_INNER_TPID, or 0 where they
 * are right. data has caplen bytes of a live packet of link type SLL or SLL2 (others: 0)
 * that was origlen long. Such tags name the told protocol behind the last of them; where
 * IPv4 (with its checksum), IPv6 and PPPoE can be read in both ways, it is no tag; of
 * another protocol one payload in 65,536 would be taken for a tag by chance.
 */
uint32_t cooked_tags_hidden(uint32_t linktype, const uint8_t *data, uint32_t caplen,
			    uint32_t origlen);

#endif
