/* Records of names, and that they pass into a block as they are. */
#include "pcap/ng_names.h"

#include <string.h>

#include "pcap/ng_passed.h"
#include "support/check.h"

static void
an_address_and_its_name_are_a_record(void **state)
{
	static const uint8_t v4[] = {10, 0, 0, 1};
	static const uint8_t v6[16] = {0xfd, 0, [15] = 1};
	static const uint8_t want4[] = {1, 0, 8, 0, 10, 0, 0, 1, 'w', 'e', 'b', 0};
	static uint8_t out[NG_PASSED_MAX];
	uint8_t body[2 * NG_NAMES_RECORD_MAX];
	struct savefile_block block;
	struct ng_passed passed;
	size_t n;

	(void)state;
	n = ng_names_put(body, v4, 4, span_str("web"));
	assert_int_equal(n, sizeof(want4));
	assert_memory_equal(body, want4, n);
	n += ng_names_put(body + n, v6, 16, span_str("db.ns"));
	assert_int_equal(n, 12 + 4 + 24);
	assert_int_equal(body[12], 2);
	assert_int_equal(body[14], 22);
	block = ng_names_block((uint32_t)n);
	assert_true(ng_passed_is(block.type));
	ng_passed_init(&passed, &block, span_of(body, n));
	assert_int_equal(ng_passed_next(&passed, out), 8 + n + 4 + 4);
	assert_memory_equal(out + 8, body, n);
	assert_int_equal(ng_passed_next(&passed, out), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_address_and_its_name_are_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
