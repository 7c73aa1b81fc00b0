/* The query of /capture. It knows names and bounds, and nothing of sockets. */
#include "worker/common/request.h"

#include <string.h>

#include "base/num.h"

/* What a handler may say is wrong; a static phrase, NULL when the value was taken. */
typedef const char *set_fn(struct request *r, struct span value,
			   const struct request_limits *limits);

void
request_init(struct request *r, const struct request_limits *limits)
{
	memset(r, 0, sizeof(*r));
	r->snaplen = limits->snaplen_max;
	r->ring_bytes = REQUEST_RING_DEFAULT < limits->ring_max ? REQUEST_RING_DEFAULT
								: limits->ring_max;
	r->heartbeat_ms = REQUEST_HEARTBEAT_MS_DEFAULT;
	r->duration_ns = limits->duration_max_ns;
	r->is_duration_limit = limits->duration_max_ns > 0;
}

static const char *
set_filter(struct request *r, struct span value, const struct request_limits *limits)
{
	(void)limits;
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
set_interface(struct request *r, struct span value, const struct request_limits *limits)
{
	const char *wrong = NULL;
	bool is_any = span_eq(value, span_str("any"));

	(void)limits;
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

static const char *
set_snaplen(struct request *r, struct span value, const struct request_limits *limits)
{
	uint64_t v;

	if (!num_parse_u64(value, SAVEFILE_SNAPLEN_MAX, &v))
		return "not a number from 0 to 262144";
	/* 0 has meant "the default" since tcpdump 4.0 */
	r->snaplen = v > 0 && v < limits->snaplen_max ? (uint32_t)v : limits->snaplen_max;
	return NULL;
}

static const char *
set_count(struct request *r, struct span value, const struct request_limits *limits)
{
	(void)limits;
	return num_parse_u64(value, UINT64_MAX, &r->count) ? NULL : "not a number";
}

static const char *
set_duration(struct request *r, struct span value, const struct request_limits *limits)
{
	uint64_t v;

	if (!num_parse_duration(value, 1000000000, REQUEST_DURATION_MAX_NS, &v) || v == 0)
		return "not a duration in seconds";
	r->is_duration_limit = limits->duration_max_ns > 0 && v > limits->duration_max_ns;
	r->duration_ns = r->is_duration_limit ? limits->duration_max_ns : v;
	return NULL;
}

/* One of two or three words; -1 when it is none of them. */
static int
choose(struct span value, const char *a, const char *b, const char *c)
{
	if (span_eq(value, span_str(a)))
		return 0;
	if (span_eq(value, span_str(b)))
		return 1;
	return c && span_eq(value, span_str(c)) ? 2 : -1;
}

static const char *
set_format(struct request *r, struct span value, const struct request_limits *limits)
{
	int i = choose(value, "pcap", "pcapng", NULL);

	(void)limits;
	if (i < 0)
		return "neither pcap nor pcapng";
	r->format = i == 0 ? REQUEST_PCAP : REQUEST_PCAPNG;
	return NULL;
}

static const char *
set_linktype(struct request *r, struct span value, const struct request_limits *limits)
{
	static const enum request_linktype types[] = {REQUEST_SLL, REQUEST_SLL2,
						      REQUEST_NATIVE};
	int i = choose(value, "sll", "sll2", "native");

	(void)limits;
	if (i < 0)
		return "none of sll, sll2, native";
	r->linktype = types[i];
	return NULL;
}

static const char *
set_direction(struct request *r, struct span value, const struct request_limits *limits)
{
	static const enum request_direction directions[] = {REQUEST_IN, REQUEST_OUT,
							    REQUEST_BOTH};
	int i = choose(value, "in", "out", "inout");

	(void)limits;
	if (i < 0)
		return "none of in, out, inout";
	r->direction = directions[i];
	return NULL;
}

static const char *
set_promisc(struct request *r, struct span value, const struct request_limits *limits)
{
	int i = choose(value, "0", "1", NULL);

	(void)limits;
	if (i < 0)
		return "neither 0 nor 1";
	r->is_promiscuous = i == 1;
	return NULL;
}

static const char *
set_buffer(struct request *r, struct span value, const struct request_limits *limits)
{
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

static const char *
set_heartbeat(struct request *r, struct span value, const struct request_limits *limits)
{
	uint64_t ms;

	(void)limits;
	if (!num_parse_u64(value, REQUEST_HEARTBEAT_MS_MAX, &ms) ||
	    ms < REQUEST_HEARTBEAT_MS_MIN)
		return "not a number of ms from 10 to 60000";
	r->heartbeat_ms = (uint32_t)ms;
	return NULL;
}

static const char *
set_precision(struct request *r, struct span value, const struct request_limits *limits)
{
	int i = choose(value, "micro", "nano", NULL);

	(void)limits;
	if (i < 0)
		return "neither micro nor nano";
	r->is_nano = i == 1;
	return NULL;
}

static const struct option {
	const char *name;
	set_fn *set;
	bool is_repeatable;
} options[] = {
    {"filter", set_filter, false},	 {"interface", set_interface, true},
    {"snaplen", set_snaplen, false},	 {"count", set_count, false},
    {"duration", set_duration, false},	 {"format", set_format, false},
    {"linktype", set_linktype, false},	 {"direction", set_direction, false},
    {"promisc", set_promisc, false},	 {"buffer", set_buffer, false},
    {"heartbeat", set_heartbeat, false}, {"precision", set_precision, false},
};

#define NAME_SHOWN 64 /* bytes of an unknown name that are worth repeating */
#define N_OPTIONS  (sizeof(options) / sizeof(options[0]))

static size_t
find_option(struct span name)
{
	size_t i = 0;

	while (i < N_OPTIONS && !span_eq(name, span_str(options[i].name)))
		i++;
	return i;
}

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
	size_t i = find_option(name);
	const char *wrong;

	if (i == N_OPTIONS)
		return refuse(why, name,
			      "unknown; GET / lists the parameters that exist");
	if ((*seen & 1u << i) != 0 && !options[i].is_repeatable)
		return refuse(why, name, "given twice");
	if ((*seen & 1u << i) == 0 && options[i].is_repeatable) {
		/* what a header said is overruled, not added to */
		r->n_interfaces = 0;
		r->wants_any = false;
	}
	*seen |= 1u << i;
	wrong = options[i].set(r, value, limits);
	return wrong ? refuse(why, name, wrong) : true;
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
		switch (http_query_next(&query, mem, sizeof(mem), &name, &value)) {
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
		size_t i = find_option(name);

		if (i == N_OPTIONS)
			continue;
		if (options[i].set(r, rest, limits))
			is_well_formed = false;
	}
	return is_well_formed;
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
