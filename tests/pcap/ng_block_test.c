/* The describing blocks of pcapng, read at every length they can be cut to. */
#include "pcap/ng_block.h"

#include <stdlib.h>
#include <string.h>

#include "pcap/ng_format.h"
#include "pcap/ng_write.h"
#include "support/check.h"
#include "support/edge.h"

static struct ng_reader reader;
static struct savefile_out out;
static uint8_t mem[NG_INTERFACE_MAX];

static void
begin(void)
{
	static const uint8_t magic[4] = {0x0a, 0x0d, 0x0d, 0x0a};

	memset(&out, 0, sizeof(out));
	ng_reader_init(&reader, magic);
	reader.is_big_endian = false;
}

/* The block of our writer in mem, without its second length. */
static enum savefile_event
read_block(uint32_t type, size_t size)
{
	return ng_block_read(&reader, type, span_of(mem, size - NG_TRAILER), false, &out);
}

static enum savefile_event
read_section(const char *application)
{
	return read_block(NG_BLOCK_SECTION,
			  ng_write_section(mem, span_str(""), span_str("Linux"),
					   span_str(application)));
}

static enum savefile_event
read_interface(const char *name)
{
	struct savefile_interface i = {.linktype = SAVEFILE_LINKTYPE_SLL2,
				       .snaplen = 96,
				       .name = span_str(name),
				       .description = span_str("uplink"),
				       .filter = span_str("tcp"),
				       .os = span_str("Linux 6")};

	return read_block(NG_BLOCK_INTERFACE, ng_write_interface(mem, &i));
}

static void
only_the_first_section_starts_a_file_and_each_says_whose_it_is(void **state)
{
	(void)state;
	begin();
	assert_int_equal(read_section("ddump-worker/1"), SAVEFILE_START);
	assert_true(reader.is_ddump);
	assert_int_equal(read_section("dumpcap"), SAVEFILE_MORE);
	assert_false(reader.is_ddump);
}

static void
an_interface_is_read_as_it_was_written(void **state)
{
	(void)state;
	begin();
	assert_int_equal(read_interface("eth0"), SAVEFILE_INTERFACE);
	assert_int_equal(out.interface.linktype, SAVEFILE_LINKTYPE_SLL2);
	assert_int_equal(out.interface.snaplen, 96);
	assert_true(span_eq(out.interface.name, span_str("eth0")));
	assert_true(span_eq(out.interface.description, span_str("uplink")));
	assert_true(span_eq(out.interface.filter, span_str("tcp")));
	assert_true(span_eq(out.interface.os, span_str("Linux 6")));
	assert_int_equal(reader.interfaces[0].tsresol, 9);
}

static void
statistics_name_an_interface_of_their_own_section(void **state)
{
	struct savefile_statistics s = {.time_ns = 1700000000123456789,
					.interface_id = 0,
					.has = SAVEFILE_HAS_IFRECV | SAVEFILE_HAS_OSDROP |
					       SAVEFILE_HAS_USRDELIV |
					       SAVEFILE_HAS_ACCEPT | SAVEFILE_HAS_IFDROP,
					.ifrecv = 1,
					.ifdrop = 2,
					.osdrop = 3,
					.usrdeliv = 4,
					.accept = 5,
					.comment = span_str("count: count reached")};

	(void)state;
	begin();
	read_section("");
	read_interface("one");
	read_section("");
	assert_int_equal(read_block(NG_BLOCK_STATISTICS, ng_write_statistics(mem, &s)),
			 SAVEFILE_MORE); /* the first section's is another: skipped */
	begin();
	read_section("");
	read_interface("one");
	read_section("");
	read_interface("two");
	assert_int_equal(read_block(NG_BLOCK_STATISTICS, ng_write_statistics(mem, &s)),
			 SAVEFILE_STATISTICS);
	assert_int_equal(out.statistics.interface_id, 1);
	assert_int_equal(out.statistics.time_ns, s.time_ns);
	assert_int_equal(out.statistics.has, s.has);
	assert_int_equal(out.statistics.ifrecv, 1);
	assert_int_equal(out.statistics.ifdrop, 2);
	assert_int_equal(out.statistics.osdrop, 3);
	assert_int_equal(out.statistics.usrdeliv, 4);
	assert_int_equal(out.statistics.accept, 5);
	assert_true(span_eq(out.statistics.comment, s.comment));
}

static void
a_block_that_is_too_short_or_has_a_cut_option_is_bad(void **state)
{
	static const struct {
		uint32_t type;
		size_t fixed;
	} rows[] = {{NG_BLOCK_SECTION, NG_SECTION_FIXED},
		    {NG_BLOCK_INTERFACE, NG_INTERFACE_FIXED},
		    {NG_BLOCK_STATISTICS, NG_STATISTICS_FIXED}};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		static const uint8_t option[] = {2, 0, 100, 0};

		for (size_t n = 0; n <= rows[i].fixed; n++) {
			uint8_t *p;

			begin();
			reader.n_interfaces = 1;
			memset(mem, 0, sizeof(mem));
			mem[12] = rows[i].type == NG_BLOCK_SECTION;
			p = edge_copy(mem, n);
			assert_int_equal(ng_block_read(&reader, rows[i].type,
						       span_of(p, n), false,
						       &out) == SAVEFILE_BAD,
					 n < rows[i].fixed);
			edge_free(p);
		}
		memcpy(mem + rows[i].fixed, option, sizeof(option));
		for (int is_cut = 0; is_cut < 2; is_cut++) {
			begin();
			reader.n_interfaces = 1;
			assert_int_equal(
			    ng_block_read(&reader, rows[i].type,
					  span_of(mem, rows[i].fixed + sizeof(option)),
					  is_cut, &out) == SAVEFILE_BAD,
			    !is_cut);
		}
	}
}

static void
one_interface_too_many_is_bad(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < NG_INTERFACES_MAX; i++)
		assert_int_equal(read_interface("x"), SAVEFILE_INTERFACE);
	assert_int_equal(read_interface("x"), SAVEFILE_BAD);
	assert_string_equal(out.reason, "more than 4096 interfaces");
}

static void
only_describing_block_are_read(void **state)
{
	(void)state;
	assert_true(ng_block_is_read(NG_BLOCK_SECTION));
	assert_true(ng_block_is_read(NG_BLOCK_INTERFACE));
	assert_true(ng_block_is_read(NG_BLOCK_STATISTICS));
	assert_false(ng_block_is_read(NG_BLOCK_PACKET));
	assert_false(ng_block_is_read(0x0bad));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		only_the_first_section_starts_a_file_and_each_says_whose_it_is),
	    cmocka_unit_test(an_interface_is_read_as_it_was_written),
	    cmocka_unit_test(statistics_name_an_interface_of_their_own_section),
	    cmocka_unit_test(a_block_that_is_too_short_or_has_a_cut_option_is_bad),
	    cmocka_unit_test(one_interface_too_many_is_bad),
	    cmocka_unit_test(only_describing_block_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
