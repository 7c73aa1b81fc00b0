/* Heads as text, and that our own parsers take them. */
#include "http/emit.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http/head.h"
#include "support/check.h"

static void
a_response_head_is_its_lines(void **state)
{
	struct http_response_head head;
	size_t seen = 0, size;
	char mem[200];
	struct text t;

	(void)state;
	text_init(&t, mem, sizeof(mem));
	http_emit_status(&t, 503);
	http_emit_field(&t, "Retry-After", span_str("5"));
	http_emit_field(&t, "X-Empty", span_str(""));
	http_emit_field_u64(&t, "Content-Length", UINT64_MAX);
	http_emit_end(&t);
	check_span(
	    __FILE__, __LINE__, text_span(&t), text_span(&t),
	    span_str("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nX-Empty: \r\n"
		     "Content-Length: 18446744073709551615\r\n\r\n"),
	    "response");
	assert_int_equal(http_head_parse_response(text_span(&t), &seen, &head, &size),
			 HTTP_HEAD_OK);
	assert_int_equal(size, t.n);
}

static void
a_request_head_is_its_lines(void **state)
{
	struct http_request_head head;
	size_t seen = 0, size;
	char mem[200];
	struct text t;

	(void)state;
	text_init(&t, mem, sizeof(mem));
	http_emit_request(&t, "GET", span_str("/capture?filter=a%0d"));
	http_emit_field(&t, "Host", span_str("h"));
	http_emit_end(&t);
	check_span(__FILE__, __LINE__, text_span(&t), text_span(&t),
		   span_str("GET /capture?filter=a%0d HTTP/1.1\r\nHost: h\r\n\r\n"),
		   "request");
	assert_int_equal(http_head_parse_request(text_span(&t), &seen, &head, &size),
			 HTTP_HEAD_OK);
}

/* Every status that the server engine or the worker answers has its phrase. */
static void
each_status_has_its_phrase(void **state)
{
	static const unsigned known[] = {100, 200, 400, 403, 404, 405, 408,
					 413, 414, 421, 431, 500, 503, 505};
	char mem[64];
	struct text t;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(known); i++)
		assert_true(strlen(http_emit_reason(known[i])) > 0);
	assert_string_equal(http_emit_reason(299), "");
	text_init(&t, mem, sizeof(mem));
	http_emit_status(&t, 299);
	check_span(__FILE__, __LINE__, text_span(&t), text_span(&t),
		   span_str("HTTP/1.1 299 \r\n"), "no phrase");
}

/* Whether a child that emits this value, as a field or as a target, is stopped. */
static bool
is_stopped(struct span value, bool is_target)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		char mem[64];
		struct text t;

		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		text_init(&t, mem, sizeof(mem));
		if (is_target)
			http_emit_request(&t, "GET", value);
		else
			http_emit_field(&t, "A", value);
		_exit(0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* Values that would add a line must not get out. */
static void
no_value_adds_a_line(void **state)
{
	static const struct span values[] = {CHECK_BYTES("a\r\nb: c"),
					     CHECK_BYTES("a\nb"), CHECK_BYTES("a\r"),
					     CHECK_BYTES("\0")};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(values); i++) {
		check_true(__FILE__, __LINE__, values[i], is_stopped(values[i], false),
			   "field");
		check_true(__FILE__, __LINE__, values[i], is_stopped(values[i], true),
			   "target");
	}
	assert_true(is_stopped(span_str("a b"), true));
	assert_false(is_stopped(span_str("a b"), false));
	assert_false(is_stopped(span_str("/a"), true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_response_head_is_its_lines),
	    cmocka_unit_test(a_request_head_is_its_lines),
	    cmocka_unit_test(each_status_has_its_phrase),
	    cmocka_unit_test(no_value_adds_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
