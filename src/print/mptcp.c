/* The subtypes of TCP's Multipath option (RFC 6824 and 8684). */
#include "print/layers.h"

#define DSS_FIN	   0x10
#define DSS_SEQ8   0x08
#define DSS_SEQ	   0x04
#define DSS_ACK8   0x02
#define DSS_ACK	   0x01
#define CHECKSUM   0x80 /* of CAPABLE */
#define ADDRESS_V6 6

enum subtype { CAPABLE, JOIN, DSS, ADD_ADDRESS, REMOVE_ADDRESS, PRIORITY, FAIL, CLOSE };

static uint64_t
be64(const uint8_t *p)
{
	return (uint64_t)bytes_be32(p) << 32 | bytes_be32(p + 4);
}

static void
print_hex(struct line *l, const char *before, struct span v)
{
	line_str(l, before);
	line_str(l, "0x");
	line_bytes(l, v);
}

/* A number of 64 bits, without zeros in front. */
static void
print_key(struct line *l, const char *before, const uint8_t *p)
{
	uint32_t high = bytes_be32(p);

	line_str(l, before);
	if (high != 0)
		line_hex(l, high, 1);
	line_hex(l, bytes_be32(p + 4), high != 0 ? 8 : 1);
}

static void
print_capable(struct line *l, struct span v)
{
	line_number(l, " capable v", v.p[0] & 15);
	if (v.n > 1 && (v.p[1] & CHECKSUM))
		line_str(l, " csum");
	if (v.n < 10)
		return;
	print_key(l, " {0x", v.p + 2);
	if (v.n >= 18)
		print_key(l, ",0x", v.p + 10);
	line_char(l, '}');
}

static bool
print_join(struct line *l, struct span v)
{
	line_str(l, " join");
	if (v.n == 22) {
		print_hex(l, " hmac ", span_of(v.p + 2, 20));
		return true;
	}
	if (v.p[0] & 1)
		line_str(l, " backup");
	if (v.n != 10 && v.n != 14)
		return false;
	line_number(l, " id ", v.p[1]);
	print_hex(l, v.n == 10 ? " token " : " hmac ", span_of(v.p + 2, v.n - 6));
	print_hex(l, " nonce ", span_of(v.p + v.n - 4, 4));
	return true;
}

/* A number of 4 or 8 bytes. */
static bool
print_sequence(struct line *l, const char *before, struct span *v, bool is_long)
{
	size_t size = is_long ? 8 : 4;

	if (v->n < size)
		return false;
	line_number(l, before, is_long ? be64(v->p) : bytes_be32(v->p));
	span_take(v, size);
	return true;
}

static bool
print_dss(struct line *l, struct span v)
{
	uint8_t flags = v.n < 2 ? 0 : v.p[1];

	line_str(l, " dss");
	if (v.n < 2)
		return false;
	span_take(&v, 2);
	if (flags & DSS_FIN)
		line_str(l, " fin");
	if ((flags & DSS_ACK) && !print_sequence(l, " ack ", &v, (flags & DSS_ACK8) != 0))
		return false;
	if (!(flags & DSS_SEQ))
		return true;
	if (!print_sequence(l, " seq ", &v, (flags & DSS_SEQ8) != 0) ||
	    !print_sequence(l, " subseq ", &v, false) || v.n < 2)
		return false;
	line_number(l, " len ", bytes_be16(v.p));
	span_take(&v, 2);
	if (v.n < 2)
		return true;
	line_str(l, " csum 0x");
	line_hex(l, bytes_be16(v.p), 1);
	return true;
}

/* Version 0 says the address's version where version 1 says whether it is an echo. */
static bool
print_add(struct line *l, struct span v)
{
	uint8_t low = v.p[0] & 15;
	size_t size;

	line_str(l, " add-addr");
	if (low == 0 || low == 1)
		line_str(l, low == 1 ? " v1-echo" : " v1");
	else
		line_number(l, " v0-ip", low);
	if (v.n < 6)
		return false;
	line_number(l, " id ", v.p[1]);
	span_take(&v, 2);
	size = low == ADDRESS_V6 || (low <= 1 && v.n >= 16) ? 16 : 4;
	if (v.n < size)
		return false;
	line_char(l, ' ');
	if (size == 4)
		line_ip4(l, v.p);
	else
		line_ip6(l, v.p);
	span_take(&v, size);
	if (v.n % 8 == 2) {
		line_number(l, ":", bytes_be16(v.p));
		span_take(&v, 2);
	}
	if (v.n == 8)
		print_hex(l, " hmac ", v);
	return true;
}

static void
print_remove(struct line *l, struct span v)
{
	line_str(l, " rem-addr id");
	for (size_t i = 1; i < v.n; i++)
		line_number(l, " ", v.p[i]);
}

static void
print_priority(struct line *l, struct span v)
{
	line_str(l, v.p[0] & 1 ? " prio backup" : " prio non-backup");
	if (v.n > 1)
		line_number(l, " id ", v.p[1]);
}

bool
mptcp_print(struct line *l, struct span v)
{
	unsigned subtype = v.n > 0 ? v.p[0] >> 4 : UINT8_MAX;

	line_number(l, " ", v.n + 2);
	switch (subtype) {
	case CAPABLE:
		print_capable(l, v);
		return true;
	case JOIN:
		return v.n >= 2 && print_join(l, v);
	case DSS:
		return print_dss(l, v);
	case ADD_ADDRESS:
		return print_add(l, v);
	case REMOVE_ADDRESS:
		print_remove(l, v);
		return true;
	case PRIORITY:
		print_priority(l, v);
		return true;
	case FAIL:
		if (v.n == 10)
			line_number(l, " fail seq ", be64(v.p + 2));
		return v.n == 10;
	case CLOSE:
		if (v.n == 10)
			print_hex(l, " fast-close key ", span_of(v.p + 2, 8));
		return v.n == 10;
	default:
		return false;
	}
}
