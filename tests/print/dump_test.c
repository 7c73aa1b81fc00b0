/* Bytes behind a line: -x, -X, -A. */
#include "print/dump.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"

static const char packet[] = "GET / HTTP/1.1\r\n\x1b[31m\ttab\\ \xff";

static const struct {
	int line;
	enum print_dump dump;
	size_t n;
	const char *want;
} rows[] = {
    {__LINE__, PRINT_DUMP_HEX, 3, "\n\t0x0000:  4745 54"},
    {__LINE__, PRINT_DUMP_HEX, 17,
     "\n\t0x0000:  4745 5420 2f20 4854 5450 2f31 2e31 0d0a\n\t0x0010:  1b"},
    {__LINE__, PRINT_DUMP_BOTH, 3,
     "\n\t0x0000:  4745 54                                  GET"},
    {__LINE__, PRINT_DUMP_BOTH, 16,
     "\n\t0x0000:  4745 5420 2f20 4854 5450 2f31 2e31 0d0a  GET./.HTTP/1.1.."},
    {__LINE__, PRINT_DUMP_TEXT, sizeof(packet) - 1, "\nGET / HTTP/1.1\n.[31m\ttab\\ ."},
    {__LINE__, PRINT_DUMP_HEX, 0, ""},
};

static void
bytes_print_as_tcpdump_prints_them(void **state)
{
	char mem[512];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct line l = {.p = mem, .cap = sizeof(mem)};

		dump_print(&l, rows[i].dump, span_of(packet, rows[i].n));
		check_span(__FILE__, rows[i].line, span_str(rows[i].want),
			   span_of(mem, l.n), span_str(rows[i].want), rows[i].want);
	}
}

static void
what_a_bound_leaves_out_is_said(void **state)
{
	static uint8_t big[PRINT_DUMP_MAX + 7];
	char *mem = malloc(PRINT_MAX);
	struct line l = {.p = mem, .cap = PRINT_MAX};

	(void)state;
	dump_print(&l, PRINT_DUMP_BOTH, span_of(big, sizeof(big)));
	assert_true(l.n < PRINT_MAX - PRINT_LINE_MAX);
	assert_memory_equal(mem + l.n - 14, "\n\t7 bytes more", 14);
	free(mem);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_print_as_tcpdump_prints_them),
	    cmocka_unit_test(what_a_bound_leaves_out_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
