/* pcapng as a row of units. */
#include "pcap/format.h"

#include <string.h>

#include "base/bytes.h"
#include "pcap/ng_format.h"
#include "pcap/ng_write.h"
#include "support/check.h"
#include "support/edge.h"

extern const struct format format_ng;

static uint8_t out[FORMAT_UNIT_MAX];

/* A block says its type and, twice, its size. */
static void
expect_block(size_t size, uint32_t type)
{
	bool is_record;

	assert_int_equal(size % 4, 0);
	assert_int_equal(bytes_le32(out), type);
	assert_int_equal(bytes_le32(out + 4), size);
	assert_int_equal(bytes_le32(out + size - 4), size);
	assert_int_equal(format_ng.unit(span_of(out, size), false, &is_record), size);
	assert_int_equal(is_record, type == NG_BLOCK_PACKET);
}

static void
each_unit_is_one_block(void **state)
{
	struct format_file file = {.os = span_str("Linux"),
				   .application = span_str("ddump/0")};
	struct savefile_interface i = {.linktype = 1, .name = span_str("eth0")};
	struct savefile_statistics s = {.has = SAVEFILE_HAS_IFRECV, .ifrecv = 3};

	(void)state;
	expect_block(format_ng.put_head(out, &file), NG_BLOCK_SECTION);
	expect_block(format_ng.put_interface(out, &i), NG_BLOCK_INTERFACE);
	expect_block(format_ng.put_statistics(out, &s), NG_BLOCK_STATISTICS);
}

static void
a_record_of_any_length_is_padded_and_has_its_direction(void **state)
{
	struct format_file file = {.linktype = 1};
	uint8_t *data;

	(void)state;
	for (uint32_t n = 0; n < 9; n++) {
		struct savefile_record record = {
		    .caplen = n, .origlen = n, .flags = 2, .interface_id = 5};
		size_t size;

		memset(out, 0xff, sizeof(out));
		size = format_ng.put_record(out, &file, &record, NULL, &data);
		assert_ptr_equal(data, out + NG_PACKET_HEAD);
		memset(data, 0xee, n);
		expect_block(size, NG_BLOCK_PACKET);
		assert_int_equal(bytes_le32(out + 8), 5);
		assert_int_equal(bytes_le32(out + 20), n);
		for (uint32_t pad = n; pad % 4 != 0; pad++)
			assert_int_equal(data[pad], 0);
		assert_int_equal(bytes_le16(data + (n + 3) / 4 * 4), NG_EPB_FLAGS);
		assert_int_equal(bytes_le32(data + (n + 3) / 4 * 4 + 4), 2);
	}
}

static void
a_block_that_is_cut_asks_for_its_size_first(void **state)
{
	struct savefile_record record = {.caplen = 4};
	struct format_file file = {.linktype = 1};
	uint8_t *data;
	size_t size = format_ng.put_record(out, &file, &record, NULL, &data);
	bool is_record;

	(void)state;
	for (size_t n = 0; n < 12; n++) {
		uint8_t *p = edge_copy(out, n);

		assert_int_equal(format_ng.unit(span_of(p, n), false, &is_record),
				 n < 8 ? 8 : size);
		assert_int_equal(is_record, n >= 4);
		edge_free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_unit_is_one_block),
	    cmocka_unit_test(a_record_of_any_length_is_padded_and_has_its_direction),
	    cmocka_unit_test(a_block_that_is_cut_asks_for_its_size_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
