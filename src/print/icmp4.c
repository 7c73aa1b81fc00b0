/* ICMP (RFC 792, 950, 1256, 1812). */
#include "print/layers.h"

#define ICMP_HEADER   8u
#define QUOTE_ADDRESS 16u /* of the destination, in the IP header that a message quotes */
#define QUOTE_HEADER  20u
#define PROTOCOL_TCP  6
#define PROTOCOL_UDP  17
#define DAY_MS	      86400000u

enum type {
	ECHO_REPLY = 0,
	UNREACHABLE = 3,
	QUENCH = 4,
	REDIRECT = 5,
	ECHO = 8,
	ADVERTISEMENT = 9,
	SOLICITATION = 10,
	EXCEEDED = 11,
	PARAMETER = 12,
	STAMP = 13,
	STAMP_REPLY = 14,
	INFORMATION = 15,
	INFORMATION_REPLY = 16,
	MASK = 17,
	MASK_REPLY = 18
};

#define CODE_PROTOCOL 2
#define CODE_PORT     3
#define CODE_TOO_BIG  4

/* A code of UNREACHABLE: what stands around the address. */
static const struct {
	const char *before;
	const char *behind;
} unreachable[] = {
    {"net ", ""},
    {"host ", ""},
    {"", ""},
    {"", ""},
    {"", ""},
    {"", " - source route failed"},
    {"net ", " - unknown"},
    {"host ", " - unknown"},
    {"", " - source host isolated"},
    {"net ", " - admin prohibited"},
    {"host ", " - admin prohibited"},
    {"net ", " - tos prohibited"},
    {"host ", " - tos prohibited"},
    {"host ", " - admin prohibited filter"},
    {"host ", " - host precedence violation"},
    {"host ", " - precedence cutoff"},
};

static void
print_port(struct line *l, struct span quote)
{
	size_t header = (quote.p[0] & 15) * 4u;
	uint8_t protocol = quote.p[9];
	uint16_t port;

	if (!line_needs(l, quote, header + 4))
		return;
	port = bytes_be16(quote.p + header + 2);
	line_str(l, "ICMP ");
	line_ip4(l, quote.p + QUOTE_ADDRESS);
	if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP)
		line_str(l, protocol == PROTOCOL_TCP ? " tcp" : " udp");
	else
		line_number(l, " protocol ", protocol);
	line_number(l, " port ", port);
	line_str(l, " unreachable");
}

static void
print_unreachable(struct line *l, struct span s)
{
	uint8_t code = s.p[1];
	struct span quote = span_of(s.p + ICMP_HEADER, s.n - ICMP_HEADER);
	bool is_known = code < sizeof(unreachable) / sizeof(unreachable[0]);

	if (code == CODE_PORT) {
		print_port(l, quote);
		return;
	}
	line_str(l, "ICMP ");
	line_str(l, is_known ? unreachable[code].before : "");
	line_ip4(l, quote.p + QUOTE_ADDRESS);
	if (code == CODE_PROTOCOL)
		line_number(l, " protocol ", quote.p[9]);
	line_str(l, " unreachable");
	if (code == CODE_TOO_BIG) {
		line_str(l, " - need to frag");
		if (bytes_be16(s.p + 6) != 0) {
			line_number(l, " (mtu ", bytes_be16(s.p + 6));
			line_char(l, ')');
		}
	} else if (is_known) {
		line_str(l, unreachable[code].behind);
	} else {
		line_number(l, " - #", code);
	}
}

static void
print_redirect(struct line *l, struct span s)
{
	static const char *const what[] = {"redirect ", "redirect ", "redirect-tos ",
					   "redirect-tos "};
	uint8_t code = s.p[1];

	line_str(l, "ICMP ");
	if (code < 4) {
		line_str(l, what[code]);
	} else {
		line_number(l, "redirect-#", code);
		line_char(l, ' ');
	}
	line_ip4(l, s.p + ICMP_HEADER + QUOTE_ADDRESS);
	line_str(l, code >= 4 ? " to " : code % 2 ? " to host " : " to net ");
	line_ip4(l, s.p + 4);
}

/* Milliseconds since midnight UTC (RFC 792). */
static void
print_stamp(struct line *l, const char *before, uint32_t ms)
{
	unsigned parts[3] = {ms / 3600000, ms / 60000 % 60, ms / 1000 % 60};

	line_str(l, before);
	for (unsigned i = 0; i < 3; i++) {
		if (parts[i] < 10)
			line_char(l, '0');
		line_number(l, "", parts[i]);
		line_char(l, i < 2 ? ':' : '.');
	}
	line_char(l, (char)('0' + ms / 100 % 10));
	line_char(l, (char)('0' + ms / 10 % 10));
	line_char(l, (char)('0' + ms % 10));
}

static void
print_stamps(struct line *l, struct span s)
{
	bool is_reply = s.p[0] == STAMP_REPLY;

	if (!line_needs(l, s, is_reply ? 20 : ICMP_HEADER))
		return;
	line_number(l,
		    is_reply ? "ICMP time stamp reply id " : "ICMP time stamp query id ",
		    bytes_be16(s.p + 4));
	line_number(l, " seq ", bytes_be16(s.p + 6));
	if (!is_reply)
		return;
	print_stamp(l, ": org ", bytes_be32(s.p + 8));
	print_stamp(l, ", recv ", bytes_be32(s.p + 12));
	print_stamp(l, ", xmit ", bytes_be32(s.p + 16));
}

static void
print_lifetime(struct line *l, uint16_t s)
{
	line_number(l, "ICMP router advertisement lifetime ", s < 60 ? s : s / 60u);
	if (s >= 60) {
		line_str(l, s % 60 < 10 ? ":0" : ":");
		line_number(l, "", s % 60u);
	}
}

static void
print_advertisement(struct line *l, struct span s)
{
	struct span rest = span_of(s.p + ICMP_HEADER, s.n - ICMP_HEADER);

	print_lifetime(l, bytes_be16(s.p + 6));
	line_number(l, " ", s.p[4]);
	line_char(l, ':');
	if (s.p[5] != 2) {
		line_number(l, " [size ", s.p[5]);
		line_char(l, ']');
		return;
	}
	for (unsigned i = 0; i < s.p[4] && line_needs(l, rest, 8); i++) {
		line_str(l, " {");
		line_ip4(l, rest.p);
		line_number(l, " ", bytes_be32(rest.p + 4));
		line_char(l, '}');
		span_take(&rest, 8);
	}
}

static void
print_code(struct line *l, const char *word, uint8_t code)
{
	line_str(l, word);
	line_number(l, "", code);
}

static const struct line_word plain[] = {
    {QUENCH, "ICMP source quench"},
    {SOLICITATION, "ICMP router solicitation"},
    {INFORMATION, "ICMP information request"},
    {INFORMATION_REPLY, "ICMP information reply"},
    {MASK, "ICMP address mask request"},
};

static void
print_message(struct line *l, struct span s)
{
	uint8_t type = s.p[0];
	uint8_t code = s.p[1];
	const char *word = LINE_FIND(plain, type);

	if (type == ECHO || type == ECHO_REPLY) {
		line_number(
		    l, type == ECHO ? "ICMP echo request, id " : "ICMP echo reply, id ",
		    bytes_be16(s.p + 4));
		line_number(l, ", seq ", bytes_be16(s.p + 6));
	} else if (type == EXCEEDED) {
		if (code < 2)
			line_str(l, code == 0 ? "ICMP time exceeded in-transit"
					      : "ICMP ip reassembly time exceeded");
		else
			print_code(l, "ICMP time exceeded-#", code);
	} else if (type == PARAMETER) {
		print_code(l,
			   code == 0 ? "ICMP parameter problem - octet "
				     : "ICMP parameter problem - code ",
			   code == 0 ? s.p[4] : code);
	} else if (type == ADVERTISEMENT) {
		print_advertisement(l, s);
	} else if (type == STAMP || type == STAMP_REPLY) {
		print_stamps(l, s);
	} else if (type == MASK_REPLY && line_needs(l, s, 12)) {
		line_str(l, "ICMP address mask is 0x");
		line_hex(l, bytes_be32(s.p + 8), 8);
	} else if (word) {
		line_str(l, word);
	} else {
		print_code(l, "ICMP type-#", type);
	}
}

void
icmp4_print(struct line *l, struct span s, size_t length)
{
	line_set_protocol(l, "icmp");
	if (!line_needs(l, s, ICMP_HEADER))
		return;
	if (s.p[0] == UNREACHABLE || s.p[0] == REDIRECT) {
		if (!line_needs(l, s, ICMP_HEADER + QUOTE_HEADER))
			return;
		if (s.p[0] == REDIRECT)
			print_redirect(l, s);
		else
			print_unreachable(l, s);
	} else {
		print_message(l, s);
	}
	line_number(l, ", length ", length);
}
