/* TCP's options: the table of IANA's registry, with MPTCP's subtypes (RFC 8684). */
#include "print/layers.h"

enum kind {
	END = 0,
	NOP = 1,
	MSS = 2,
	WSCALE = 3,
	SACK_OK = 4,
	SACK = 5,
	TIMESTAMPS = 8,
	MD5 = 19,
	SCPS = 20,
	TIMEOUT = 28,
	AUTH = 29,
	MPTCP = 30,
	FASTOPEN = 34,
	EXPERIMENT = 254
};

#define EXPERIMENT_FASTOPEN 0xf989

static const struct line_word kinds[] = {
    {MSS, "mss"},	{WSCALE, "wscale"}, {SACK_OK, "sackOK"}, {SACK, "sack"},
    {6, "echo"},	{7, "echoreply"},   {TIMESTAMPS, "TS"},	 {11, "cc"},
    {12, "ccnew"},	{13, ""},	    {MD5, "md5"},	 {SCPS, "scps"},
    {TIMEOUT, "uto"},	{AUTH, "tcp-ao"},   {MPTCP, "mptcp"},	 {FASTOPEN, "tfo"},
    {EXPERIMENT, "exp"}};

/* The value's size that a kind must have; others may have any. */
static size_t
fixed_size(uint8_t kind)
{
	switch (kind) {
	case MSS:
	case SCPS:
	case TIMEOUT:
		return 2;
	case WSCALE:
		return 1;
	case 6:
	case 7:
	case 11:
	case 12:
	case 13:
		return 4;
	case TIMESTAMPS:
		return 8;
	default:
		return 0;
	}
}

static void
print_sack(struct line *l, struct span v, uint32_t base)
{
	if (v.n % 8 != 0) {
		line_str(l, " invalid sack");
		return;
	}
	line_number(l, " ", v.n / 8);
	line_char(l, ' ');
	for (; v.n > 0; span_take(&v, 8)) {
		line_number(l, "{", (uint32_t)(bytes_be32(v.p) - base));
		line_number(l, ":", (uint32_t)(bytes_be32(v.p + 4) - base));
		line_char(l, '}');
	}
}

static void
print_cookie(struct line *l, struct span v)
{
	if (v.n == 0) {
		line_str(l, " cookiereq");
		return;
	}
	line_str(l, " cookie ");
	line_bytes(l, v);
}

static void
print_experiment(struct line *l, struct span v)
{
	uint16_t magic = v.n < 2 ? 0 : bytes_be16(v.p);

	if (v.n < 2)
		return;
	span_take(&v, 2);
	if (magic == EXPERIMENT_FASTOPEN) {
		line_str(l, "-tfo");
		print_cookie(l, v);
	} else {
		line_char(l, '-');
		line_hex(l, magic, 4);
	}
}

static void
print_auth(struct line *l, struct span v)
{
	if (v.n < 2)
		return;
	line_number(l, " keyid ", v.p[0]);
	line_number(l, " rnextkeyid ", v.p[1]);
	line_str(l, " mac 0x");
	line_bytes(l, span_of(v.p + 2, v.n - 2));
}

static void
print_timeout(struct line *l, uint16_t v)
{
	line_str(l, " 0x");
	line_hex(l, v, 1);
	line_number(l, " ", (v & 0x7fffu) * (v & 0x8000u ? 60u : 1u));
}

static void
print_unknown(struct line *l, struct span v)
{
	if (v.n == 0)
		return;
	line_str(l, " 0x");
	line_bytes(l, v);
}

/* False: it is not legal. */
static bool
print_value(struct line *l, uint8_t kind, struct span v, uint32_t ack_base)
{
	switch (kind) {
	case MSS:
		line_number(l, " ", bytes_be16(v.p));
		break;
	case WSCALE:
		line_number(l, " ", v.p[0]);
		break;
	case SACK_OK:
		break;
	case SACK:
		print_sack(l, v, ack_base);
		break;
	case 6:
	case 7:
	case 11:
	case 12:
	case 13:
		line_number(l, " ", bytes_be32(v.p));
		break;
	case TIMESTAMPS:
		line_number(l, " val ", bytes_be32(v.p));
		line_number(l, " ecr ", bytes_be32(v.p + 4));
		break;
	case MD5:
		line_str(l, " shared secret not supplied with -M, can't check - ");
		line_bytes(l, v);
		break;
	case SCPS:
		line_str(l, " cap ");
		line_hex(l, v.p[0], 2);
		line_number(l, " id ", v.p[1]);
		break;
	case TIMEOUT:
		print_timeout(l, bytes_be16(v.p));
		break;
	case AUTH:
		print_auth(l, v);
		break;
	case MPTCP:
		return mptcp_print(l, v);
	case FASTOPEN:
		line_char(l, ' ');
		print_cookie(l, v);
		break;
	case EXPERIMENT:
		print_experiment(l, v);
		break;
	default:
		print_unknown(l, v);
		break;
	}
	return true;
}

enum result { MORE, LAST, BAD };

/* One option off s. */
static enum result
print_option(struct line *l, struct span *s, size_t *left, uint32_t ack_base)
{
	uint8_t kind = s->p[0];
	const char *name = LINE_FIND(kinds, kind);
	size_t size;

	span_take(s, 1);
	--*left;
	if (kind == END || kind == NOP) {
		line_str(l, kind == END ? "eol" : "nop");
		return kind == END ? LAST : MORE;
	}
	line_str(l, name ? name : "");
	if (*left > 0 && !line_needs(l, *s, 1))
		return LAST;
	size = *left > 0 ? s->p[0] : 0;
	if (size < 2 || size - 1 > *left || size - 2 < fixed_size(kind))
		return BAD;
	if (!line_needs(l, *s, size - 1))
		return LAST;
	span_take(s, 1);
	if (!name)
		line_number(l, "unknown-", kind);
	*left -= size - 1;
	if (!print_value(l, kind, span_take(s, size - 2), ack_base))
		return BAD;
	if (fixed_size(kind) > 0 && size - 2 != fixed_size(kind)) {
		line_number(l, "[len ", size);
		line_char(l, ']');
	}
	return MORE;
}

void
tcp_options_print(struct line *l, struct span s, size_t length, uint32_t ack_base)
{
	enum result result = MORE;
	bool is_first = true;

	line_str(l, ", options [");
	for (; result == MORE && length > 0; is_first = false) {
		if (!is_first)
			line_char(l, ',');
		if (!line_needs(l, s, 1))
			break;
		result = print_option(l, &s, &length, ack_base);
		if (result == BAD)
			line_str(l, is_first ? "[bad opt]" : "[bad opt]]");
	}
	if (result == BAD)
		line_end(l);
	line_char(l, ']');
}
