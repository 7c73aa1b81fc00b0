/* The front's message: what a front of ours sends is sound; no other value of a field is. */
#include "worker/common/request_fault.h"

#include <string.h>

#include "support/check.h"

/* An operator who bounds everything. */
static struct config bounded;
/* An operator who bounds nothing. */
static struct config open_to_all;

static struct request sound;

static int
set_up(void **state)
{
	(void)state;
	bounded = (struct config){
	    .limits = {.ring_max = 8u << 20,
		       .snaplen_max = 1000,
		       .payload_max = CAPTURE_PAYLOAD_ALL,
		       .duration_max_ns = 60000000000},
	    .interfaces = span_str("eth0, eth1"),
	};
	assert_null(net_parse_listen(span_str("192.0.2.1:8475"), &bounded.listener));
	open_to_all = bounded;
	open_to_all.interfaces = span_str("");
	open_to_all.may_resolve = true;
	open_to_all.limits.duration_max_ns = 0;
	request_init(&sound, &bounded.limits);
	sound.n_interfaces = 2;
	strcpy(sound.interfaces[0], "eth0");
	strcpy(sound.interfaces[1], "eth1");
	strcpy(sound.filter, "tcp port 80");
	sound.listener = bounded.listener;
	sound.local = bounded.listener;
	assert_null(net_parse_listen(span_str("192.0.2.9:5000"), &sound.peer));
	assert_null(net_parse_listen(span_str("[2001:db8::1]:77"), &sound.hints.client));
	sound.hints.n_remote = 2;
	sound.hints.remote[0] = 443;
	sound.hints.remote[1] = 8475;
	sound.hints.local_first = 50000;
	sound.hints.local_last = 50255;
	return 0;
}

/* A field of n bytes at, set to value (little-endian), and what the fault names. */
struct flip {
	int line;
	size_t at;
	size_t n;
	uint64_t value;
	const char *fault; /* NULL: still sound */
};

#define SET(field, value, fault)                                                      \
	{                                                                             \
		__LINE__, offsetof(struct request, field),                            \
		    sizeof(((struct request *)NULL)->field), (uint64_t)(value), fault \
	}
#define BOOL(field) SET(field, 2, #field), SET(field, 255, #field)

static void
check_flips(const struct flip *flips, size_t n, const struct config *config,
	    const struct request *base)
{
	for (size_t i = 0; i < n; i++) {
		static struct request r;
		const char *fault;
		size_t size = flips[i].n < 8 ? flips[i].n : 8;

		r = *base;
		memcpy((uint8_t *)&r + flips[i].at, &flips[i].value, size);
		fault = request_fault(&r, config);
		check_true(__FILE__, flips[i].line, span_str(fault ? fault : "sound"),
			   flips[i].fault
			       ? fault && strstr(fault, flips[i].fault) == fault
			       : !fault,
			   flips[i].fault ? flips[i].fault : "sound");
	}
}

static void
a_bounded_operator(void **state)
{
	static const struct flip flips[] = {
	    {__LINE__, 0, 0, 0, NULL},
	    BOOL(has_id),
	    BOOL(is_validation),
	    BOOL(is_chunked),
	    SET(is_nano, 2, "precision"),
	    SET(is_nano, 255, "precision"),
	    SET(is_promiscuous, 2, "promisc"),
	    BOOL(may_resolve),
	    BOOL(wants_any),
	    BOOL(has_implied_interfaces),
	    BOOL(is_duration_limit),
	    SET(has_id, 1, NULL),
	    SET(is_validation, 1, NULL),
	    SET(is_chunked, 1, NULL),
	    SET(is_nano, 1, NULL),
	    SET(has_implied_interfaces, 1, NULL),
	    SET(may_resolve, 1, "may_resolve"),
	    SET(is_promiscuous, 1, "is_promiscuous"),
	    SET(slot, SLOTS_MAX - 1, NULL),
	    SET(slot, SLOTS_MAX, "slot"),
	    SET(slot, UINT32_MAX, "slot"),
	    SET(format, REQUEST_PCAPNG, NULL),
	    SET(format, 2, "format"),
	    SET(format, UINT32_MAX, "format"),
	    SET(linktype, REQUEST_SLL2, NULL),
	    SET(linktype, REQUEST_NATIVE, "linktype"),
	    SET(linktype, 3, "linktype"),
	    SET(direction, REQUEST_OUT, NULL),
	    SET(direction, 3, "direction"),
	    SET(snaplen, 1, NULL),
	    SET(snaplen, 1000, NULL),
	    SET(snaplen, 0, "snaplen"),
	    SET(snaplen, 1001, "snaplen"),
	    SET(ring_bytes, CAPTURE_RING_MIN, NULL),
	    SET(ring_bytes, CAPTURE_RING_MIN - 1, "ring_bytes"),
	    SET(ring_bytes, 8u << 20, NULL),
	    SET(ring_bytes, (8u << 20) + 1, "ring_bytes"),
	    SET(ring_bytes, 1u << 31, "ring_bytes"),
	    SET(heartbeat_ms, 10, NULL),
	    SET(heartbeat_ms, 60000, NULL),
	    SET(heartbeat_ms, 0, "heartbeat"),
	    SET(heartbeat_ms, 9, "heartbeat"),
	    SET(heartbeat_ms, 60001, "heartbeat"),
	    SET(count, UINT64_MAX, NULL),
	    SET(duration_ns, 0, "duration_ns"),
	    SET(duration_ns, UINT64_C(60000000001), "duration_ns"),
	    SET(duration_ns, UINT64_MAX, "duration_ns"),
	    SET(duration_ns, 1, "duration_ns"), /* and is_duration_limit */
	    SET(n_interfaces, 1, NULL),
	    SET(n_interfaces, 0, "interfaces"),
	    SET(n_interfaces, 3, "interfaces"),
	    SET(n_interfaces, REQUEST_INTERFACES_MAX + 1, "n_interfaces"),
	    SET(n_interfaces, 432, "n_interfaces"),
	    SET(n_interfaces, UINT32_MAX, "n_interfaces"),
	    SET(interfaces[0], 0x306874 << 8 | 'f', "interfaces"),
	    SET(interfaces[1], 0, "interfaces"),
	    SET(listener.sa.ss_family, AF_INET6, "listener"),
	    SET(listener.size, 0, "listener"),
	    SET(listener.size, 17, "listener"),
	    SET(listener.size, UINT32_MAX, "listener"),
	    SET(local.sa.ss_family, AF_UNIX, NULL),
	    SET(local.sa.ss_family, AF_INET6, "local"),
	    SET(local.sa.ss_family, AF_PACKET, "local"),
	    SET(local.size, 129, "local"),
	    SET(peer.sa.ss_family, AF_INET6, "peer"),
	    SET(peer.size, 0, "peer"),
	    SET(peer.size, UINT32_MAX, "peer"),
	    SET(hints.client.sa.ss_family, AF_UNIX, "hints.client"),
	    SET(hints.client.sa.ss_family, AF_INET, "hints.client"),
	    SET(hints.client.size, 27, "hints.client"),
	    SET(hints.proxy_port, 65535, NULL),
	    SET(hints.n_remote, REQUEST_REMOTE_MAX + 1, "hints.n_remote"),
	    SET(hints.n_remote, 100000, "hints.n_remote"),
	    SET(hints.n_remote, 3, "hints.remote"), /* the third is 0 */
	    SET(hints.remote[1], 0, "hints.remote"),
	    SET(hints.local_first, 50256, "hints.local_first"),
	    SET(hints.local_first, 0, "hints.local_first"),
	    SET(hints.local_last, 49999, "hints.local_first"),
	    SET(hints.local_last, 0, "hints.local_first"),
	};

	(void)state;
	check_flips(flips, CHECK_COUNT(flips), &bounded, &sound);
}

static void
an_operator_without_bounds(void **state)
{
	static const struct flip flips[] = {
	    {__LINE__, 0, 0, 0, NULL},
	    SET(may_resolve, 0, "may_resolve"),
	    SET(has_implied_interfaces, 1, "has_implied_interfaces"),
	    SET(is_duration_limit, 1, "duration_ns"),
	    SET(duration_ns, REQUEST_DURATION_MAX_NS, NULL),
	    SET(duration_ns, REQUEST_DURATION_MAX_NS + 1, "duration_ns"),
	    SET(n_interfaces, 0, NULL),
	    SET(wants_any, 1, NULL),
	    SET(linktype, REQUEST_NATIVE, "linktype"),
	    SET(interfaces[0], 'a' | 'n' << 8 | 'y' << 16, "interfaces"),
	    SET(interfaces[0], 'w', NULL),
	};
	static struct request base;

	(void)state;
	base = sound;
	base.may_resolve = true;
	base.duration_ns = 0;
	base.is_duration_limit = false;
	check_flips(flips, CHECK_COUNT(flips), &open_to_all, &base);
}

static void
texts_end_within_their_fields(void **state)
{
	static struct request r;

	(void)state;
	r = sound;
	r.may_resolve = true;
	r.duration_ns = 0;
	r.is_duration_limit = false;
	memset(r.interfaces[1], 'x', CAPTURE_NAME_SIZE);
	assert_string_equal(request_fault(&r, &open_to_all), "interfaces");
	r.interfaces[1][CAPTURE_NAME_SIZE - 1] = '\0';
	assert_null(request_fault(&r, &open_to_all));
	memset(r.filter, 'x', sizeof(r.filter));
	assert_string_equal(request_fault(&r, &open_to_all), "filter");
	r.filter[REQUEST_FILTER_MAX] = '\0';
	assert_null(request_fault(&r, &open_to_all));
}

static void
native_needs_its_one_interface(void **state)
{
	static struct request r;

	(void)state;
	r = sound;
	r.linktype = REQUEST_NATIVE;
	r.n_interfaces = 1;
	r.is_promiscuous = true;
	assert_null(request_fault(&r, &bounded));
	r.n_interfaces = 2;
	assert_non_null(request_fault(&r, &bounded));
}

/* Whatever the operator allows: what the front makes of a query passes. */
static void
what_the_front_makes_of_queries_is_sound(void **state)
{
	static const char *const queries[] = {
	    "",
	    "interface=eth1",
	    "interface=eth0,eth1&linktype=sll2&format=pcapng",
	    "interface=eth0&linktype=native&promisc=1",
	    "snaplen=0&buffer=0&heartbeat=10&duration=0.000000001",
	    "snaplen=262144&buffer=4294967295&heartbeat=60000&duration=31622400",
	    "direction=out&precision=nano&count=18446744073709551615",
	    "duration=60",
	};
	const struct config *const configs[] = {&bounded, &open_to_all};

	(void)state;
	for (size_t i = 0; i < 2 * CHECK_COUNT(queries); i++) {
		const struct config *config = configs[i % 2];
		static struct request r;
		char mem[256];
		struct text why;
		const char *fault;

		text_init(&why, mem, sizeof(mem));
		request_init(&r, &config->limits);
		assert_true(request_parse_query(&r, span_str(queries[i / 2]),
						&config->limits, &why));
		assert_true(request_restrict(&r, config->interfaces, &why));
		assert_true(request_check(&r, &why));
		r.may_resolve = config->may_resolve;
		r.listener = config->listener;
		fault = request_fault(&r, config);
		check_true(__FILE__, __LINE__, span_str(queries[i / 2]), !fault,
			   fault ? fault : "");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_bounded_operator),
	    cmocka_unit_test(an_operator_without_bounds),
	    cmocka_unit_test(texts_end_within_their_fields),
	    cmocka_unit_test(native_needs_its_one_interface),
	    cmocka_unit_test(what_the_front_makes_of_queries_is_sound),
	};

	return cmocka_run_group_tests_name("worker/request_fault", tests, set_up, NULL);
}
