/* IPv4 (RFC 791). */
#include "print/layers.h"

#define IP4_HEADER     20u
#define IP4_OFFSET     0x1fffu /* of a fragment, in units of 8 bytes */
#define IP4_MORE       0x2000u /* fragments follow */
#define IP4_ADDRESS_AT 12

/* False: nothing behind it can be read. */
static bool
print_lengths(struct line *l, size_t length, size_t total, size_t header)
{
	if (header < IP4_HEADER)
		line_number(l, "bad-hlen ", header);
	else if (total < header)
		line_number(l, "bad-len ", total);
	else if (length < total) {
		line_number(l, "truncated-ip - ", total - length);
		line_str(l, " bytes missing! ");
	}
	return header >= IP4_HEADER && total >= header;
}

bool
ip4_print(struct line *l, bool is_named, struct span *s, size_t *length,
	  struct layer_ip *ip)
{
	size_t header;
	size_t total;

	line_set_protocol(l, "ip");
	if (!line_needs(l, *s, 1))
		return false;
	if (s->p[0] >> 4 != 4) {
		line_number(l, "IP", s->p[0] >> 4);
		line_str(l, s->p[0] >> 4 == 6
				? ", wrong link-layer encapsulation (invalid)"
				: " (invalid)");
		return false;
	}
	line_str(l, is_named ? "IP " : "");
	if (!line_needs(l, *s, IP4_HEADER))
		return false;
	header = (s->p[0] & 15) * 4u;
	total = bytes_be16(s->p + 2);
	if (!print_lengths(l, *length, total, header))
		return false;
	if (s->n > total)
		s->n = total;
	layer_ip_init(ip, 4, s->p[9], s->p + IP4_ADDRESS_AT, s->p + IP4_ADDRESS_AT + 4);
	if (bytes_be16(s->p + 6) & IP4_MORE)
		layer_ip_set_fragment(ip);
	*length = total - header;
	if (bytes_be16(s->p + 6) & IP4_OFFSET) {
		ends_print(l, ip);
		line_number(l, "ip-proto-", ip->protocol);
		return false;
	}
	span_take(s, header);
	return true;
}
