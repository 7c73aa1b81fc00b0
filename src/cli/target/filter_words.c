/* The words of pcap-filter(7). It knows nothing of hosts. */
#include "cli/target/filter_words.h"

#include <string.h>

/* A value, a name or another expression follows these, */
static const char *const openers[] = {
    "dst",    "src",	 "host",   "net",     "port",	 "portrange", "gateway",
    "less",   "greater", "and",	   "or",      "not",	 "proto",     "protochain",
    "mask",   "byte",	 "type",   "subtype", "dir",	 "ifname",    "on",
    "rnr",    "rulenum", "reason", "rset",    "ruleset", "srnr",      "subrulenum",
    "action", "&&",	 "||",	   "!",	      "(",
};

/* and these may stand for themselves. */
static const char *const others[] = {
    "ether",	 "link",      "ppp",  "slip",  "fddi",	 "tr",	   "wlan",    "ip",
    "arp",	 "rarp",      "ip6",  "tcp",   "udp",	 "icmp",   "icmp6",   "sctp",
    "igmp",	 "igrp",      "pim",  "vrrp",  "carp",	 "ah",	   "esp",     "radio",
    "decnet",	 "lat",	      "sca",  "moprc", "mopdl",	 "atalk",  "aarp",    "ipx",
    "netbeui",	 "iso",	      "clnp", "esis",  "isis",	 "stp",	   "inbound", "outbound",
    "broadcast", "multicast", "vlan", "mpls",  "pppoed", "pppoes", "geneve",  "vxlan",
    "len",	 "llc",	      "lane", "metac", "oam",	 "oamf4",  ")",
};

static bool
is_listed(struct span s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_eq(s, span_str(list[i])))
			return true;
	return false;
}

static bool
is_opener(struct span s)
{
	return is_listed(s, openers, sizeof(openers) / sizeof(openers[0]));
}

static bool
is_keyword(struct span s)
{
	return is_opener(s) || is_listed(s, others, sizeof(others) / sizeof(others[0]));
}

static bool
is_number(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* The first word inside one argument: what stands before a space or an operator; s keeps
 * what is behind. */
static struct span
take_first(struct span *s)
{
	size_t n = 0;

	while (s->n > 0 && strchr("!( ", s->p[0]))
		span_take(s, 1);
	while (n < s->n && s->p[n] != 0 && !strchr(" []()!<>&|=", s->p[n]))
		n++;
	return span_take(s, n);
}

/* "tcp port 80", "!arp", "tcp[13]&2!=0"; "tcp=db1" has a label. */
static bool
is_expression(struct span s)
{
	struct span rest = s;
	struct span first = take_first(&rest);

	return is_keyword(first) && (rest.n == 0 || rest.p[0] != '=');
}

static bool
is_word(struct span s)
{
	return is_keyword(s) || is_number(s) || is_expression(s);
}

size_t
filter_words_count(const char *const *list, size_t n)
{
	size_t i = 0;

	if (n == 0 || !is_word(span_str(list[0])))
		return 0;
	for (i = 1; i < n; i++) {
		bool is_value = is_opener(span_str(list[i - 1]));

		if (!is_value && !is_word(span_str(list[i])))
			break;
	}
	return i;
}
