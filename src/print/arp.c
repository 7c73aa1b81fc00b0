/* ARP and its relatives (RFC 826, 903, 2390), for IPv4. */
#include "print/layers.h"

#define ARP_HEADER 8u
#define TYPE_IPV4  0x0800
enum operation {
	REQUEST = 1,
	REPLY,
	REVERSE_REQUEST,
	REVERSE_REPLY,
	INVERSE_REQUEST = 8,
	INVERSE_REPLY,
	NACK
};

/* The four addresses of a message; the hardware's have any size. */
struct message {
	struct span sender;
	const uint8_t *sender_ip;
	struct span target;
	const uint8_t *target_ip;
};

static bool
is_zero(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != 0)
			return false;
	return true;
}

static void
print_hard(struct line *l, struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (i > 0)
			line_char(l, ':');
		line_hex(l, s.p[i], 2);
	}
}

/* Not for IPv4. */
static void
print_kinds(struct line *l, const uint8_t *p)
{
	static const struct line_word hard[] = {
	    {1, "Ethernet"}, {6, "TokenRing"},	{7, "ArcNet"},	   {15, "FrameRelay"},
	    {17, "Strip"},   {24, "IEEE 1394"}, {32, "InfiniBand"}};
	static const struct line_word types[] = {
	    {TYPE_IPV4, "IPv4"}, {0x86dd, "IPv6"}, {0x1000, "Trail"}};
	uint16_t kind = bytes_be16(p);
	uint16_t type = bytes_be16(p + 2);
	const char *name = LINE_FIND(hard, kind);

	line_str(l, name ? name : "Unknown Hardware (");
	if (!name)
		line_number(l, "", kind);
	line_number(l, name ? " (len " : ") (len ", p[4]);
	line_str(l, "), ");
	name = LINE_FIND(types, type);
	line_str(l, name ? name : "Unknown Protocol (0x");
	if (!name)
		line_hex(l, type, 4);
	line_number(l, name ? " (len " : ") (len ", p[5]);
	line_char(l, ')');
}

static void
print_request(struct line *l, const struct message *m)
{
	line_str(l, "Request who-has ");
	line_ip4(l, m->target_ip);
	if (!is_zero(m->target)) {
		line_str(l, " (");
		print_hard(l, m->target);
		line_char(l, ')');
	}
	line_str(l, " tell ");
	line_ip4(l, m->sender_ip);
}

static void
print_pair(struct line *l, const char *before, struct span hard, const uint8_t *ip)
{
	line_str(l, before);
	print_hard(l, hard);
	line_str(l, " at ");
	line_ip4(l, ip);
}

static void
print_question(struct line *l, const char *before, const struct message *m)
{
	line_str(l, before);
	print_hard(l, m->target);
	line_str(l, " tell ");
	print_hard(l, m->sender);
}

static void
print_operation(struct line *l, const struct message *m, uint16_t operation)
{
	switch (operation) {
	case REQUEST:
		print_request(l, m);
		break;
	case REPLY:
		line_str(l, "Reply ");
		line_ip4(l, m->sender_ip);
		line_str(l, " is-at ");
		print_hard(l, m->sender);
		break;
	case REVERSE_REQUEST:
		print_question(l, "Reverse Request who-is ", m);
		break;
	case REVERSE_REPLY:
		print_pair(l, "Reverse Reply ", m->target, m->target_ip);
		break;
	case INVERSE_REQUEST:
		print_question(l, "Inverse Request who-is ", m);
		break;
	case INVERSE_REPLY:
		print_pair(l, "Inverse Reply ", m->sender, m->sender_ip);
		break;
	case NACK:
		line_str(l, "NACK Reply");
		break;
	default:
		line_number(l, "Unknown (", operation);
		line_char(l, ')');
		break;
	}
}

void
arp_print(struct line *l, struct span s, size_t length)
{
	struct message m;
	size_t size;

	line_set_protocol(l, "arp");
	if (!line_needs(l, s, ARP_HEADER) ||
	    !line_needs(l, s, ARP_HEADER + 2u * s.p[4] + 2u * s.p[5]))
		return;
	if (!l->has_link)
		line_str(l, "ARP, ");
	size = s.p[4];
	if (bytes_be16(s.p + 2) != TYPE_IPV4 || s.p[5] != 4 || size == 0) {
		print_kinds(l, s.p);
	} else {
		m.sender = span_of(s.p + ARP_HEADER, size);
		m.sender_ip = m.sender.p + size;
		m.target = span_of(m.sender_ip + 4, size);
		m.target_ip = m.target.p + size;
		print_operation(l, &m, bytes_be16(s.p + 6));
	}
	line_number(l, ", length ", length);
}
