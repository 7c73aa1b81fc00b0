/* DNS messages (RFC 1035, 6891) and multicast DNS (RFC 6762): questions and answers. */
#include "print/layers.h"

#define DNS_HEADER 12u
#define LABEL_MAX  63u
#define POINTER	   0xc0
#define LABELS_MAX 256u /* of a name: 255 bytes have no more */

#define FLAG_RESPONSE  0x8000u
#define FLAG_ANSWERS   0x0400u /* AA */
#define FLAG_TRUNCATED 0x0200u
#define FLAG_RECURSE   0x0100u
#define FLAG_AVAILABLE 0x0080u
#define FLAG_AUTHENTIC 0x0020u
#define FLAG_UNCHECKED 0x0010u
#define QUERY_STRANGE  0x06cfu /* what a query has no use for */
#define OPCODE_INVERSE 1u

#define CLASS_IN	1
#define CLASS_MULTICAST 0x8000u /* unicast answer wanted, or flush the cache */

enum record {
	A = 1,
	NS = 2,
	CNAME = 5,
	PTR = 12,
	MX = 15,
	TXT = 16,
	AAAA = 28,
	SRV = 33,
	DNAME = 39,
	OPT = 41,
	URI = 256
};

/* One message: what its parts point into. */
struct message {
	struct line *l;
	struct span all;
	size_t at; /* of what comes next, at most all.n */
	bool is_multicast;
};

static const struct line_word records[] = {
    {A, "A"},	   {NS, "NS"},	   {3, "MD"},	     {4, "MF"},	       {CNAME, "CNAME"},
    {6, "SOA"},	   {7, "MB"},	   {8, "MG"},	     {9, "MR"},	       {10, "NULL"},
    {11, "WKS"},   {PTR, "PTR"},   {13, "HINFO"},    {14, "MINFO"},    {MX, "MX"},
    {TXT, "TXT"},  {17, "RP"},	   {18, "AFSDB"},    {19, "X25"},      {20, "ISDN"},
    {21, "RT"},	   {22, "NSAP"},   {23, "NSAP_PTR"}, {24, "SIG"},      {25, "KEY"},
    {26, "PX"},	   {27, "GPOS"},   {AAAA, "AAAA"},   {29, "LOC"},      {30, "NXT"},
    {31, "EID"},   {32, "NIMLOC"}, {SRV, "SRV"},     {34, "ATMA"},     {35, "NAPTR"},
    {36, "KX"},	   {37, "CERT"},   {38, "A6"},	     {DNAME, "DNAME"}, {40, "SINK"},
    {OPT, "OPT"},  {42, "APL"},	   {43, "DS"},	     {44, "SSHFP"},    {45, "IPSECKEY"},
    {46, "RRSIG"}, {47, "NSEC"},   {48, "DNSKEY"},   {99, "SPF"},      {100, "UINFO"},
    {101, "UID"},  {102, "GID"},   {103, "UNSPEC"},  {104, "UNSPECA"}, {249, "TKEY"},
    {250, "TSIG"}, {251, "IXFR"},  {252, "AXFR"},    {253, "MAILB"},   {254, "MAILA"},
    {255, "ANY"},  {URI, "URI"},
};

static const char *const opcodes[16] = {"",	    " inv_q",	 " stat",     " op3",
					" notify",  " update",	 " op6",      " op7",
					" op8",	    " updateA",	 " updateD",  " updateDA",
					" updateM", " updateMA", " zoneInit", " zoneRef"};

static const char *const rcodes[] = {
    "",		 " FormErr", " ServFail", " NXDomain", " NotImp",   " Refused",
    " YXDomain", " YXRRSet", " NXRRSet",  " NotAuth",  " NotZone",  " Resp11",
    " Resp12",	 " Resp13",  " Resp14",	  " NoChange", " BadVers",  " BadKey",
    " BadTime",	 " BadMode", " BadName",  " BadAlg",   " BadTrunc", " BadCookie"};

/* Behind the name at `at`; 0: it is not whole. */
static size_t
skip_name(struct span all, size_t at)
{
	while (at < all.n) {
		uint8_t size = all.p[at];

		if (size == 0)
			return at + 1;
		if ((size & POINTER) == POINTER)
			return at + 2;
		if (size > LABEL_MAX)
			return 0;
		at += 1u + size;
	}
	return 0;
}

static void
print_text(struct line *l, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		line_escaped(l, s.p[i]);
}

/* A name; false: there is no sense in it. Pointers lead backwards only, so it ends. */
static bool
print_name(const struct message *m, size_t at)
{
	struct span all = m->all;
	size_t bound = at;

	if (at < all.n && all.p[at] == 0)
		line_char(m->l, '.');
	for (unsigned i = 0; i < LABELS_MAX; i++) {
		uint8_t size;

		if (at >= all.n)
			return false;
		size = all.p[at];
		if (size == 0)
			return true;
		if ((size & POINTER) == POINTER) {
			if (at + 2 > all.n)
				return false;
			at = bytes_be16(all.p + at) & 0x3fff;
			if (at >= bound) {
				line_str(m->l, "<BAD PTR>");
				return false;
			}
			bound = at;
			continue;
		}
		if (size > LABEL_MAX) {
			line_number(m->l, "<ELT ", size & LABEL_MAX);
			line_char(m->l, '>');
			return false;
		}
		if (size > all.n - at - 1)
			return false;
		print_text(m->l, span_of(all.p + at + 1, size));
		line_char(m->l, '.');
		at += 1u + size;
	}
	return false;
}

static void
print_type(struct line *l, uint16_t type)
{
	const char *name = LINE_FIND(records, type);

	line_char(l, ' ');
	if (name)
		line_str(l, name);
	else
		line_number(l, "Type", type);
}

static void
print_class(struct line *l, uint16_t class)
{
	static const struct line_word classes[] = {
	    {2, " CHAOS"}, {3, " CHAOS"}, {4, " HS"}, {254, " NONE"}, {255, " ANY"}};
	const char *name = class == 2 ? NULL : LINE_FIND(classes, class);

	if (class == CLASS_IN)
		return;
	if (name) {
		line_str(l, name);
		return;
	}
	line_number(l, " (Class ", class);
	line_char(l, ')');
}

static bool
print_question(struct message *m)
{
	size_t name = m->at;
	size_t at = skip_name(m->all, name);
	uint16_t class;

	if (at == 0 || at + 4 > m->all.n)
		return false;
	print_type(m->l, bytes_be16(m->all.p + at));
	class = bytes_be16(m->all.p + at + 2);
	print_class(m->l, m->is_multicast ? class & (uint16_t)~CLASS_MULTICAST : class);
	if (m->is_multicast)
		line_str(m->l, class & CLASS_MULTICAST ? " (QU)" : " (QM)");
	line_str(m->l, "? ");
	m->at = at + 4;
	return print_name(m, name);
}

static bool
print_strings(struct line *l, struct span s)
{
	while (s.n > 0) {
		size_t size = s.p[0];

		span_take(&s, 1);
		line_str(l, " \"");
		print_text(l, span_take(&s, size));
		line_char(l, '"');
	}
	return true;
}

/* The rest of a record: its data is the n bytes at `at`, which are there. */
static bool
print_data(const struct message *m, uint16_t type, size_t at, size_t n)
{
	const uint8_t *p = m->all.p + at;
	size_t fixed = type == SRV ? 6 : type == MX ? 2 : 0;

	switch (type) {
	case A:
	case AAAA:
		if (n < (type == A ? 4 : 16))
			return false;
		line_char(m->l, ' ');
		if (type == A)
			line_ip4(m->l, p);
		else
			line_ip6(m->l, p);
		return true;
	case NS:
	case CNAME:
	case PTR:
	case DNAME:
	case MX:
	case SRV:
		if (n < fixed)
			return false;
		line_char(m->l, ' ');
		if (!print_name(m, at + fixed))
			return false;
		if (type == SRV) {
			line_number(m->l, ":", bytes_be16(p + 4));
			line_number(m->l, " ", bytes_be16(p));
			line_number(m->l, " ", bytes_be16(p + 2));
		} else if (type == MX) {
			line_number(m->l, " ", bytes_be16(p));
		}
		return true;
	case TXT:
		return print_strings(m->l, span_of(p, n));
	case URI:
		if (n < 4)
			return false;
		line_number(m->l, " ", bytes_be16(p));
		line_number(m->l, " ", bytes_be16(p + 2));
		line_char(m->l, ' ');
		print_text(m->l, span_of(p + 4, n - 4));
		return true;
	default:
		return true;
	}
}

/* False: it makes no sense. One whose fixed part is cut prints nothing, and ends all. */
static bool
print_record(struct message *m)
{
	size_t at = skip_name(m->all, m->at);
	uint16_t type;
	uint16_t class;
	size_t size;

	if (at == 0 || at + 10 > m->all.n) {
		m->at = m->all.n;
		return true;
	}
	type = bytes_be16(m->all.p + at);
	class = bytes_be16(m->all.p + at + 2);
	size = bytes_be16(m->all.p + at + 8);
	if (m->is_multicast && (class & CLASS_MULTICAST)) {
		line_str(m->l, " (Cache flush)");
		class &= (uint16_t)~CLASS_MULTICAST;
	}
	if (type != OPT)
		print_class(m->l, class);
	print_type(m->l, type);
	if (type == OPT) {
		line_number(m->l, " UDPsize=", class);
		if (m->all.p[at + 6] & 0x80)
			line_str(m->l, " DO");
	}
	at += 10;
	if (size > m->all.n - at || !print_data(m, type, at, size))
		return false;
	m->at = at + size;
	return true;
}

static void
print_count(struct line *l, unsigned n, const char *what)
{
	line_number(l, " [", n);
	line_str(l, what);
}

static bool
print_questions(struct message *m, unsigned n)
{
	for (; n > 0; n--)
		if (m->at >= m->all.n || !print_question(m))
			return false;
	return true;
}

static bool
print_query(struct message *m, uint16_t flags)
{
	const uint8_t *p = m->all.p;
	bool is_inverse = (flags >> 11 & 15) == OPCODE_INVERSE;
	unsigned questions = bytes_be16(p + 4);
	unsigned answers = bytes_be16(p + 6);

	line_str(m->l, opcodes[flags >> 11 & 15]);
	if (flags & FLAG_RECURSE)
		line_char(m->l, '+');
	if (flags & FLAG_UNCHECKED)
		line_char(m->l, '%');
	if (flags & QUERY_STRANGE) {
		line_str(m->l, " [b2&3=0x");
		line_hex(m->l, flags, 1);
		line_char(m->l, ']');
	}
	if (is_inverse) {
		if (questions != 0)
			print_count(m->l, questions, "q]");
		if (answers != 1)
			print_count(m->l, answers, "a]");
	} else {
		if (answers != 0)
			print_count(m->l, answers, "a]");
		if (questions != 1)
			print_count(m->l, questions, "q]");
	}
	if (bytes_be16(p + 8) != 0)
		print_count(m->l, bytes_be16(p + 8), "n]");
	if (bytes_be16(p + 10) != 0)
		print_count(m->l, bytes_be16(p + 10), "au]");
	return print_questions(m, questions);
}

static bool
skip_questions(struct message *m, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (i > 0)
			line_char(m->l, ',');
		m->at = skip_name(m->all, m->at);
		if (m->at == 0)
			return false;
		m->at = m->at + 4 < m->all.n ? m->at + 4 : m->all.n;
	}
	return true;
}

/* The upper bits of the response code, in an OPT record (RFC 6891 6.1.3). */
static unsigned
extended_rcode(const struct message *m)
{
	const uint8_t *p = m->all.p;
	unsigned n = 0u + bytes_be16(p + 6) + bytes_be16(p + 8) + bytes_be16(p + 10);
	size_t at = DNS_HEADER;

	for (unsigned i = bytes_be16(p + 4); i > 0; i--) {
		at = skip_name(m->all, at);
		if (at == 0)
			return 0;
		at += 4;
	}
	for (; n > 0; n--) {
		at = skip_name(m->all, at);
		if (at == 0 || at + 10 > m->all.n)
			return 0;
		if (bytes_be16(p + at) == OPT)
			return (unsigned)p[at + 4] << 4;
		at += 10u + bytes_be16(p + at + 8);
	}
	return 0;
}

static bool
print_response(struct message *m, uint16_t flags)
{
	const uint8_t *p = m->all.p;
	unsigned questions = bytes_be16(p + 4);
	unsigned answers = bytes_be16(p + 6);

	unsigned rcode = (flags & 15) | extended_rcode(m);

	line_str(m->l, opcodes[flags >> 11 & 15]);
	if (rcode < sizeof(rcodes) / sizeof(rcodes[0]))
		line_str(m->l, rcodes[rcode]);
	else
		line_number(m->l, " Resp", rcode);
	if (flags & FLAG_ANSWERS)
		line_char(m->l, '*');
	if (!(flags & FLAG_AVAILABLE))
		line_char(m->l, '-');
	if (flags & FLAG_TRUNCATED)
		line_char(m->l, '|');
	if (flags & FLAG_AUTHENTIC)
		line_char(m->l, '$');
	if (questions != 1)
		print_count(m->l, questions, "q]");
	if (!skip_questions(m, questions))
		return false;
	line_number(m->l, " ", answers);
	line_number(m->l, "/", bytes_be16(p + 8));
	line_number(m->l, "/", bytes_be16(p + 10));
	for (unsigned i = 0; i < answers; i++) {
		if (i > 0 && m->at >= m->all.n)
			return false;
		if (i > 0)
			line_char(m->l, ',');
		if (!print_record(m))
			return false;
	}
	return true;
}

/* The length before a message over TCP (RFC 1035 4.2.2). False: this is no whole one. */
static bool
take_prefix(struct line *l, struct span *s, size_t *length)
{
	size_t told;

	if (*length < 2) {
		line_number(l, " [DNS over TCP: length ", *length);
		line_str(l, " < 2] (invalid)");
		return false;
	}
	line_char(l, ' ');
	if (!line_needs(l, *s, 2))
		return false;
	told = bytes_be16(s->p);
	span_take(s, 2);
	*length -= 2;
	if (told == *length)
		return true;
	line_number(l, "[prefix length(", told);
	line_number(l, ") != length(", *length);
	line_str(l, ")] (invalid)");
	return false;
}

void
dns_print(struct line *l, enum dns_kind kind, struct span s, size_t length)
{
	struct message m = {
	    .l = l, .at = DNS_HEADER, .is_multicast = kind == DNS_MULTICAST};
	uint16_t flags;

	line_set_protocol(l, "domain");
	if (kind == DNS_TCP && !take_prefix(l, &s, &length))
		return;
	if (length < DNS_HEADER) {
		line_number(l, "domain [length ", length);
		line_str(l, " < 12] (invalid)");
		return;
	}
	if (!line_needs(l, s, DNS_HEADER))
		return;
	m.all = s;
	flags = bytes_be16(s.p + 2);
	line_number(l, "", bytes_be16(s.p));
	if (!(flags & FLAG_RESPONSE ? print_response : print_query)(&m, flags)) {
		line_end_short(l);
		return;
	}
	line_number(l, " (", length);
	line_char(l, ')');
}
