/*
 * From a packet's link header to the ports of its transport header (RFC 791, RFC 8200,
 * IEEE 802.1Q, RFC 2516), through tunnels where asked (RFC 7348, 8926, 2784, 2890), and a flow in words (RFC 5952). Every length comes from the
 * packet and is checked against what was captured. It must not know files.
 */
#include "pcap/flow.h"

#include <string.h>

#include "base/bytes.h"
#include "pcap/linktype.h"

#define TYPE_IPV4  0x0800
#define TYPE_IPV6  0x86dd
#define TYPE_VLAN  0x8100
#define TYPE_QINQ  0x88a8
#define TYPE_QINQ1 0x9100 /* before the standard */
#define TYPE_PPPOE 0x8864
#define TYPE_TEB   0x6558 /* an Ethernet frame */

#define TAGS_MAX       4 /* VLAN tags and PPPoE headers followed, more is no traffic of ours */
#define TUNNELS_MAX    3 /* one in the other; an overlay has one */
#define EXTENSIONS_MAX 8 /* IPv6 extension headers followed */

#define PORT_VXLAN	 4789
#define PORT_VXLAN_LINUX 8472 /* its default, before the number was assigned */
#define PORT_GENEVE	 6081

/* GRE: checksum, key and number follow, 4 bytes each; version 0. */
#define GRE_CHECKSUM 0x8000u
#define GRE_NUMBER   0x1000u
#define GRE_VERSION  0x0007u
#define GRE_ROUTING  0x4000u

enum protocol {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_IPV4 = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_DCCP = 33,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47,
	PROTOCOL_AH = 51,
	PROTOCOL_OPTIONS = 60,
	PROTOCOL_SCTP = 132,
	PROTOCOL_UDPLITE = 136
};

/* Where the walk through a packet stands. */
struct walk {
	const uint8_t *p;
	uint32_t n;
	uint32_t at;
	uint16_t type; /* EtherType of what follows */
};

static bool
has(const struct walk *w, uint32_t bytes)
{
	return bytes <= w->n && w->at <= w->n - bytes;
}

static uint16_t
type_by_version(const struct walk *w)
{
	if (!has(w, 1))
		return 0;
	if (w->p[w->at] >> 4 == 4)
		return TYPE_IPV4;
	return w->p[w->at] >> 4 == 6 ? TYPE_IPV6 : 0;
}

static bool
pass_link(struct walk *w, uint32_t linktype)
{
	w->at = linktype_payload(linktype, w->p, w->n, &w->type);
	return w->at != LINKTYPE_NONE;
}

static void
pass_tags(struct walk *w)
{
	for (int i = 0; i < TAGS_MAX; i++) {
		if (w->type == TYPE_PPPOE && has(w, 8)) {
			w->at += 8;
			w->type = type_by_version(w);
		} else if ((w->type == TYPE_VLAN || w->type == TYPE_QINQ ||
			    w->type == TYPE_QINQ1) &&
			   has(w, 4)) {
			w->type = bytes_be16(w->p + w->at + 2);
			w->at += 4;
		} else {
			return;
		}
	}
}

static bool
has_ports(uint8_t protocol)
{
	return protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP ||
	       protocol == PROTOCOL_SCTP || protocol == PROTOCOL_UDPLITE ||
	       protocol == PROTOCOL_DCCP;
}

static void
read_ports(const struct walk *w, struct flow *f)
{
	if (!has_ports(f->protocol) || !has(w, 4))
		return;
	f->port[0] = bytes_be16(w->p + w->at);
	f->port[1] = bytes_be16(w->p + w->at + 2);
}

static bool
read_ipv4(struct walk *w, struct flow *f)
{
	const uint8_t *p = w->p + w->at;

	if (!has(w, 20) || p[0] >> 4 != 4)
		return false;
	f->version = 4;
	f->protocol = p[9];
	memcpy(f->address[0], p + 12, 4);
	memcpy(f->address[1], p + 16, 4);
	w->at += (p[0] & 15u) * 4;
	if ((bytes_be16(p + 6) & 0x1fff) == 0)
		read_ports(w, f);
	return true;
}

/* Passes one extension header; false: there is none, or it is the end of what is known. */
static bool
pass_extension(struct walk *w, struct flow *f, bool *is_later_fragment)
{
	uint8_t kind = f->protocol;
	const uint8_t *p = w->p + w->at;

	if (!has(w, 8))
		return false;
	if (kind == PROTOCOL_FRAGMENT) {
		*is_later_fragment = (bytes_be16(p + 2) & 0xfff8) != 0;
		w->at += 8;
	} else if (kind == PROTOCOL_AH) {
		w->at += (p[1] + 2u) * 4;
	} else if (kind == PROTOCOL_HOP_BY_HOP || kind == PROTOCOL_ROUTING ||
		   kind == PROTOCOL_OPTIONS) {
		w->at += (p[1] + 1u) * 8;
	} else {
		return false;
	}
	f->protocol = p[0];
	return true;
}

static bool
read_ipv6(struct walk *w, struct flow *f)
{
	const uint8_t *p = w->p + w->at;
	bool is_later_fragment = false;

	if (!has(w, 40) || p[0] >> 4 != 6)
		return false;
	f->version = 6;
	f->protocol = p[6];
	memcpy(f->address[0], p + 8, 16);
	memcpy(f->address[1], p + 24, 16);
	w->at += 40;
	for (int i = 0; i < EXTENSIONS_MAX && !is_later_fragment; i++)
		if (!pass_extension(w, f, &is_later_fragment))
			break;
	if (!is_later_fragment)
		read_ports(w, f);
	return true;
}

/* The lower end first: the same flow either way. */
static void
sort_ends(struct flow *f)
{
	int order = memcmp(f->address[0], f->address[1], 16);
	uint8_t address[16];
	uint16_t port = f->port[0];

	if (order < 0 || (order == 0 && f->port[0] <= f->port[1]))
		return;
	memcpy(address, f->address[0], 16);
	memcpy(f->address[0], f->address[1], 16);
	memcpy(f->address[1], address, 16);
	f->port[0] = f->port[1];
	f->port[1] = port;
}

uint32_t
flow_of(uint32_t linktype, const uint8_t *data, uint32_t caplen, struct flow *out)
{
	struct walk w = {.p = data, .n = caplen};
	uint32_t ip_at;
	bool is_ip = false;

	memset(out, 0, sizeof(*out));
	if (!pass_link(&w, linktype))
		return FLOW_NONE;
	pass_tags(&w);
	ip_at = w.at;
	if (w.type == TYPE_IPV4)
		is_ip = read_ipv4(&w, out);
	else if (w.type == TYPE_IPV6)
		is_ip = read_ipv6(&w, out);
	sort_ends(out);
	return is_ip ? ip_at : FLOW_NONE;
}

static bool
read_ip(struct walk *w, struct flow *f)
{
	memset(f, 0, sizeof(*f));
	if (w->type == TYPE_IPV4)
		return read_ipv4(w, f);
	return w->type == TYPE_IPV6 && read_ipv6(w, f);
}

/* An Ethernet header in the middle of a packet. */
static bool
pass_ethernet(struct walk *w)
{
	if (!has(w, 14))
		return false;
	w->type = bytes_be16(w->p + w->at + 12);
	w->at += 14;
	pass_tags(w);
	return true;
}

static bool
pass_gre(struct walk *w)
{
	uint32_t flags;

	if (!has(w, 4))
		return false;
	flags = bytes_be16(w->p + w->at);
	if (flags & (GRE_VERSION | GRE_ROUTING))
		return false;
	w->type = bytes_be16(w->p + w->at + 2);
	w->at += 4;
	for (uint32_t bit = GRE_NUMBER; bit <= GRE_CHECKSUM; bit <<= 1)
		w->at += (flags & bit) != 0 ? 4u : 0;
	return w->type != TYPE_TEB || pass_ethernet(w);
}

/* Behind the UDP header: VXLAN's 8 bytes, Geneve's with its options; then a frame. */
static bool
pass_udp_tunnel(struct walk *w, uint16_t port)
{
	uint32_t size = 8;

	w->at += 8;
	if (!has(w, 8))
		return false;
	w->type = TYPE_TEB;
	if (port == PORT_GENEVE) {
		size += (w->p[w->at] & 63u) * 4;
		w->type = bytes_be16(w->p + w->at + 2);
	}
	w->at += size;
	return w->type != TYPE_TEB || pass_ethernet(w);
}

/* Moves into the tunnel whose outer flow is f, w at its transport header. */
static bool
enter(struct walk *w, const struct flow *f)
{
	switch (f->protocol) {
	case PROTOCOL_IPV4:
		w->type = TYPE_IPV4;
		return true;
	case PROTOCOL_IPV6:
		w->type = TYPE_IPV6;
		return true;
	case PROTOCOL_GRE:
		return pass_gre(w);
	case PROTOCOL_UDP: /* the destination's port is the tunnel's */
		return (f->port[1] == PORT_VXLAN || f->port[1] == PORT_VXLAN_LINUX ||
			f->port[1] == PORT_GENEVE) &&
		       pass_udp_tunnel(w, f->port[1]);
	default:
		return false;
	}
}

bool
flow_tunnelled(uint32_t linktype, const uint8_t *data, uint32_t caplen, struct flow *out)
{
	struct walk w = {.p = data, .n = caplen};
	int depth = 0;

	if (!pass_link(&w, linktype))
		return false;
	pass_tags(&w);
	if (!read_ip(&w, out))
		return false;
	while (depth < TUNNELS_MAX && enter(&w, out)) {
		if (!read_ip(&w, out))
			return false;
		depth++;
	}
	sort_ends(out);
	return depth > 0 && out->protocol == PROTOCOL_TCP &&
	       (out->port[0] != 0 || out->port[1] != 0);
}

bool
flow_eq(const struct flow *a, const struct flow *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

uint64_t
flow_hash(const struct flow *f, uint64_t seed)
{
	uint64_t words[sizeof(*f) / 8];
	uint64_t h = seed;

	_Static_assert(sizeof(*f) == 40, "no padding");
	memcpy(words, f, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		h = (h ^ words[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	return h;
}

static void
put_ipv4(struct text *t, const uint8_t *a)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			text_char(t, '.');
		text_u64(t, a[i]);
	}
}

static void
put_hex(struct text *t, unsigned v)
{
	bool is_begun = false;

	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned digit = v >> shift & 15;

		is_begun = is_begun || digit != 0 || shift == 0;
		if (is_begun)
			text_char(t, "0123456789abcdef"[digit]);
	}
}

/* The first of the longest runs of two or more zero groups (RFC 5952 section 4.2). */
static int
longest_zeros(const uint8_t *a, int *length)
{
	int best = -1;

	*length = 1;
	for (int from = 0; from < 8; from++) {
		int n = 0;

		while (from + n < 8 && bytes_be16(a + 2 * (from + n)) == 0)
			n++;
		if (n > *length) {
			best = from;
			*length = n;
		}
	}
	return best;
}

static void
put_ipv6(struct text *t, const uint8_t *a)
{
	int n_zeros;
	int zeros = longest_zeros(a, &n_zeros);

	for (int i = 0; i < 8; i++) {
		if (i == zeros) {
			text_str(t, "::");
			i += n_zeros - 1;
			continue;
		}
		if (i > 0 && (zeros < 0 || i != zeros + n_zeros))
			text_char(t, ':');
		put_hex(t, bytes_be16(a + 2 * i));
	}
}

static void
put_end(struct text *t, const struct flow *f, int end)
{
	bool has_port = f->port[0] != 0 || f->port[1] != 0;

	if (f->version == 6 && has_port)
		text_char(t, '[');
	if (f->version == 6)
		put_ipv6(t, f->address[end]);
	else
		put_ipv4(t, f->address[end]);
	if (f->version == 6 && has_port)
		text_char(t, ']');
	if (has_port) {
		text_char(t, ':');
		text_u64(t, f->port[end]);
	}
}

void
flow_text(struct text *t, const struct flow *f)
{
	put_end(t, f, 0);
	text_str(t, " <-> ");
	put_end(t, f, 1);
	if (f->protocol == PROTOCOL_TCP)
		return;
	if (f->protocol == PROTOCOL_UDP) {
		text_str(t, " (udp)");
		return;
	}
	text_str(t, " (IP protocol ");
	text_u64(t, f->protocol);
	text_char(t, ')');
}
