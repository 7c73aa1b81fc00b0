/* Records into the bytes of a file, converted on the way. */
#include "cli/output/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "pcap/savefile_reader.h"
#include "support/check.h"

extern const struct format format_classic;
extern const struct format format_ng;

static struct output output;
static struct interfaces all;
static struct target target;

/* An IPv4 packet's first bytes behind an SLL2 header: eth0 is 7, sent by us. */
static const uint8_t sll2[] = {0x08, 0x00, 0, 0, 0,    0,    0, 7, 0,	 1, 4, 6,
			       2,    0,	   0, 0, 0x0a, 0x0b, 0, 0, 0x45, 1, 2, 3};

static const struct output_options micro = {.format = &format_classic};
static const struct output_options nano = {.format = &format_classic, .is_nano = true};
static const struct output_options ng = {.format = &format_ng,
					 .os = {(const uint8_t *)"Linux 6", 7}};

/* An output of link type `to`, and an interface 0 of link type `from`. */
static void
begin(const struct output_options *options, uint32_t to, uint32_t from)
{
	struct savefile_interface given = {
	    .linktype = from, .name = span_str("eth0"), .filter = span_str("icmp")};
	struct target *scratch;
	uint32_t number;

	interfaces_fini(&all);
	assert_true(interfaces_init(&all, 2, to, false));
	assert_null(target_parse(&target, "db1"));
	target_name_all(&target, 1, &scratch);
	assert_int_equal(interfaces_add(&all, 0, 1, &target, &given, &number), 0);
	output_init(&output, options, &all);
}

static struct span
take(void)
{
	struct span waiting = output_waiting(&output);

	output_written(&output, waiting.n);
	return waiting;
}

static struct span
write_one(const struct output_options *options, uint32_t to, uint32_t from,
	  const uint8_t *data, uint32_t size, uint32_t index)
{
	struct savefile_record record = {
	    .time_ns = 5000000123456789u, .caplen = size, .origlen = size + 100};

	begin(options, to, from);
	output_describe(&output);
	take();
	output_put_record(&output, &record, index, data);
	return take();
}

static void
packets_of_the_outputs_type_are_copied(void **state)
{
	struct span s = write_one(&nano, 276, 276, sll2, sizeof(sll2), 9);

	(void)state;
	assert_int_equal(s.n, 16 + sizeof(sll2));
	assert_int_equal(bytes_le32(s.p), 5000000);
	assert_int_equal(bytes_le32(s.p + 4), 123456789);
	assert_int_equal(bytes_le32(s.p + 8), sizeof(sll2));
	assert_int_equal(bytes_le32(s.p + 12), sizeof(sll2) + 100);
	assert_memory_equal(s.p + 16, sll2, sizeof(sll2));
	assert_int_equal(all.list[0].packets, 1);
}

/* The direction that its header tells goes with a packet, in pcapng. */
static void
the_direction_goes_with_a_packet(void **state)
{
	struct span s = write_one(&ng, 276, 276, sll2, sizeof(sll2), 0);

	(void)state;
	assert_memory_equal(s.p + 28, sll2, sizeof(sll2));
	assert_memory_equal(s.p + 28 + sizeof(sll2), "\2\0\4\0\2\0\0\0", 8);
}

static void
sll2_becomes_sll(void **state)
{
	static const uint8_t want[] = {0,    4,	   0, 1, 0, 6, 2,    0, 0, 0,
				       0x0a, 0x0b, 0, 0, 8, 0, 0x45, 1, 2, 3};
	struct span s = write_one(&micro, 113, 276, sll2, sizeof(sll2), 0);

	(void)state;
	assert_int_equal(s.n, 16 + sizeof(want));
	assert_int_equal(bytes_le32(s.p + 4), 123456);
	assert_int_equal(bytes_le32(s.p + 8), sizeof(want));
	assert_int_equal(bytes_le32(s.p + 12), sizeof(want) + 100);
	assert_memory_equal(s.p + 16, want, sizeof(want));
}

/* SLL2 in classic pcap: the index that tells the targets apart, also in new headers. */
static void
sll2_headers_tell_the_targets_apart(void **state)
{
	static const uint8_t ip[] = {0x45, 1, 2, 3};
	const struct output_options options = {.format = &format_classic,
					       .has_indexes = true};
	struct span s = write_one(&options, 276, 276, sll2, sizeof(sll2), 0x10007);

	(void)state;
	assert_int_equal(bytes_be32(s.p + 16 + 4), 0x10007);
	assert_memory_equal(s.p + 16, sll2, 4);
	assert_memory_equal(s.p + 24, sll2 + 8, sizeof(sll2) - 8);
	s = write_one(&options, 276, 101, ip, sizeof(ip), 0x20000);
	assert_int_equal(bytes_be32(s.p + 16 + 4), 0x20000);
	assert_memory_equal(s.p + 16 + 20, ip, sizeof(ip));
	/* shorter than its header: nothing to change */
	s = write_one(&options, 276, 276, sll2, 10, 0x10007);
	assert_int_equal(s.n, 16 + 10);
	assert_memory_equal(s.p + 16, sll2, 10);
}

static void
a_classic_file_begins_with_its_header(void **state)
{
	struct span s;

	(void)state;
	begin(&nano, 113, 113);
	output_put_head(&output);
	assert_true(output_is_ready(&output));
	s = take();
	assert_int_equal(s.n, 24);
	assert_int_equal(bytes_le32(s.p), 0xa1b23c4d);
	assert_int_equal(bytes_le32(s.p + 16), 262144);
	assert_int_equal(bytes_le32(s.p + 20), 113);
	assert_true(output_put_tail(&output));
	assert_int_equal(take().n, 0);
}

/* The next event of a file that is read, which has to be this one. */
static struct savefile_out
expect(struct savefile_reader *r, struct span *s, enum savefile_event want)
{
	struct savefile_out out;

	assert_int_equal(savefile_reader_feed(r, s, &out), want);
	return out;
}

static void
expect_interface(struct savefile_reader *r, struct span *s, const char *name)
{
	struct savefile_out out = expect(r, s, SAVEFILE_INTERFACE);

	assert_int_equal(out.interface.linktype, 113);
	assert_int_equal(out.interface.snaplen, 262144);
	assert_true(span_eq(out.interface.name, span_str(name)));
	assert_true(span_eq(out.interface.description, span_str("http://db1:8475")));
	assert_true(span_eq(out.interface.filter, span_str("icmp")));
}

/* A file in pcapng, read again: blocks stand before what needs them, and in a second file
 * all of them from the start. */
static void
blocks_stand_before_what_needs_them(void **state)
{
	struct savefile_record record = {
	    .time_ns = 5000000123456789u, .caplen = sizeof(sll2), .origlen = 100};
	struct savefile_interface second = {
	    .linktype = 276, .name = span_str("lo"), .filter = span_str("icmp")};
	struct savefile_statistics told = {.has = SAVEFILE_HAS_OSDROP, .osdrop = 3};
	struct savefile_reader r;
	struct savefile_out out;
	struct span s;
	uint32_t number;

	(void)state;
	begin(&ng, 113, 276);
	output_put_head(&output);
	assert_false(output_is_ready(&output));
	output_describe(&output);
	assert_true(output_is_ready(&output));
	output_put_record(&output, &record, 0, sll2);
	assert_int_equal(interfaces_add(&all, 0, 1, &target, &second, &number), 0);
	assert_false(output_is_ready(&output));
	output_describe(&output);
	record.interface_id = 1;
	record.time_ns++;
	output_put_record(&output, &record, 0, sll2);
	interfaces_note_statistics(&all, 0, &told);
	assert_true(output_put_tail(&output));
	s = take();

	savefile_reader_init(&r);
	expect(&r, &s, SAVEFILE_START);
	assert_true(r.is_ng && !r.is_ddump);
	expect_interface(&r, &s, "db1/eth0");
	out = expect(&r, &s, SAVEFILE_RECORD);
	assert_int_equal(out.record.time_ns, 5000000123456789u);
	assert_int_equal(out.record.caplen, 20);
	assert_int_equal(out.record.origlen, 96);
	assert_int_equal(out.record.interface_id, 0);
	assert_int_equal(out.record.flags, 2); /* sent */
	expect_interface(&r, &s, "db1/lo");
	out = expect(&r, &s, SAVEFILE_RECORD);
	assert_int_equal(out.record.interface_id, 1);
	out = expect(&r, &s, SAVEFILE_STATISTICS);
	assert_int_equal(out.statistics.interface_id, 0);
	assert_int_equal(out.statistics.has, SAVEFILE_HAS_OSDROP | SAVEFILE_HAS_USRDELIV);
	assert_int_equal(out.statistics.osdrop, 3);
	assert_int_equal(out.statistics.usrdeliv, 1);
	assert_int_equal(out.statistics.time_ns, 5000000123456790u);
	out = expect(&r, &s, SAVEFILE_STATISTICS);
	assert_int_equal(out.statistics.interface_id, 1);
	assert_int_equal(out.statistics.has, SAVEFILE_HAS_USRDELIV);
	expect(&r, &s, SAVEFILE_MORE);
	assert_null(savefile_reader_eof(&r));

	output_put_head(&output);
	output_describe(&output);
	assert_true(output_put_tail(&output));
	s = take();
	savefile_reader_init(&r);
	expect(&r, &s, SAVEFILE_START);
	expect_interface(&r, &s, "db1/eth0");
	expect_interface(&r, &s, "db1/lo");
	expect(&r, &s, SAVEFILE_STATISTICS);
	expect(&r, &s, SAVEFILE_STATISTICS);
	expect(&r, &s, SAVEFILE_MORE);
}

/* What came with a packet goes on with it, in our byte order, behind the flags of its
 * new header. */
static void
what_came_with_a_packet_goes_on_with_it(void **state)
{
	static const uint8_t data[] = {0x45, 1, 2, 3, 4,   0,	0, 0, /* padded */
				       0,    1, 0, 2, 'h', 'i', 0, 0, /* comment */
				       0,    2, 0, 4, 0,   0,	0, 2, /* flags: sent */
				       0,    0, 0, 0};
	static const uint8_t want[] = {2, 0, 4,	  0,   2, 0, 0, 0, 1, 0,
				       2, 0, 'h', 'i', 0, 0, 0, 0, 0, 0};
	struct savefile_record record = {.caplen = 5, .origlen = 5, .options = 20 | 1};
	struct span s;

	(void)state;
	begin(&ng, 113, SAVEFILE_LINKTYPE_RAW);
	output_describe(&output);
	take();
	output_put_record(&output, &record, 0, data);
	s = take();
	assert_int_equal(bytes_le32(s.p + 20), 21);
	assert_int_equal(bytes_be16(s.p + 28), 4); /* outgoing */
	assert_int_equal(s.n, 28 + 24 + sizeof(want) + 4);
	assert_memory_equal(s.p + 28 + 24, want, sizeof(want));
	begin(&micro, 113, SAVEFILE_LINKTYPE_RAW);
	output_put_record(&output, &record, 0, data);
	assert_int_equal(take().n, 16 + 21);
}

/* More blocks than there is room for: all of them come, in pieces. */
static void
more_interfaces_than_fit_come_in_pieces(void **state)
{
	static char os[100];
	struct savefile_interface given = {
	    .linktype = 113, .name = span_str("e"), .os = span_of(os, sizeof(os))};
	struct savefile_reader r;
	struct savefile_out out;
	uint32_t number;
	uint32_t n_interfaces = 0;
	bool is_all = false;

	(void)state;
	memset(os, 'o', sizeof(os));
	begin(&ng, 113, 113);
	while (all.n < NG_INTERFACES_MAX)
		assert_int_equal(interfaces_add(&all, 0, 1, &target, &given, &number), 0);
	output_put_head(&output);
	savefile_reader_init(&r);
	for (int rounds = 0; !is_all; rounds++) {
		enum savefile_event event;
		struct span s;

		assert_true(rounds < 10);
		output_describe(&output);
		is_all = output_is_ready(&output) && output_put_tail(&output);
		s = take();
		do {
			event = savefile_reader_feed(&r, &s, &out);
			assert_int_not_equal(event, SAVEFILE_BAD);
			n_interfaces += event == SAVEFILE_INTERFACE;
			if (event == SAVEFILE_STATISTICS)
				assert_int_equal(n_interfaces, all.n);
		} while (event != SAVEFILE_MORE);
	}
	assert_int_equal(n_interfaces, NG_INTERFACES_MAX);
	assert_int_equal(out.statistics.interface_id, NG_INTERFACES_MAX - 1);
}

/* The largest packet that grows by its conversion is cut, and fits. */
static void
the_largest_packet_fits_after_its_conversion(void **state)
{
	uint8_t *data = calloc(1, SAVEFILE_SNAPLEN_MAX);
	struct savefile_record record = {.caplen = SAVEFILE_SNAPLEN_MAX,
					 .origlen = 2 * SAVEFILE_SNAPLEN_MAX};
	struct span s;

	(void)state;
	assert_non_null(data);
	data[0] = 0x45;
	begin(&micro, 276, SAVEFILE_LINKTYPE_RAW);
	output_put_head(&output);
	assert_true(output_has_room(&output));
	output_put_record(&output, &record, 0, data);
	s = output_waiting(&output);
	assert_int_equal(s.n, 24 + 16 + SAVEFILE_SNAPLEN_MAX);
	assert_int_equal(bytes_le32(s.p + 24 + 8), SAVEFILE_SNAPLEN_MAX);
	begin(&ng, 276, SAVEFILE_LINKTYPE_RAW);
	output_describe(&output);
	take();
	output_put_record(&output, &record, 0, data);
	assert_int_equal(bytes_le32(output_waiting(&output).p + 20),
			 SAVEFILE_SNAPLEN_MAX);
	free(data);
}

/* Room comes back when all is written, and never moves what waits. */
static void
room_comes_back_when_all_is_written(void **state)
{
	struct savefile_record record = {.caplen = sizeof(sll2), .origlen = sizeof(sll2)};
	const uint8_t *first;
	size_t n = 0;

	(void)state;
	begin(&micro, 276, 276);
	while (output_has_room(&output)) {
		output_put_record(&output, &record, 0, sll2);
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

static int
tear_down(void **state)
{
	(void)state;
	interfaces_fini(&all);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(packets_of_the_outputs_type_are_copied),
	    cmocka_unit_test(the_direction_goes_with_a_packet),
	    cmocka_unit_test(sll2_becomes_sll),
	    cmocka_unit_test(sll2_headers_tell_the_targets_apart),
	    cmocka_unit_test(a_classic_file_begins_with_its_header),
	    cmocka_unit_test(blocks_stand_before_what_needs_them),
	    cmocka_unit_test(more_interfaces_than_fit_come_in_pieces),
	    cmocka_unit_test(what_came_with_a_packet_goes_on_with_it),
	    cmocka_unit_test(the_largest_packet_fits_after_its_conversion),
	    cmocka_unit_test(room_comes_back_when_all_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
