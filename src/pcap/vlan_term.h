#ifndef PCAP_VLAN_TERM_H
#define PCAP_VLAN_TERM_H

#include "base/span.h"
#include "pcap/splice.h"

/*
 * The one VLAN test that a filter on a cooked capture can have. libpcap knows none there,
 * but the kernel keeps the tag beside the packet: so `vlan` or `vlan N`, joined by a
 * top-level `and` as the first or the last term, is taken out of the text, and tested by
 * splice.h.
 */
#define VLAN_TERM_ANY SPLICE_VLAN_ANY /* `vlan` without a number */

enum vlan_term {
	VLAN_TERM_NONE, /* left to libpcap, which says what it thinks of it */
	VLAN_TERM_TAKEN,
	VLAN_TERM_RANGE /* its number is above 4095 */
};

/*
 * TAKEN: *id is the VLAN's number (decimal or 0x..., 0 to 4095) or VLAN_TERM_ANY, and
 * *rest, borrowed from filter, what is left to compile, "" for nothing. Otherwise *rest is
 * filter. A filter with an `or` outside of parentheses has no top-level `and`: pcap-filter
 * gives both the same precedence, and most readers do not. What is taken is a term whatever
 * the rest may be: the rest is compiled by itself.
 */
enum vlan_term vlan_term_take(struct span filter, uint32_t *id, struct span *rest);

#endif
