/* The query of /capture. It knows names and bounds, and nothing of sockets. */
#include "worker/common/request.h"

#include <string.h>

#include "base/num.h"

void
request_identify(struct request *r, uint32_t slot, const uint8_t *id)
{
	r->slot = slot;
	r->has_id = id != NULL;
	if (id)
		memcpy(r->id, id, sizeof(r->id));
}

void
request_init(struct request *r, const struct request_limits *limits)
{
	memset(r, 0, sizeof(*r));
	r->snaplen = limits->snaplen_max;
	r->payload_max = limits->payload_max;
	r->ring_bytes = REQUEST_RING_DEFAULT < limits->ring_max ? REQUEST_RING_DEFAULT
								: limits->ring_max;
	r->heartbeat_ms = REQUEST_HEARTBEAT_MS_DEFAULT;
	r->duration_ns = limits->duration_max_ns;
	r->is_duration_limit = limits->duration_max_ns > 0;
}

static const char *
set_filter(void *base, struct span value, const void *context)
{
	struct request *r = base;

	(void)context;
	if (value.n > REQUEST_FILTER_MAX)
		return "longer than 8192 bytes";
	memcpy(r->filter, value.p, value.n);
	r->filter[value.n] = '\0';
	return NULL;
}

static const char *
add_interface(struct request *r, struct span name)
{
	char *slot;

	if (r->n_interfaces == REQUEST_INTERFACES_MAX)
		return "more than 32 interfaces";
	if (span_eq(name, span_str("any")))
		return "any stands alone";
	slot = r->interfaces[r->n_interfaces];
	if (name.n == 0 || name.n >= CAPTURE_NAME_SIZE)
		return "not an interface name";
	memcpy(slot, name.p, name.n);
	slot[name.n] = '\0';
	r->n_interfaces++;
	return NULL;
}

static const char *
set_interface(void *base, struct span value, const void *context)
{
	struct request *r = base;
	const char *wrong = NULL;
	bool is_any = span_eq(value, span_str("any"));

	(void)context;
	if (r->wants_any || (r->n_interfaces > 0 && is_any))
		return "any stands alone";
	r->wants_any = is_any;
	if (is_any)
		return NULL;
	if (value.n == 0)
		return "not an interface name";
	while (value.n > 0 && !wrong)
		wrong = add_interface(r, span_split(&value, ','));
	return wrong;
}

/* What follows "headers": nothing, or "+64"; of a query also " 64", as forms write it. */
static const char *
set_payload(struct request *r, struct span value, const struct request_limits *limits)
{
	struct span sign = span_take(&value, 1);
	uint64_t v = 0;

	if (sign.n > 0 && ((sign.p[0] != '+' && sign.p[0] != ' ') ||
			   !num_parse_u64(value, SAVEFILE_SNAPLEN_MAX, &v)))
		return "not a number from 0 to 262144, headers or headers+N";
	r->payload_max = v < limits->payload_max ? (uint32_t)v : limits->payload_max;
	return NULL;
}

static const char *
set_snaplen(void *base, struct span value, const void *context)
{
	struct request *r = base;
	const struct request_limits *limits = context;
	uint64_t v;

	if (span_take_prefix_ci(&value, "headers"))
		return set_payload(r, value, limits);
	if (!num_parse_u64(value, SAVEFILE_SNAPLEN_MAX, &v))
		return "not a number from 0 to 262144, headers or headers+N";
	/* 0 has meant "the default" since tcpdump 4.0 */
	r->snaplen = v > 0 && v < limits->snaplen_max ? (uint32_t)v : limits->snaplen_max;
	return NULL;
}

static const char *
set_duration(void *base, struct span value, const void *context)
{
	struct request *r = base;
	const struct request_limits *limits = context;
	uint64_t v;

	if (!num_parse_duration(value, 1000000000, REQUEST_DURATION_MAX_NS, &v) || v == 0)
		return "not a duration in seconds";
	r->is_duration_limit = limits->duration_max_ns > 0 && v > limits->duration_max_ns;
	r->duration_ns = r->is_duration_limit ? limits->duration_max_ns : v;
	return NULL;
}

static const char *
set_buffer(void *base, struct span value, const void *context)
{
	struct request *r = base;
	const struct request_limits *limits = context;
	uint64_t kib;
	uint64_t bytes;

	if (!num_parse_u64(value, UINT32_MAX, &kib))
		return "not a number of KiB";
	bytes = kib * 1024;
	if (bytes < CAPTURE_RING_MIN)
		bytes = CAPTURE_RING_MIN;
	r->ring_bytes = bytes < limits->ring_max ? (uint32_t)bytes : limits->ring_max;
	return NULL;
}

#define AT(member) FLAG_AT(struct request, member)

/* clang-format off: a row a parameter, as GET / prints it */
static const struct flag rows[] = {
    {"filter", 0, FLAG_CUSTOM, AT(filter), "TEXT",
     .help = "pcap-filter(7), at most 8192 bytes", .set = set_filter},
    {"interface", 0, FLAG_CUSTOM, AT(interfaces), "NAME,NAME",
     .help = "default: all interfaces", .set = set_interface},
    {"snaplen", 0, FLAG_CUSTOM, AT(snaplen), "BYTES",
     .help = "1 to 262144, link header included; headers, headers+N", .set = set_snaplen},
    {"count", 0, FLAG_NUMBER, AT(count), "N", .help = "end after N packets",
     .max = UINT64_MAX},
    {"duration", 0, FLAG_CUSTOM, AT(duration_ns), "SECONDS",
     .help = "end after this time", .set = set_duration},
    {"format", 0, FLAG_WORD, AT(format), "pcap|pcapng", .help = NULL},
    {"linktype", 0, FLAG_WORD, AT(linktype), "sll|sll2|native",
     .help = "native: needs exactly one interface"},
    {"direction", 0, FLAG_WORD, AT(direction), "inout|in|out", .help = NULL},
    {"promisc", 0, FLAG_WORD, AT(is_promiscuous), "0|1", .help = "needs linktype=native"},
    {"buffer", 0, FLAG_CUSTOM, AT(ring_bytes), "KIB", .help = "size of the kernel ring",
     .set = set_buffer},
    {"heartbeat", 0, FLAG_NUMBER, AT(heartbeat_ms), "MS",
     .help = "pcapng: time between statistics blocks, 10 to 60000",
     .min = REQUEST_HEARTBEAT_MS_MIN, .max = REQUEST_HEARTBEAT_MS_MAX},
    {"precision", 0, FLAG_WORD, AT(is_nano), "micro|nano", .help = "timestamps of pcap"},
};
/* clang-format on */

static const struct flag_table table = {.rows = rows,
					.n = sizeof(rows) / sizeof(rows[0])};

#define NAME_SHOWN 64 /* bytes of an unknown name that are worth repeating */
#define REPEATABLE set_interface

static bool
refuse(struct text *why, struct span name, const char *wrong)
{
	text_str(why, "parameter ");
	text_escape(why, span_of(name.p, name.n < NAME_SHOWN ? name.n : NAME_SHOWN));
	text_str(why, ": ");
	text_str(why, wrong);
	return false;
}

static bool
set_pair(struct request *r, struct span name, struct span value, unsigned *seen,
	 const struct request_limits *limits, struct text *why)
{
	const struct flag *row = flag_find(&table, name);
	unsigned bit = row ? 1u << (row - rows) : 0;
	char mem[128];
	struct text wrong;

	if (!row)
		return refuse(why, name,
			      "unknown; GET / lists the parameters that exist");
	if ((*seen & bit) != 0 && row->set != REPEATABLE)
		return refuse(why, name, "given twice");
	if ((*seen & bit) == 0 && row->set == REPEATABLE) {
		/* what a header said is overruled, not added to */
		r->n_interfaces = 0;
		r->wants_any = false;
	}
	*seen |= bit;
	text_init(&wrong, mem, sizeof(mem));
	return flag_set(row, r, value, limits, &wrong) ||
	       refuse(why, name, text_cstr(&wrong));
}

bool
request_parse_query(struct request *r, struct span query,
		    const struct request_limits *limits, struct text *why)
{
	uint8_t mem[REQUEST_FILTER_MAX + 64];
	unsigned seen = 0;
	struct span name;
	struct span value;

	for (;;) {
		switch (http_target_next(&query, mem, sizeof(mem), &name, &value)) {
		case HTTP_QUERY_END:
			return true;
		case HTTP_QUERY_BAD:
			text_str(why, "the query has a bad %-escape or a NUL byte");
			return false;
		case HTTP_QUERY_TOO_LONG:
			text_str(why, "a parameter is longer than 8192 bytes");
			return false;
		case HTTP_QUERY_PAIR:
			if (!set_pair(r, name, value, &seen, limits, why))
				return false;
		}
	}
}

bool
request_parse_options(struct request *r, struct span value,
		      const struct request_limits *limits)
{
	bool is_well_formed = true;

	while (value.n > 0) {
		struct span rest = span_trim(span_split(&value, ','));
		struct span name = span_split(&rest, '=');
		const struct flag *row = flag_find(&table, name);
		char mem[128];
		struct text wrong;

		text_init(&wrong, mem, sizeof(mem));
		if (row && !flag_set(row, r, rest, limits, &wrong))
			is_well_formed = false;
	}
	return is_well_formed;
}

const char *
request_find_fault(const struct request *r)
{
	return flag_fault(&table, r);
}

void
request_put_help(struct text *out)
{
	flag_put_query_help(&table, out);
}

bool
request_is_listed(struct span list, struct span name)
{
	while (list.n > 0)
		if (span_eq(span_trim(span_split(&list, ',')), name))
			return true;
	return false;
}

bool
request_restrict(struct request *r, struct span allowed, struct text *why)
{
	if (allowed.n == 0)
		return true;
	for (uint32_t i = 0; i < r->n_interfaces; i++) {
		if (request_is_listed(allowed, span_str(r->interfaces[i])))
			continue;
		return refuse(why, span_str("interface"),
			      "not among those of -interfaces");
	}
	if (r->n_interfaces > 0)
		return true;
	r->has_implied_interfaces = true;
	while (allowed.n > 0)
		add_interface(r, span_trim(span_split(&allowed, ',')));
	return true;
}

bool
request_check(const struct request *r, struct text *why)
{
	if (r->linktype == REQUEST_NATIVE && r->n_interfaces != 1)
		text_str(why, "linktype=native needs exactly one interface=NAME");
	else if (r->is_promiscuous && r->linktype != REQUEST_NATIVE)
		text_str(why, "promisc=1 needs linktype=native and interface=NAME");
	return why->n == 0;
}
