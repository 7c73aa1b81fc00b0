/* IPv6 and its extension headers (RFC 8200, 8754). */
#include "print/layers.h"

#define IP6_HEADER    40u
#define IP6_SOURCE_AT 8

#define NEXT_HOP_BY_HOP	 0
#define NEXT_ROUTING	 43
#define NEXT_FRAGMENT	 44
#define NEXT_DESTINATION 60
#define HEADERS_MAX	 16 /* extension headers that are followed */

#define ROUTING_SOURCE	 0 /* RFC 2460, deprecated by RFC 5095 */
#define ROUTING_MOBILITY 2
#define ROUTING_SEGMENTS 4

static void
print_addresses(struct line *l, struct span s, size_t n)
{
	for (size_t i = 0; i < n && !l->is_over; i++) {
		if (!line_needs(l, s, 16))
			return;
		line_number(l, ", [", i);
		line_char(l, ']');
		line_ip6(l, s.p);
		span_take(&s, 16);
	}
}

static void
print_routing(struct line *l, struct span s)
{
	size_t size = s.p[1];
	uint8_t type = s.p[2];

	line_set_protocol(l, "rt6");
	line_number(l, "RT6 (len=", size);
	line_number(l, ", type=", type);
	if (type == ROUTING_SOURCE)
		line_str(l, " [Deprecated]");
	line_number(l, ", segleft=", s.p[3]);
	if (!line_needs(l, s, 8))
		return;
	if (type == ROUTING_SOURCE || type == ROUTING_MOBILITY) {
		if (bytes_be32(s.p + 4) != 0) {
			line_str(l, ", rsv=0x");
			line_hex(l, bytes_be32(s.p + 4), 0);
		}
	} else if (type == ROUTING_SEGMENTS) {
		line_number(l, ", last-entry=", s.p[4]);
		if (s.p[5] != 0) {
			line_str(l, ", flags=0x");
			line_hex(l, s.p[5], 1);
		}
		line_str(l, ", tag=");
		line_hex(l, bytes_be16(s.p + 6), 1);
	}
	span_take(&s, 8);
	if (type == ROUTING_SOURCE || type == ROUTING_MOBILITY ||
	    type == ROUTING_SEGMENTS)
		print_addresses(l, s, size / 2);
	line_str(l, ") ");
}

/* True: it is the first fragment, what it carries follows. */
static bool
print_fragment(struct line *l, struct span s, size_t length)
{
	uint16_t offset;

	line_set_protocol(l, "frag");
	if (!line_needs(l, s, 8))
		return false;
	offset = bytes_be16(s.p + 2) & 0xfff8u;
	line_number(l, "frag (", offset);
	line_number(l, "|", length - 8);
	line_str(l, offset == 0 ? ") " : ")");
	return offset == 0;
}

static bool
is_extension(uint8_t next)
{
	return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT ||
	       next == NEXT_DESTINATION;
}

/* One extension header; its size, or 0: it was the last thing to print. */
static size_t
print_extension(struct line *l, uint8_t next, struct span s, size_t length)
{
	size_t size;

	if (next == NEXT_FRAGMENT)
		return length >= 8 && print_fragment(l, s, length) ? 8 : 0;
	if (next != NEXT_ROUTING) {
		line_str(l, next == NEXT_HOP_BY_HOP ? "HBH " : "DSTOPT ");
		line_set_protocol(l, next == NEXT_HOP_BY_HOP ? "hbhopt" : "dstopt");
	} else {
		line_set_protocol(l, "rt6");
	}
	if (!line_needs(l, s, next == NEXT_ROUTING ? 4 : 2))
		return 0;
	size = 8u * (s.p[1] + 1u);
	if (next == NEXT_ROUTING)
		print_routing(l, s);
	else if (!line_needs(l, s, size))
		return 0;
	return size <= length ? size : 0;
}

/* Through the extension headers; false: what follows them does not print. */
static bool
print_extensions(struct line *l, struct span *s, size_t *length, struct layer_ip *ip)
{
	for (unsigned i = 0; i < HEADERS_MAX && is_extension(ip->protocol); i++) {
		uint8_t next = ip->protocol;
		size_t size;

		ends_print(l, ip);
		size = print_extension(l, next, *s, *length);
		if (size == 0 || l->is_over)
			return false;
		if (next == NEXT_FRAGMENT)
			layer_ip_set_fragment(ip);
		layer_ip_extend(ip, s->p[0]);
		span_take(s, size);
		*length -= size;
	}
	return true;
}

bool
ip6_print(struct line *l, bool is_named, struct span *s, size_t *length,
	  struct layer_ip *ip)
{
	size_t payload;

	line_set_protocol(l, "ip6");
	if (!line_needs(l, *s, IP6_HEADER))
		return false;
	if (s->p[0] >> 4 != 6) {
		line_number(l, "IP6 version error: ", s->p[0] >> 4);
		line_str(l, " != 6");
		return false;
	}
	line_str(l, is_named ? "IP6 " : "");
	payload = bytes_be16(s->p + 4);
	layer_ip_init(ip, 6, s->p[6], s->p + IP6_SOURCE_AT, s->p + IP6_SOURCE_AT + 16);
	if (*length < payload + IP6_HEADER) {
		line_number(l, "truncated-ip6 - ", payload + IP6_HEADER - *length);
		line_str(l, " bytes missing!");
	}
	span_take(s, IP6_HEADER);
	if (s->n > payload)
		s->n = payload;
	*length = payload;
	return print_extensions(l, s, length, ip);
}
