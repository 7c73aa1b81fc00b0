/* Options of pcapng in either byte order, whole and cut at every byte. */
#include "pcap/ng_options.h"

#include <string.h>

#include "base/bytes.h"
#include "pcap/ng_format.h"
#include "support/check.h"
#include "support/edge.h"

static uint8_t mem[128];
static size_t size;
static bool is_big;

static void
put16(uint32_t v)
{
	mem[size++] = (uint8_t)(is_big ? v >> 8 : v);
	mem[size++] = (uint8_t)(is_big ? v : v >> 8);
}

static void
put(uint32_t code, const void *value, size_t n)
{
	put16(code);
	put16((uint32_t)n);
	memcpy(mem + size, value, n);
	memset(mem + size + n, 0, 3);
	size += (n + 3) / 4 * 4;
}

static void
each_option_is_found_in_either_byte_order(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct ng_options o;
		struct ng_option option;

		size = 0;
		is_big = big;
		put(NG_OPTION_COMMENT, "hello", 5);
		put(4660, "", 0);
		put(NG_EPB_FLAGS, "\1\2\3\4", 4);
		put(NG_OPTION_END, "", 0);
		put(7, "never seen", 10);
		o = (struct ng_options){span_of(mem, size), is_big};
		assert_true(ng_options_next(&o, &option));
		assert_int_equal(option.code, NG_OPTION_COMMENT);
		assert_true(span_eq(option.value, span_str("hello")));
		assert_true(ng_options_next(&o, &option));
		assert_int_equal(option.code, 4660);
		assert_int_equal(option.value.n, 0);
		assert_true(ng_options_next(&o, &option));
		assert_int_equal(option.code, NG_EPB_FLAGS);
		assert_false(ng_options_next(&o, &option));
		assert_int_equal(o.rest.n, 0);
		assert_false(ng_options_next(&o, &option));
	}
}

static void
an_option_that_passes_the_end_is_not_given_and_the_rest_stays(void **state)
{
	(void)state;
	size = 0;
	is_big = false;
	put(NG_OPTION_COMMENT, "hello", 5); /* 12 bytes with its padding */
	for (size_t n = 0; n <= size; n++) {
		uint8_t *p = edge_copy(mem, n);
		struct ng_options o = {span_of(p, n), false};
		struct ng_option option;

		assert_int_equal(ng_options_next(&o, &option), n == size);
		assert_int_equal(o.rest.n, n == size ? 0 : n);
		edge_free(p);
	}
}

static void
the_flags_of_a_record_are_read_behind_its_padded_bytes(void **state)
{
	(void)state;
	for (int big = 0; big < 2; big++) {
		struct savefile_record record = {.caplen = 5, .flags = 99};
		uint8_t flags[4] = {0};

		size = 0;
		is_big = big;
		flags[big ? 3 : 0] = 2;
		memset(mem, 0xff, 8);
		size = 8; /* five bytes and their padding */
		put(NG_OPTION_COMMENT, "x", 1);
		put(NG_EPB_FLAGS, "\0\0", 2); /* of a wrong length: none */
		put(NG_EPB_FLAGS, flags, 4);
		record.options =
		    (uint16_t)((size - 8) | (big ? SAVEFILE_OPTIONS_BIG_ENDIAN : 0));
		assert_int_equal(ng_options_flags(&record, mem), 2);
		assert_int_equal(ng_options_of(&record, mem).rest.n, size - 8);
		record.options = (uint16_t)(8 | (big ? SAVEFILE_OPTIONS_BIG_ENDIAN : 0));
		assert_int_equal(ng_options_flags(&record, mem), 0);
		record.options = 0;
		assert_int_equal(ng_options_flags(&record, mem), 99);
		assert_int_equal(ng_options_of(&record, mem).rest.n, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_option_is_found_in_either_byte_order),
	    cmocka_unit_test(
		an_option_that_passes_the_end_is_not_given_and_the_rest_stays),
	    cmocka_unit_test(the_flags_of_a_record_are_read_behind_its_padded_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
