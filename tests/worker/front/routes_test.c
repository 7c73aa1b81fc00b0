/* Paths to answers, without a connection and without a capture. */
#include "worker/front/routes.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"

static struct config config = {.max_captures = 1,
			       .max_connections = 8,
			       .library = "libpcap",
			       .limits = {.ring_max = 64u << 20,
					  .snaplen_max = 262144,
					  .payload_max = CAPTURE_PAYLOAD_ALL}};
static bool may_capture = true;
static struct broker broker;
static struct metrics metrics;
static struct routes_reply reply;

static enum routes_result
ask_from(const char *line, const char *fields, bool is_reserve)
{
	static char in[4096];
	struct http_request_head head;
	struct http_target target;
	struct net_address peer = {0};
	struct routes_view v = {.config = &config,
				.may_capture = may_capture,
				.broker = &broker,
				.metrics = &metrics,
				.links_fd = -1,
				.n_connections = 3};
	struct routes_request q = {
	    .head = &head, .target = &target, .peer = &peer, .is_reserve = is_reserve};
	size_t seen = 0;
	size_t size;

	assert_null(net_parse_listen(span_str("192.0.2.7:5000"), &peer));
	snprintf(in, sizeof(in), "%s HTTP/1.1\r\nHost: worker\r\n%s\r\n", line, fields);
	assert_int_equal(http_head_parse_request(span_str(in), &seen, &head, &size),
			 HTTP_HEAD_OK);
	assert_true(http_target_parse(head.target, &target));
	memset(&reply, 0, sizeof(reply));
	return routes_answer(&v, &q, &reply);
}

static enum routes_result
ask(const char *line)
{
	return ask_from(line, "", false);
}

static void
each_path_has_its_answer(void **state)
{
	static const struct {
		int line;
		const char *request;
		unsigned status;
		const char *has; /* in the body */
	} rows[] = {
	    {__LINE__, "GET /", 200, "GET /capture"},
	    {__LINE__, "GET /", 200, "filter=icmp&format=pcapng"},
	    {__LINE__, "HEAD /", 200, "GET /capture"},
	    {__LINE__, "GET /clock", 200, "{\"time_ns\":1"},
	    {__LINE__, "GET /healthz", 200, "ok\n"},
	    {__LINE__, "GET /captures", 200, "{\"running\":[],\n\"ended\":[]}\n"},
	    {__LINE__, "GET /interfaces", 200, "{\"interfaces\":[]}\n"},
	    {__LINE__, "GET /metrics", 200, "\nddump_connections_open 3\n"},
	    {__LINE__, "GET /nothing", 404, "no such path"},
	    {__LINE__, "GET /capture/", 404, "no such path"},
	    {__LINE__, "POST /capture", 405, "GET and HEAD"},
	    {__LINE__, "GET /capture?count=x", 400, "count"},
	    {__LINE__, "GET /validate?nothing=1", 400, "nothing"},
	    {__LINE__, "GET /captures/1", 404, "no capture has this ID"},
	    {__LINE__, "GET /captures/000102030405060708090a0b0c0d0eff?stop=2", 400,
	     "stop=1"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = span_str(rows[i].request);
		static char body[65536];

		check_u64(__FILE__, rows[i].line, in, ask(rows[i].request), ROUTES_ANSWER,
			  "result");
		check_u64(__FILE__, rows[i].line, in, reply.answer.status, rows[i].status,
			  "status");
		snprintf(body, sizeof(body), "%.*s", (int)reply.answer.body.n,
			 (const char *)reply.answer.body.p);
		check_true(__FILE__, rows[i].line, in, strstr(body, rows[i].has) != NULL,
			   body);
	}
}

static void
a_capture_is_asked_for_with_all_of_its_query(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /capture?filter=icmp&count=7"), ROUTES_CAPTURE);
	assert_string_equal(reply.request.filter, "icmp");
	assert_int_equal(reply.request.count, 7);
	assert_int_equal(net_port(&reply.request.peer), 5000);
	assert_false(reply.request.is_validation);
	assert_true(reply.request.is_chunked);
	assert_int_equal(reply.request.format, REQUEST_PCAP);
}

static void
validate_and_head_only_validate(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /validate?filter=icmp"), ROUTES_CAPTURE);
	assert_true(reply.request.is_validation);
	assert_int_equal(ask("HEAD /capture"), ROUTES_CAPTURE);
	assert_true(reply.request.is_validation);
}

static void
the_query_overrules_the_headers_and_malformed_ones_are_ignored(void **state)
{
	(void)state;
	assert_int_equal(ask_from("GET /capture?snaplen=100",
				  "Accept: application/x-pcapng\r\n"
				  "Ddump-Options: snaplen=200, count=9\r\n",
				  false),
			 ROUTES_CAPTURE);
	assert_int_equal(reply.request.format, REQUEST_PCAPNG);
	assert_int_equal(reply.request.snaplen, 100);
	assert_int_equal(reply.request.count, 9);
	assert_false(reply.has_bad_options || reply.has_bad_hints);
	assert_int_equal(ask_from("GET /capture",
				  "Ddump-Options: count=x\r\nDdump-Ports: remote=x\r\n",
				  false),
			 ROUTES_CAPTURE);
	assert_true(reply.has_bad_options && reply.has_bad_hints);
}

static void
a_bad_query_is_the_last_request_of_its_connection(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /capture?count=x"), ROUTES_ANSWER);
	assert_true(reply.answer.must_close);
	assert_int_equal(ask("GET /nothing"), ROUTES_ANSWER);
	assert_false(reply.answer.must_close);
}

static void
counts_are_asked_for_by_id_and_head_stops_nothing(void **state)
{
	(void)state;
	assert_int_equal(ask("GET /captures/000102030405060708090a0b0c0d0eff"),
			 ROUTES_COUNT);
	assert_false(reply.is_stop);
	assert_int_equal(reply.id[15], 0xff);
	ask("GET /captures/000102030405060708090a0b0c0d0eff?stop=1");
	assert_true(reply.is_stop);
	ask("HEAD /captures/000102030405060708090a0b0c0d0eff?stop=1");
	assert_false(reply.is_stop);
}

static void
the_reserve_is_for_counts_alone(void **state)
{
	(void)state;
	assert_int_equal(ask_from("GET /clock", "", true), ROUTES_ANSWER);
	assert_int_equal(reply.answer.status, 503);
	assert_true(reply.answer.must_close);
	assert_int_equal(
	    ask_from("GET /captures/000102030405060708090a0b0c0d0eff", "", true),
	    ROUTES_COUNT);
}

static void
a_page_of_another_site_gets_nothing(void **state)
{
	(void)state;
	assert_int_equal(ask_from("GET /capture", "Origin: http://evil\r\n", false),
			 ROUTES_ANSWER);
	assert_int_equal(reply.answer.status, 403);
}

static void
the_worker_is_not_healthy_without_rights_or_places(void **state)
{
	(void)state;
	may_capture = false;
	ask("GET /healthz");
	assert_int_equal(reply.answer.status, 503);
	may_capture = true;
	broker_close(&broker);
	ask("GET /healthz");
	assert_int_equal(reply.answer.status, 503);
	broker_init(&broker, &config, -1, &metrics);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_path_has_its_answer),
	    cmocka_unit_test(a_capture_is_asked_for_with_all_of_its_query),
	    cmocka_unit_test(validate_and_head_only_validate),
	    cmocka_unit_test(
		the_query_overrules_the_headers_and_malformed_ones_are_ignored),
	    cmocka_unit_test(a_bad_query_is_the_last_request_of_its_connection),
	    cmocka_unit_test(counts_are_asked_for_by_id_and_head_stops_nothing),
	    cmocka_unit_test(the_reserve_is_for_counts_alone),
	    cmocka_unit_test(a_page_of_another_site_gets_nothing),
	    cmocka_unit_test(the_worker_is_not_healthy_without_rights_or_places),
	};
	int rc;

	broker_init(&broker, &config, -1, &metrics);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	return rc;
}
