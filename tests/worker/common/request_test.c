/* Queries of /capture: what each parameter takes, refuses, and overrules. */
#include "worker/common/request.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

static const struct request_limits limits = {
    .ring_max = 64u << 20,
    .snaplen_max = 1000,
    .payload_max = CAPTURE_PAYLOAD_ALL,
    .duration_max_ns = UINT64_C(60000000000),
};

struct row {
	int line;
	const char *query;
	const char *says; /* NULL: taken; else part of the sentence */
};

static bool
parse(const char *query, struct request *r, struct text *why)
{
	why->n = 0;
	request_init(r, &limits);
	return request_parse_query(r, span_str(query), &limits, why) &&
	       request_check(r, why);
}

static void
a_query_becomes_a_request_or_says_why_not(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, "", NULL},
	    {__LINE__, "filter=tcp+port+80", NULL},
	    {__LINE__, "filter=", NULL},
	    {__LINE__, "filter", NULL},
	    {__LINE__, "filter=a&filter=b", "filter: given twice"},
	    {__LINE__, "filter=%00", "NUL"},
	    {__LINE__, "filter=%4", "bad"},
	    {__LINE__, "Filter=tcp", "Filter: unknown"},
	    {__LINE__, "%66ilter=tcp", NULL},
	    {__LINE__, "x%0ay=1", "x\\x0ay: unknown"},
	    {__LINE__, "interface=eth0&interface=eth1,lo", NULL},
	    {__LINE__, "interface=any", NULL},
	    {__LINE__, "interface=lo,any", "any stands alone"},
	    {__LINE__, "interface=lo&interface=any", "any stands alone"},
	    {__LINE__, "interface=any&interface=lo", "any stands alone"},
	    {__LINE__, "interface=", "not an interface name"},
	    {__LINE__, "interface=eth0,,lo", "not an interface name"},
	    {__LINE__, "interface=0123456789abcde", NULL},
	    {__LINE__, "interface=0123456789abcdef", "not an interface name"},
	    {__LINE__,
	     "interface=a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a",
	     NULL},
	    {__LINE__,
	     "interface=a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a",
	     "more than 32"},
	    {__LINE__, "snaplen=262144", NULL},
	    {__LINE__, "snaplen=headers", NULL},
	    {__LINE__, "snaplen=headers+64", NULL},
	    {__LINE__, "snaplen=headers%2B64", NULL},
	    {__LINE__, "snaplen=headers64", "headers or headers+N"},
	    {__LINE__, "snaplen=headers+", "headers or headers+N"},
	    {__LINE__, "snaplen=262145", "262144"},
	    {__LINE__, "snaplen=-1", "262144"},
	    {__LINE__, "count=18446744073709551615", NULL},
	    {__LINE__, "count=18446744073709551616", "not a number"},
	    {__LINE__, "duration=1.5", NULL},
	    {__LINE__, "duration=0", "not a duration"},
	    {__LINE__, "duration=5x", "not a duration"},
	    {__LINE__, "format=pcapng", NULL},
	    {__LINE__, "format=PCAPNG", "neither"},
	    {__LINE__, "linktype=sll2", NULL},
	    {__LINE__, "linktype=ethernet", "none of"},
	    {__LINE__, "linktype=native", "exactly one"},
	    {__LINE__, "linktype=native&interface=a,b", "exactly one"},
	    {__LINE__, "linktype=native&interface=a", NULL},
	    {__LINE__, "linktype=native&interface=any", "exactly one"},
	    {__LINE__, "promisc=1", "needs linktype=native"},
	    {__LINE__, "promisc=1&linktype=native&interface=a", NULL},
	    {__LINE__, "promisc=yes", "neither 0 nor 1"},
	    {__LINE__, "direction=in", NULL},
	    {__LINE__, "direction=up", "none of"},
	    {__LINE__, "heartbeat=9", "10 to 60000"},
	    {__LINE__, "heartbeat=60001", "10 to 60000"},
	    {__LINE__, "precision=nano", NULL},
	    {__LINE__, "precision=pico", "neither"},
	    {__LINE__, "buffer=0", NULL},
	    {__LINE__, "buffer=x", "KiB"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		char mem[256];
		struct text why;
		struct request r;
		bool is_taken;

		text_init(&why, mem, sizeof(mem));
		is_taken = parse(rows[i].query, &r, &why);
		check_true(__FILE__, rows[i].line, span_str(rows[i].query),
			   is_taken == (rows[i].says == NULL), "taken");
		if (rows[i].says)
			check_true(__FILE__, rows[i].line, text_span(&why),
				   strstr(text_cstr(&why), rows[i].says) != NULL,
				   rows[i].says);
	}
}

static void
a_filter_is_bounded(void **state)
{
	static char query[2 * REQUEST_FILTER_MAX];
	char mem[256];
	struct text why;
	struct request r;

	(void)state;
	text_init(&why, mem, sizeof(mem));
	memset(query, 'x', sizeof(query));
	memcpy(query, "filter=", 7);
	query[7 + REQUEST_FILTER_MAX] = '\0';
	assert_true(parse(query, &r, &why));
	assert_int_equal(strlen(r.filter), REQUEST_FILTER_MAX);
	query[7 + REQUEST_FILTER_MAX] = 'x';
	query[8 + REQUEST_FILTER_MAX] = '\0';
	assert_false(parse(query, &r, &why));
}

/* The operator's limits cap what is asked, and are what is had by asking nothing. */
static void
the_operators_limits_cap_a_request(void **state)
{
	char mem[256];
	struct text why;
	struct request r;

	(void)state;
	text_init(&why, mem, sizeof(mem));
	assert_true(parse("", &r, &why));
	assert_int_equal(r.snaplen, 1000);
	assert_int_equal(r.duration_ns, limits.duration_max_ns);
	assert_int_equal(r.ring_bytes, REQUEST_RING_DEFAULT);
	assert_true(parse("snaplen=5000&duration=600&buffer=4000000", &r, &why));
	assert_int_equal(r.snaplen, 1000);
	assert_int_equal(r.duration_ns, limits.duration_max_ns);
	assert_int_equal(r.ring_bytes, limits.ring_max);
	assert_true(parse("snaplen=96&duration=1.5&buffer=1", &r, &why));
	assert_int_equal(r.snaplen, 96);
	assert_int_equal(r.duration_ns, 1500000000);
	assert_int_equal(r.ring_bytes, CAPTURE_RING_MIN);
	assert_true(parse("snaplen=0", &r, &why));
	assert_int_equal(r.snaplen, 1000);
}

/* Query over header over default; what the header holds that is unknown is no error. */
static void
a_header_overrules_defaults_and_the_query_it(void **state)
{
	char mem[256];
	struct text why;
	struct request r;
	struct span wish =
	    span_str("linktype=sll2, heartbeat=77 ,future=1,precision=nano");

	(void)state;
	text_init(&why, mem, sizeof(mem));
	request_init(&r, &limits);
	assert_true(request_parse_options(&r, wish, &limits));
	assert_int_equal(r.linktype, REQUEST_SLL2);
	assert_int_equal(r.heartbeat_ms, 77);
	assert_true(r.is_nano);
	assert_true(request_parse_query(&r, span_str("linktype=sll"), &limits, &why));
	assert_int_equal(r.linktype, REQUEST_SLL);
	assert_int_equal(r.heartbeat_ms, 77);
	assert_false(request_parse_options(&r, span_str("heartbeat=x"), &limits));
	assert_int_equal(r.heartbeat_ms, 77);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_query_becomes_a_request_or_says_why_not),
	    cmocka_unit_test(a_filter_is_bounded),
	    cmocka_unit_test(the_operators_limits_cap_a_request),
	    cmocka_unit_test(a_header_overrules_defaults_and_the_query_it),
	};

	return cmocka_run_group_tests_name("worker/request", tests, NULL, NULL);
}
