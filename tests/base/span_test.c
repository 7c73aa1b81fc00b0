/* Spans: comparing, finding, trimming, splitting, at the edge of a page. */
#include "support/check.h"

#include <string.h>

#include "support/edge.h"

static struct span
edge_of(const char *s)
{
	return span_of(edge_copy(s, strlen(s)), strlen(s));
}

static void
drop(struct span s)
{
	edge_free((uint8_t *)(uintptr_t)s.p);
}

static void
spans_are_equal_and_ordered_by_their_bytes(void **state)
{
	static const struct {
		int line;
		const char *a, *b;
		bool eq, eq_ci, starts;
	} rows[] = {
	    {__LINE__, "", "", true, true, true},
	    {__LINE__, "a", "", false, false, true},
	    {__LINE__, "", "a", false, false, false},
	    {__LINE__, "Host", "host", false, true, false},
	    {__LINE__, "HOST", "host", false, true, false},
	    {__LINE__, "azAZ", "azAZ", true, true, true},
	    {__LINE__, "abc", "ab", false, false, true},
	    {__LINE__, "[", "{", false, false, false},
	    {__LINE__, "@", "`", false, false, false},
	    {__LINE__, "\xc4", "\xe4", false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span a = edge_of(rows[i].a);
		struct span b = edge_of(rows[i].b);

		check_u64(__FILE__, rows[i].line, a, span_eq(a, b), rows[i].eq, "eq");
		check_u64(__FILE__, rows[i].line, a, span_eq_ci(a, b), rows[i].eq_ci,
			  "ci");
		check_u64(__FILE__, rows[i].line, a, span_starts(a, b), rows[i].starts,
			  "starts");
		drop(a);
		drop(b);
	}
}

static void
a_span_begins_and_ends_with_another(void **state)
{
	static const struct {
		int line;
		const char *s, *end;
		bool ends;
	} rows[] = {
	    {__LINE__, "a.pcap", ".pcap", true},
	    {__LINE__, "a.PCap", ".pcap", true},
	    {__LINE__, ".pcap", ".pcap", false},
	    {__LINE__, "pcap", ".pcap", false},
	    {__LINE__, "a.pcapx", ".pcap", false},
	    {__LINE__, "", "", false},
	    {__LINE__, "a", "", true},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span s = edge_of(rows[i].s);

		check_u64(__FILE__, rows[i].line, s,
			  span_ends_ci(s, span_str(rows[i].end)), rows[i].ends, "ends");
		drop(s);
	}
}

static void
a_byte_is_found_and_blanks_are_trimmed(void **state)
{
	static const struct {
		int line;
		const char *in;
		size_t comma;
		const char *trimmed;
	} rows[] = {
	    {__LINE__, "", 0, ""},	   {__LINE__, ",", 0, ","},
	    {__LINE__, "ab", 2, "ab"},	   {__LINE__, "ab,", 2, "ab,"},
	    {__LINE__, " \t ", 3, ""},	   {__LINE__, "\t a b,\t", 5, "a b,"},
	    {__LINE__, "\r\n", 2, "\r\n"}, {__LINE__, "\v", 1, "\v"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = edge_of(rows[i].in);

		check_u64(__FILE__, rows[i].line, in, span_find(in, ','), rows[i].comma,
			  "find");
		check_span(__FILE__, rows[i].line, in, span_trim(in),
			   span_str(rows[i].trimmed), "trim");
		drop(in);
	}
}

/* The parts are joined by bars again: every row says what a loop over the list sees. */
static void
a_list_is_split_at_each_separator(void **state)
{
	static const struct {
		int line;
		const char *in, *parts;
	} rows[] = {
	    {__LINE__, "", ""},	       {__LINE__, ",", "|"},
	    {__LINE__, "a", "a|"},     {__LINE__, "a,", "a|"},
	    {__LINE__, "a,b", "a|b|"}, {__LINE__, ",a,,b", "|a||b|"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct span in = edge_of(rows[i].in);
		struct span rest = in;
		char out[32];
		size_t n = 0;

		while (rest.n > 0) {
			struct span part = span_split(&rest, ',');

			if (part.n > 0)
				memcpy(out + n, part.p, part.n);
			n += part.n;
			out[n++] = '|';
		}
		check_span(__FILE__, rows[i].line, in, span_of(out, n),
			   span_str(rows[i].parts), "split");
		drop(in);
	}
}

static void
the_front_is_taken_and_the_rest_stays(void **state)
{
	struct span in = edge_of("abc");
	struct span rest = in;
	struct span none = {NULL, 0};

	(void)state;
	check_span(__FILE__, __LINE__, in, span_take(&rest, 0), span_str(""), "take 0");
	check_span(__FILE__, __LINE__, in, span_take(&rest, 2), span_str("ab"), "take 2");
	check_span(__FILE__, __LINE__, in, span_take(&rest, SIZE_MAX), span_str("c"),
		   "all");
	check_span(__FILE__, __LINE__, in, span_take(&rest, 1), span_str(""),
		   "from none");
	drop(in);
	assert_int_equal(span_take(&none, 5).n, 0);
	assert_int_equal(span_find(none, 0), 0);
	assert_true(span_eq(none, span_str("")));
	assert_int_equal(span_trim(none).n, 0);
}

static void
a_prefix_of_either_case_is_taken_and_another_left(void **state)
{
	struct span s = span_str("HTTP://a");

	(void)state;
	assert_false(span_take_prefix_ci(&s, "https://"));
	assert_false(span_take_prefix_ci(&s, "http://ab"));
	assert_int_equal(s.n, 8);
	assert_true(span_take_prefix_ci(&s, "http://"));
	assert_int_equal(s.n, 1);
	assert_true(span_take_prefix_ci(&s, ""));
	assert_true(span_take_prefix_ci(&s, "a"));
	assert_int_equal(s.n, 0);
}

static void
a_suffix_is_taken_and_another_left(void **state)
{
	struct span s = span_str("/x/capture");

	(void)state;
	assert_false(span_take_suffix(&s, "/Capture"));
	assert_false(span_take_suffix(&s, "//x/capture"));
	assert_int_equal(s.n, 10);
	assert_true(span_take_suffix(&s, "/capture"));
	assert_true(span_eq(s, span_str("/x")));
	assert_true(span_take_suffix(&s, ""));
	assert_true(span_take_suffix(&s, "/x"));
	assert_int_equal(s.n, 0);
	assert_false(span_take_suffix(&s, "a"));
}

static void
words_are_taken_without_their_blanks(void **state)
{
	struct span s = span_str(" \ta  bc\r ");

	(void)state;
	assert_true(span_eq(span_take_word(&s), span_str("a")));
	assert_true(span_eq(span_take_word(&s), span_str("bc")));
	assert_int_equal(span_take_word(&s).n, 0);
	assert_int_equal(span_take_word(&s).n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(spans_are_equal_and_ordered_by_their_bytes),
	    cmocka_unit_test(a_span_begins_and_ends_with_another),
	    cmocka_unit_test(a_byte_is_found_and_blanks_are_trimmed),
	    cmocka_unit_test(a_list_is_split_at_each_separator),
	    cmocka_unit_test(the_front_is_taken_and_the_rest_stays),
	    cmocka_unit_test(a_prefix_of_either_case_is_taken_and_another_left),
	    cmocka_unit_test(a_suffix_is_taken_and_another_left),
	    cmocka_unit_test(words_are_taken_without_their_blanks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
