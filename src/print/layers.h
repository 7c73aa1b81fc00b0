#ifndef PRINT_LAYERS_H
#define PRINT_LAYERS_H

#include "print/line.h"

/* The printers of protocols, each as line.h says: s was captured, length was on the wire. */

/* What encloses a transport's header. */
struct layer_ip {
	uint8_t version;
	uint8_t protocol;
	bool is_fragment; /* the first one */
	bool has_ends;	  /* the addresses are still to be printed, with ports if any */
	const uint8_t *src;
	const uint8_t *dst;
};

static inline void
layer_ip_init(struct layer_ip *ip, uint8_t version, uint8_t protocol, const uint8_t *src,
	      const uint8_t *dst)
{
	*ip = (struct layer_ip){.version = version,
				.protocol = protocol,
				.has_ends = true,
				.src = src,
				.dst = dst};
}

/* An extension header was printed, with the ends before it; next follows. */
static inline void
layer_ip_extend(struct layer_ip *ip, uint8_t next)
{
	ip->protocol = next;
	ip->has_ends = false;
}

static inline void
layer_ip_set_fragment(struct layer_ip *ip)
{
	ip->is_fragment = true;
}

void link_print(struct line *l, uint32_t linktype, struct span s, size_t length);

/* The size of the link header, as far as it is there. */
size_t link_header_size(uint32_t linktype, struct span s);

void arp_print(struct line *l, struct span s, size_t length);
void ip_print(struct line *l, uint8_t version, struct span s, size_t length);

/* One header and its extensions: s and length become what it carries. False: nothing that
 * follows prints. is_named: "IP " stands before it. */
bool ip4_print(struct line *l, bool is_named, struct span *s, size_t *length,
	       struct layer_ip *ip);
bool ip6_print(struct line *l, bool is_named, struct span *s, size_t *length,
	       struct layer_ip *ip);

/* "src > dst: ", and with ports "src.1 > dst.2: "; behind an extension header the addresses
 * have been printed, and ports stand alone. */
void ends_print(struct line *l, const struct layer_ip *ip);
void ends_print_ports(struct line *l, const struct layer_ip *ip, uint16_t src,
		      uint16_t dst);
void ends_print_address(struct line *l, uint8_t version, const uint8_t *p);

void tcp_print(struct line *l, const struct layer_ip *ip, struct span s, size_t length);

/* s: of the option bytes, which are length; ack_base is subtracted from SACK's numbers. */
void tcp_options_print(struct line *l, struct span s, size_t length, uint32_t ack_base);

/* The value of an MPTCP option; false: it is not legal. */
bool mptcp_print(struct line *l, struct span v);

void udp_print(struct line *l, const struct layer_ip *ip, struct span s, size_t length);
void icmp4_print(struct line *l, struct span s, size_t length);
void icmp6_print(struct line *l, struct span s, size_t length);

enum dns_kind { DNS_UDP, DNS_TCP, DNS_MULTICAST };
void dns_print(struct line *l, enum dns_kind kind, struct span s, size_t length);

#endif
