/* Classic pcap as a row of units: what a file of our writer is cut into. */
#include "pcap/format.h"

#include "base/bytes.h"
#include "pcap/classic_write.h"
#include "support/check.h"
#include "support/edge.h"

extern const struct format format_classic;

static void
the_head_says_precision_and_link_type(void **state)
{
	struct format_file file = {.linktype = SAVEFILE_LINKTYPE_SLL2};
	uint8_t out[CLASSIC_FILE_HEADER];

	(void)state;
	for (int is_nano = 0; is_nano < 2; is_nano++) {
		file.is_nano = is_nano;
		assert_int_equal(format_classic.put_head(out, &file), sizeof(out));
		assert_int_equal(bytes_le32(out), is_nano ? 0xa1b23c4d : 0xa1b2c3d4);
		assert_int_equal(bytes_le32(out + 16), SAVEFILE_SNAPLEN_MAX);
		assert_int_equal(bytes_le32(out + 20), SAVEFILE_LINKTYPE_SLL2);
	}
}

static void
a_record_leaves_room_for_its_bytes_behind_its_header(void **state)
{
	struct format_file file = {.is_nano = true};
	struct savefile_record record = {
	    .time_ns = 5000000007, .caplen = 60, .origlen = 1500};
	uint8_t out[CLASSIC_RECORD_HEADER + 60];
	uint8_t *data;

	(void)state;
	assert_int_equal(format_classic.put_record(out, &file, &record, NULL, &data),
			 sizeof(out));
	assert_ptr_equal(data, out + CLASSIC_RECORD_HEADER);
	assert_int_equal(bytes_le32(out), 5);
	assert_int_equal(bytes_le32(out + 4), 7);
	assert_int_equal(bytes_le32(out + 8), 60);
	assert_int_equal(bytes_le32(out + 12), 1500);
}

static void
the_size_of_a_unit_is_known_once_its_header_is_there(void **state)
{
	uint8_t bytes[CLASSIC_RECORD_HEADER] = {[8] = 100};
	bool is_record;

	(void)state;
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		uint8_t *p = edge_copy(bytes, n);

		assert_int_equal(format_classic.unit(span_of(p, n), true, &is_record),
				 CLASSIC_FILE_HEADER);
		assert_false(is_record);
		assert_int_equal(format_classic.unit(span_of(p, n), false, &is_record),
				 n < sizeof(bytes) ? CLASSIC_RECORD_HEADER
						   : CLASSIC_RECORD_HEADER + 100);
		assert_true(is_record);
		edge_free(p);
	}
}

static void
it_has_no_place_for_interfaces_statistics_and_directions(void **state)
{
	(void)state;
	assert_null(format_classic.put_interface);
	assert_null(format_classic.put_statistics);
	assert_false(format_classic.has_flags);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_head_says_precision_and_link_type),
	    cmocka_unit_test(a_record_leaves_room_for_its_bytes_behind_its_header),
	    cmocka_unit_test(the_size_of_a_unit_is_known_once_its_header_is_there),
	    cmocka_unit_test(it_has_no_place_for_interfaces_statistics_and_directions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
