/* Loads and stores at unaligned addresses, at the edge of a page. */
#include "base/bytes.h"

#include "support/check.h"
#include "support/edge.h"

static void
numbers_are_read_in_either_order(void **state)
{
	uint8_t *p = edge_copy("\x81\x92\xa3\xf4", 4);

	(void)state;
	assert_int_equal(bytes_le16(p + 2), 0xf4a3);
	assert_int_equal(bytes_be16(p + 2), 0xa3f4);
	assert_int_equal(bytes_le32(p), 0xf4a39281);
	assert_int_equal(bytes_be32(p), 0x8192a3f4);
	edge_free(p);
}

static void
numbers_are_stored_in_either_order(void **state)
{
	uint8_t *p = edge_copy("....", 4);

	(void)state;
	bytes_put_le32(p, 0xf4a39281);
	assert_int_equal(bytes_be32(p), 0x8192a3f4);
	bytes_put_be32(p, 0xf4a39281);
	assert_int_equal(bytes_le32(p), 0x8192a3f4);
	bytes_put_le16(p + 2, 0xfedc);
	assert_int_equal(bytes_be16(p + 2), 0xdcfe);
	bytes_put_be16(p + 2, 0xfedc);
	assert_int_equal(bytes_le16(p + 2), 0xdcfe);
	assert_int_equal(bytes_be16(p), 0xf4a3);
	edge_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(numbers_are_read_in_either_order),
	    cmocka_unit_test(numbers_are_stored_in_either_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
