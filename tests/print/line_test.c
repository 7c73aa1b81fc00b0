/* Numbers, addresses and escaped bytes in a bounded line. */
#include "print/line.h"

#include <string.h>

#include "support/check.h"

static char mem[256];

static struct line
make(size_t cap)
{
	return (struct line){.p = mem, .cap = cap, .protocol = "test"};
}

static void
check(const struct line *l, int line, const char *want)
{
	check_span(__FILE__, line, span_str(want), span_of(l->p, l->n), span_str(want),
		   want);
}

static void
every_byte_of_a_packet_is_printable_ascii(void **state)
{
	struct line l;

	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		l = make(sizeof(mem));
		line_escaped(&l, (uint8_t)c);
		assert_true(l.n >= 1 && l.n <= 4);
		for (size_t i = 0; i < l.n; i++)
			assert_true(mem[i] >= 0x20 && mem[i] < 0x7f);
	}
	l = make(sizeof(mem));
	line_escaped(&l, 'a');
	line_escaped(&l, 0x1b);
	line_escaped(&l, 0x7f);
	line_escaped(&l, 0x8a);
	line_escaped(&l, 0xff);
	check(&l, __LINE__, "a^[^?M-^JM-^?");
}

static void
addresses_have_their_shortest_form(void **state)
{
	static const struct {
		int line;
		uint8_t address[16];
		const char *want;
	} rows[] = {
	    {__LINE__, {0}, "::"},
	    {__LINE__, {[15] = 1}, "::1"},
	    {__LINE__, {0x20, 1, [15] = 1}, "2001::1"},
	    {__LINE__, {0x20, 1}, "2001::"},
	    {__LINE__, {[10] = 0xff, 0xff, 1, 2, 3, 4}, "::ffff:1.2.3.4"},
	    {__LINE__, {[12] = 1, 2, 3, 4}, "::1.2.3.4"},
	    {__LINE__, {0, 1, [5] = 2, [11] = 3, [15] = 4}, "1:0:2::3:0:4"},
	    {__LINE__,
	     {0, 1, 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7},
	     "1:0:2:3:4:5:6:7"},
	};
	struct line l;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		l = make(sizeof(mem));
		line_ip6(&l, rows[i].address);
		check(&l, rows[i].line, rows[i].want);
	}
	l = make(sizeof(mem));
	line_ip4(&l, (const uint8_t[]){0, 9, 99, 255});
	line_char(&l, ' ');
	line_mac(&l, (const uint8_t[]){0, 1, 0xab, 0xff, 0x10, 2});
	check(&l, __LINE__, "0.9.99.255 00:01:ab:ff:10:02");
}

static void
numbers_have_the_digits_that_are_asked_for(void **state)
{
	struct line l = make(sizeof(mem));

	(void)state;
	line_hex(&l, 0, 1);
	line_number(&l, " ", UINT64_MAX);
	line_char(&l, ' ');
	line_hex(&l, 0xbeef, 8);
	line_char(&l, ' ');
	line_hex(&l, UINT32_MAX, 1);
	line_bytes(&l, span_of("\x00\xfe", 2));
	check(&l, __LINE__, "0 18446744073709551615 0000beef ffffffff00fe");
}

static void
nothing_is_written_behind_the_end_nor_after_it(void **state)
{
	struct line l = make(5);

	(void)state;
	memset(mem, '#', sizeof(mem));
	line_str(&l, "abcdefgh");
	line_char(&l, 'x');
	line_u64(&l, 12345);
	check(&l, __LINE__, "abcde");
	assert_true(mem[5] == '#');
	l = make(sizeof(mem));
	assert_true(line_needs(&l, span_of("ab", 2), 2));
	assert_false(line_needs(&l, span_of("ab", 2), 3));
	line_str(&l, "more");
	assert_false(line_needs(&l, span_of("ab", 2), 1));
	check(&l, __LINE__, " [|test]");
}

static void
words_are_found_by_their_number(void **state)
{
	static const struct line_word words[] = {{1, "one"}, {7, "seven"}};

	(void)state;
	assert_string_equal(LINE_FIND(words, 7), "seven");
	assert_null(LINE_FIND(words, 2));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_byte_of_a_packet_is_printable_ascii),
	    cmocka_unit_test(addresses_have_their_shortest_form),
	    cmocka_unit_test(numbers_have_the_digits_that_are_asked_for),
	    cmocka_unit_test(nothing_is_written_behind_the_end_nor_after_it),
	    cmocka_unit_test(words_are_found_by_their_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
