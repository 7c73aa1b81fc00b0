/* Records into the bytes of a file, converted on the way. */
#include "cli/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "support/check.h"

static struct output output;

/* An IPv4 packet's first bytes behind an SLL2 header: eth0 is 7, sent by us. */
static const uint8_t sll2[] = {0x08, 0x00, 0, 0, 0,    0,    0, 7, 0,	 1, 4, 6,
			       2,    0,	   0, 0, 0x0a, 0x0b, 0, 0, 0x45, 1, 2, 3};

static struct span
write_one(uint32_t to, bool is_nano, uint32_t from, const uint8_t *data, uint32_t size)
{
	struct savefile_record record = {
	    .time_ns = 5000000123456789u, .caplen = size, .origlen = size + 100};
	struct span waiting;

	output_init(&output, to, is_nano);
	output_put_record(&output, &record, from, data);
	waiting = output_waiting(&output);
	output_written(&output, waiting.n);
	return waiting;
}

static void
test_same_type(void **state)
{
	struct span s = write_one(276, true, 276, sll2, sizeof(sll2));

	(void)state;
	assert_int_equal(s.n, 16 + sizeof(sll2));
	assert_int_equal(bytes_le32(s.p), 5000000);
	assert_int_equal(bytes_le32(s.p + 4), 123456789);
	assert_int_equal(bytes_le32(s.p + 8), sizeof(sll2));
	assert_int_equal(bytes_le32(s.p + 12), sizeof(sll2) + 100);
	assert_memory_equal(s.p + 16, sll2, sizeof(sll2));
}

static void
test_sll2_becomes_sll(void **state)
{
	static const uint8_t want[] = {0,    4,	   0, 1, 0, 6, 2,    0, 0, 0,
				       0x0a, 0x0b, 0, 0, 8, 0, 0x45, 1, 2, 3};
	struct span s = write_one(113, false, 276, sll2, sizeof(sll2));

	(void)state;
	assert_int_equal(s.n, 16 + sizeof(want));
	assert_int_equal(bytes_le32(s.p + 4), 123456);
	assert_int_equal(bytes_le32(s.p + 8), sizeof(want));
	assert_int_equal(bytes_le32(s.p + 12), sizeof(want) + 100);
	assert_memory_equal(s.p + 16, want, sizeof(want));
}

static void
test_head(void **state)
{
	struct span s;

	(void)state;
	output_init(&output, 113, true);
	output_put_head(&output);
	s = output_waiting(&output);
	assert_int_equal(s.n, 24);
	assert_int_equal(bytes_le32(s.p), 0xa1b23c4d);
	assert_int_equal(bytes_le32(s.p + 16), 262144);
	assert_int_equal(bytes_le32(s.p + 20), 113);
}

/* The largest packet that grows by its conversion is cut, and fits. */
static void
test_largest(void **state)
{
	uint8_t *data = calloc(1, SAVEFILE_SNAPLEN_MAX);
	struct savefile_record record = {.caplen = SAVEFILE_SNAPLEN_MAX,
					 .origlen = 2 * SAVEFILE_SNAPLEN_MAX};
	struct span s;

	(void)state;
	assert_non_null(data);
	data[0] = 0x45;
	output_init(&output, 276, false);
	output_put_head(&output);
	assert_true(output_has_room(&output));
	output_put_record(&output, &record, SAVEFILE_LINKTYPE_RAW, data);
	s = output_waiting(&output);
	assert_int_equal(s.n, 24 + 16 + SAVEFILE_SNAPLEN_MAX);
	assert_int_equal(bytes_le32(s.p + 24 + 8), SAVEFILE_SNAPLEN_MAX);
	free(data);
}

/* Room comes back when all is written, and never moves what waits. */
static void
test_room(void **state)
{
	struct savefile_record record = {.caplen = sizeof(sll2), .origlen = sizeof(sll2)};
	const uint8_t *first;
	size_t n = 0;

	(void)state;
	output_init(&output, 276, false);
	while (output_has_room(&output)) {
		output_put_record(&output, &record, 276, sll2);
		n++;
	}
	first = output_waiting(&output).p;
	assert_int_equal(output_waiting(&output).n, n * (16 + sizeof(sll2)));
	output_written(&output, 10);
	assert_false(output_has_room(&output));
	assert_ptr_equal(output_waiting(&output).p, first + 10);
	output_written(&output, output_waiting(&output).n);
	assert_int_equal(output_waiting(&output).n, 0);
	assert_true(output_has_room(&output));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same_type), cmocka_unit_test(test_sll2_becomes_sll),
	    cmocka_unit_test(test_head),      cmocka_unit_test(test_largest),
	    cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
