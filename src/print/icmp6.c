/* ICMPv6 (RFC 4443), with neighbor discovery (RFC 4861) and listeners (RFC 2710, 3810). */
#include "print/layers.h"

#define QUOTE_AT      8u /* the packet that an error quotes */
#define QUOTE_SOURCE  8u /* in its header */
#define QUOTE_ADDRESS 24u
#define QUOTE_HEADER  40u
#define PROTOCOL_TCP  6
#define PROTOCOL_UDP  17

enum type {
	UNREACHABLE = 1,
	TOO_BIG = 2,
	EXCEEDED = 3,
	PARAMETER = 4,
	ECHO = 128,
	ECHO_REPLY = 129,
	QUERY = 130,
	REPORT = 131,
	DONE = 132,
	ROUTER_SOLICITATION = 133,
	ROUTER_ADVERTISEMENT = 134,
	NEIGHBOR_SOLICITATION = 135,
	NEIGHBOR_ADVERTISEMENT = 136,
	REDIRECT = 137,
	HOME_REQUEST = 144,
	HOME_REPLY = 145,
	MOBILE_SOLICITATION = 146,
	MOBILE_ADVERTISEMENT = 147,
	REPORT_2 = 143
};

/* The transport behind the extension headers of a quoted packet (RFC 8200). */
static bool
find_quoted(struct span quote, uint8_t *protocol, struct span *transport)
{
	*protocol = quote.p[6];
	span_take(&quote, QUOTE_HEADER);
	for (unsigned i = 0; i < 8 && quote.n >= 2; i++) {
		size_t size = *protocol == 44 ? 8 : 8u * (quote.p[1] + 1u);

		if (*protocol != 0 && *protocol != 43 && *protocol != 44 &&
		    *protocol != 60)
			break;
		*protocol = quote.p[0];
		span_take(&quote, size);
	}
	*transport = quote;
	return quote.n >= 4 && (*protocol == PROTOCOL_TCP || *protocol == PROTOCOL_UDP);
}

static void
print_port(struct line *l, struct span quote)
{
	struct span transport;
	uint8_t protocol;

	line_str(l, ", unreachable port");
	if (!find_quoted(quote, &protocol, &transport)) {
		line_end_short(l);
		return;
	}
	line_str(l, ", ");
	line_ip6(l, quote.p + QUOTE_ADDRESS);
	line_str(l, protocol == PROTOCOL_TCP ? " tcp" : " udp");
	line_number(l, " port ", bytes_be16(transport.p + 2));
}

static void
print_unreachable(struct line *l, struct span s)
{
	static const char *const words[] = {", unreachable route ",
					    ",  unreachable prohibited ",
					    ", beyond scope ", ", unreachable address "};
	uint8_t code = s.p[1];
	struct span quote = s;

	if (!line_needs(l, s, QUOTE_AT + QUOTE_HEADER))
		return;
	span_take(&quote, QUOTE_AT);
	if (code == 4) {
		print_port(l, quote);
	} else if (code > 4) {
		line_number(l, ", unknown unreach code (", code);
		line_char(l, ')');
	} else {
		line_str(l, words[code]);
		line_ip6(l, quote.p + QUOTE_ADDRESS);
		if (code != 2)
			return;
		line_str(l, ", source address ");
		line_ip6(l, quote.p + QUOTE_SOURCE);
	}
}

static void
print_exceeded(struct line *l, struct span s)
{
	if (s.p[1] == 0) {
		if (!line_needs(l, s, QUOTE_AT + QUOTE_HEADER))
			return;
		line_str(l, " for ");
		line_ip6(l, s.p + QUOTE_AT + QUOTE_ADDRESS);
	} else if (s.p[1] == 1) {
		line_str(l, " (reassembly)");
	} else {
		line_number(l, ", unknown code (", s.p[1]);
		line_char(l, ')');
	}
}

static void
print_parameter(struct line *l, struct span s)
{
	static const char *const words[] = {", erroneous - octet ",
					    ", next header - octet ", ", option - octet ",
					    ", incomplete header chain - octet "};

	if (!line_needs(l, s, 8))
		return;
	if (s.p[1] < 4)
		line_number(l, words[s.p[1]], bytes_be32(s.p + 4));
	else
		line_number(l, ", code-#", s.p[1]);
}

/* Version 2 queries are longer (RFC 3810 8.1). */
static void
print_listener(struct line *l, struct span s, size_t length)
{
	if (s.p[0] == QUERY && length >= 28) {
		if (!line_needs(l, s, 28))
			return;
		line_str(l, " v2 [gaddr ");
		line_ip6(l, s.p + 8);
		for (unsigned i = 0; i < bytes_be16(s.p + 26); i++) {
			if (!line_needs(l, s, 28 + 16 * (i + 1)))
				return;
			line_str(l, i == 0 ? " {" : " ");
			line_ip6(l, s.p + 28 + 16 * i);
		}
		line_str(l, bytes_be16(s.p + 26) > 0 ? " }]" : "]");
		return;
	}
	if (!line_needs(l, s, 24))
		return;
	line_number(l, "max resp delay: ", bytes_be16(s.p + 4));
	line_str(l, " addr: ");
	line_ip6(l, s.p + 8);
}

static void
print_target(struct line *l, const char *before, struct span s)
{
	if (!line_needs(l, s, 24))
		return;
	line_str(l, before);
	line_ip6(l, s.p + 8);
}

static void
print_redirect(struct line *l, struct span s)
{
	if (!line_needs(l, s, 40))
		return;
	line_str(l, ", ");
	line_ip6(l, s.p + 24);
	line_str(l, " to ");
	line_ip6(l, s.p + 8);
}

static const struct line_word types[] = {
    {UNREACHABLE, "destination unreachable"},
    {TOO_BIG, "packet too big"},
    {EXCEEDED, "time exceeded in-transit"},
    {PARAMETER, "parameter problem"},
    {ECHO, "echo request"},
    {ECHO_REPLY, "echo reply"},
    {QUERY, "multicast listener query"},
    {REPORT, "multicast listener report"},
    {DONE, "multicast listener done"},
    {ROUTER_SOLICITATION, "router solicitation"},
    {ROUTER_ADVERTISEMENT, "router advertisement"},
    {NEIGHBOR_SOLICITATION, "neighbor solicitation"},
    {NEIGHBOR_ADVERTISEMENT, "neighbor advertisement"},
    {REDIRECT, "redirect"},
    {138, "router renumbering"},
    {139, "who-are-you request"},
    {140, "who-are-you reply"},
    {141, "inverse neighbor solicitation"},
    {142, "inverse neighbor advertisement"},
    {REPORT_2, "multicast listener report v2"},
    {HOME_REQUEST, "ha discovery request"},
    {HOME_REPLY, "ha discovery reply"},
    {MOBILE_SOLICITATION, "mobile router solicitation"},
    {MOBILE_ADVERTISEMENT, "mobile router advertisement"},
};

static void
print_message(struct line *l, struct span s, size_t length)
{
	switch (s.p[0]) {
	case UNREACHABLE:
		print_unreachable(l, s);
		break;
	case TOO_BIG:
		if (line_needs(l, s, 8))
			line_number(l, ", mtu ", bytes_be32(s.p + 4));
		break;
	case EXCEEDED:
		print_exceeded(l, s);
		break;
	case PARAMETER:
		print_parameter(l, s);
		break;
	case ECHO:
	case ECHO_REPLY:
		if (!line_needs(l, s, 8))
			break;
		line_number(l, ", id ", bytes_be16(s.p + 4));
		line_number(l, ", seq ", bytes_be16(s.p + 6));
		break;
	case QUERY:
	case REPORT:
	case DONE:
		print_listener(l, s, length);
		break;
	case NEIGHBOR_SOLICITATION:
		print_target(l, ", who has ", s);
		break;
	case NEIGHBOR_ADVERTISEMENT:
		print_target(l, ", tgt is ", s);
		break;
	case REDIRECT:
		print_redirect(l, s);
		break;
	case REPORT_2:
		if (!line_needs(l, s, 8))
			break;
		line_number(l, ", ", bytes_be16(s.p + 6));
		line_str(l, " group record(s)");
		break;
	case HOME_REQUEST:
	case MOBILE_SOLICITATION:
		if (!line_needs(l, s, 6))
			break;
		line_str(l, ", id 0x");
		line_hex(l, bytes_be16(s.p + 4), 4);
		break;
	default:
		break;
	}
}

void
icmp6_print(struct line *l, struct span s, size_t length)
{
	const char *word;

	line_str(l, "ICMP6, ");
	line_set_protocol(l, "icmp6");
	if (!line_needs(l, s, 4))
		return;
	word = LINE_FIND(types, s.p[0]);
	if (word) {
		line_str(l, word);
		print_message(l, s, length);
	} else {
		line_number(l, "unknown icmp6 type (", s.p[0]);
		line_char(l, ')');
	}
	line_number(l, ", length ", length);
}
