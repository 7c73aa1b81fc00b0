/* Lines of the audit log and of /captures: whole and within their bounds, whatever came in. */
#include "worker/front/record.h"

#include <string.h>

#include "support/check.h"
#include "sys/log.h"

static const uint8_t bytes[] = {'a', 0x01, 0x7f, '"', '\\', '\n', 0xff, 0xc3};

/* Every text as long as it can be, and made of one byte. */
static void
fill(struct record *r, uint8_t byte, bool is_unix)
{
	memset(r, 0, sizeof(*r));
	memset(r->request.filter, byte, REQUEST_FILTER_MAX);
	r->request.n_interfaces = REQUEST_INTERFACES_MAX;
	for (size_t i = 0; i < REQUEST_INTERFACES_MAX; i++)
		memset(r->request.interfaces[i], byte, CAPTURE_NAME_SIZE - 1);
	memset(r->why, byte, sizeof(r->why) - 1);
	net_parse_listen(span_str(is_unix
				      ? "unix:/a"
				      : "[2001:db8:1111:2222:3333:4444:5555:6666]:65535"),
			 &r->request.peer);
	net_parse_listen(span_str("[2001:db8:1111:2222:3333:4444:5555:6666]:65535"),
			 &r->request.hints.client);
	r->has_uid = is_unix;
	r->uid = UINT32_MAX;
	r->request.snaplen = UINT32_MAX;
	r->started_real_ns = r->ended_real_ns = r->counts.packets = r->bytes =
	    r->counts.offered = r->counts.dropped = r->stalled_ns = r->broken_watermarks =
		UINT64_MAX;
	r->wait_status = 31;
}

static void
expect_object(const struct record *r, const char *event, size_t max, struct span input)
{
	static char mem[RECORD_JSON_MAX];
	struct text t;

	text_init(&t, mem, max);
	record_put_json(&t, UINT32_MAX, r, event);
	check_true(__FILE__, __LINE__, input, !t.is_cut && t.p[t.n - 1] == '}',
		   event ? event : "none");
}

static void
json_is_never_cut(void **state)
{
	static struct record r;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(bytes); i++) {
		struct span input = span_of(&bytes[i / 2], 1);

		fill(&r, bytes[i / 2], i % 2);
		expect_object(&r, "start", LOG_EVENT_MAX - 1, input);
		expect_object(&r, "end", LOG_EVENT_MAX - 1, input);
		expect_object(&r, NULL, RECORD_JSON_MAX, input);
	}
}

static struct span
line_of(const struct record *r, bool is_end)
{
	static char mem[LOG_EVENT_MAX];
	struct text t;

	text_init(&t, mem, sizeof(mem));
	if (is_end)
		record_put_end_line(&t, 7, r);
	else
		record_put_start_line(&t, 7, r);
	assert_false(t.is_cut);
	return text_span(&t);
}

static bool
ends_with(struct span s, const char *end)
{
	size_t n = strlen(end);

	return s.n >= n && span_eq(span_of(s.p + s.n - n, n), span_str(end));
}

/* The counts and the closing quote are behind the texts, and the line has room for them. */
static void
long_lines_keep_their_counts(void **state)
{
	static struct record r;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++) {
		struct span input = span_of(&bytes[i], 1);

		fill(&r, bytes[i], true);
		check_true(__FILE__, __LINE__, input,
			   ends_with(line_of(&r, false), "\"...") &&
			       line_of(&r, false).n <= LOG_LINE_MAX - 80,
			   "start line");
		check_true(__FILE__, __LINE__, input,
			   ends_with(line_of(&r, true), " dropped by kernel") &&
			       line_of(&r, true).n <= LOG_LINE_MAX - 80,
			   "end line");
	}
}

static void
short_texts_are_whole(void **state)
{
	static struct record r;
	struct span line;

	(void)state;
	memset(&r, 0, sizeof(r));
	strcpy(r.request.filter, "udp port 53");
	net_parse_listen(span_str("192.0.2.1:5000"), &r.request.peer);
	line = line_of(&r, false);
	check_span(__FILE__, __LINE__, line, line,
		   span_str("capture 7 for 192.0.2.1:5000, filter \"udp port 53\""),
		   "line");
	net_parse_listen(span_str("198.51.100.1:0"), &r.request.hints.client);
	line = line_of(&r, false);
	check_span(__FILE__, __LINE__, line, line,
		   span_str("capture 7 for 192.0.2.1:5000, for 198.51.100.1, "
			    "filter \"udp port 53\""),
		   "a client whose port nobody told");
}

/* A filter up to its bound is told as it is; of a longer one, how long it is, too. */
static void
only_long_filters_are_shortened(void **state)
{
	static char mem[RECORD_JSON_MAX];
	static struct record r;

	(void)state;
	for (size_t n = RECORD_FILTER_MAX - 6; n <= RECORD_FILTER_MAX; n += 6) {
		struct text t;

		memset(&r, 0, sizeof(r));
		memset(r.request.filter, 'a', n);
		net_parse_listen(span_str("192.0.2.1:5000"), &r.request.peer);
		text_init(&t, mem, sizeof(mem));
		record_put_json(&t, 7, &r, NULL);
		text_cstr(&t);
		assert_int_equal(strstr(mem, ",\"filter_bytes\":1200,") != NULL,
				 n == RECORD_FILTER_MAX);
		assert_int_equal(strstr(mem, r.request.filter) != NULL,
				 n < RECORD_FILTER_MAX);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(json_is_never_cut),
	    cmocka_unit_test(only_long_filters_are_shortened),
	    cmocka_unit_test(long_lines_keep_their_counts),
	    cmocka_unit_test(short_texts_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
