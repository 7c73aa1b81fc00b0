/*
 * Link types: headers in, headers out, with lengths and direction. The results of the
 * Ethernet, raw and NULL rows were shown to be dissected alike by tshark 4.0.
 */
#include "pcap/linktype.h"
#include "support/check.h"

#include <string.h>

#include "support/edge.h"
#include "support/image.h"

#define NULLT	 SAVEFILE_LINKTYPE_NULL
#define ETHERNET SAVEFILE_LINKTYPE_ETHERNET
#define RAW	 SAVEFILE_LINKTYPE_RAW
#define IPV4	 SAVEFILE_LINKTYPE_IPV4
#define IPV6	 SAVEFILE_LINKTYPE_IPV6
#define SLL	 SAVEFILE_LINKTYPE_SLL
#define SLL2	 SAVEFILE_LINKTYPE_SLL2
#define IFINDEX	 7
#define ROOM	 256

/* clang-format off */
static const struct row {
	int line;
	uint32_t from, to;
	uint32_t flags_in, flags_out;
	const char *packet, *want;
} rows[] = {
	/* Ethernet: to this host or unknown, broadcast, multicast, sent. */
	{__LINE__, ETHERNET, SLL, 0, 0, "020000000002 020000000001 0800 45aa",
	 "0000 0001 0006 0200000000010000 0800 45aa"},
	{__LINE__, ETHERNET, SLL2, 0, 0, "020000000002 020000000001 0800 45aa",
	 "0800 0000 00000007 0001 00 06 0200000000010000 45aa"},
	{__LINE__, ETHERNET, SLL, 0, 0, "ffffffffffff 020000000001 0806 0001",
	 "0001 0001 0006 0200000000010000 0806 0001"},
	{__LINE__, ETHERNET, SLL2, 0, 0, "333300000001 020000000001 86dd 60",
	 "86dd 0000 00000007 0001 02 06 0200000000010000 60"},
	{__LINE__, ETHERNET, SLL2, 2, 2, "020000000002 020000000001 0800 45",
	 "0800 0000 00000007 0001 04 06 0200000000010000 45"},
	{__LINE__, ETHERNET, SLL, 0x105, 0x105, "020000000002 020000000001 0800 45",
	 "0000 0001 0006 0200000000010000 0800 45"},
	/* VLAN tags, 802.3 with LLC, Novell's without; the last EtherType that is none. */
	{__LINE__, ETHERNET, SLL, 0, 0, "020000000002 020000000001 8100 002a 0800 45",
	 "0000 0001 0006 0200000000010000 8100 002a 0800 45"},
	{__LINE__, ETHERNET, SLL, 0, 0, "0180c2000000 020000000001 0026 424203",
	 "0002 0001 0006 0200000000010000 0004 424203"},
	{__LINE__, ETHERNET, SLL2, 0, 0, "020000000002 020000000001 0022 ffff0022",
	 "0001 0000 00000007 0001 00 06 0200000000010000 ffff0022"},
	{__LINE__, ETHERNET, SLL, 0, 0, "020000000002 020000000001 0022 ff",
	 "0000 0001 0006 0200000000010000 0004 ff"},
	{__LINE__, ETHERNET, SLL, 0, 0, "020000000002 020000000001 05ff ff",
	 "0000 0001 0006 0200000000010000 0004 ff"},
	{__LINE__, ETHERNET, SLL, 0, 0, "020000000002 020000000001 0600 ff",
	 "0000 0001 0006 0200000000010000 0600 ff"},
	/* Header only, too short, nothing. */
	{__LINE__, ETHERNET, SLL, 0, 0, "020000000002 020000000001 0800",
	 "0000 0001 0006 0200000000010000 0800"},
	{__LINE__, ETHERNET, SLL, 0, 0, "020000000002 020000000001 08",
	 "0000 0001 0000 0000000000000000 0000 020000000002 020000000001 08"},
	{__LINE__, ETHERNET, SLL2, 0, 0, "", "0000 0000 00000007 0001 00 00 z8"},
	/* Raw IP, by its version or by the link type. */
	{__LINE__, RAW, SLL, 0, 0, "45aa", "0000 fffe 0000 z8 0800 45aa"},
	{__LINE__, RAW, SLL2, 0, 0, "60aa", "86dd 0000 00000007 fffe 00 00 z8 60aa"},
	{__LINE__, RAW, SLL2, 2, 2, "60aa", "86dd 0000 00000007 fffe 04 00 z8 60aa"},
	{__LINE__, RAW, SLL, 0, 0, "50aa", "0000 fffe 0000 z8 0000 50aa"},
	{__LINE__, RAW, SLL, 0, 0, "", "0000 fffe 0000 z8 0000"},
	{__LINE__, IPV4, SLL, 0, 0, "45aa", "0000 fffe 0000 z8 0800 45aa"},
	{__LINE__, IPV6, SLL, 0, 0, "", "0000 fffe 0000 z8 86dd"},
	/* Loopback, in either byte order, with the numbers for IPv6 of four systems. */
	{__LINE__, NULLT, SLL, 0, 0, "02000000 45", "0000 0304 0000 z8 0800 45"},
	{__LINE__, SAVEFILE_LINKTYPE_LOOP, SLL, 0, 0, "00000002 45", "0000 0304 0000 z8 0800 45"},
	{__LINE__, NULLT, SLL, 0, 0, "00000002 45", "0000 0304 0000 z8 0800 45"},
	{__LINE__, NULLT, SLL2, 0, 0, "18000000 60", "86dd 0000 00000007 0304 00 00 z8 60"},
	{__LINE__, NULLT, SLL, 0, 0, "0000001c 60", "0000 0304 0000 z8 86dd 60"},
	{__LINE__, NULLT, SLL, 0, 0, "1e000000 60", "0000 0304 0000 z8 86dd 60"},
	{__LINE__, NULLT, SLL, 0, 0, "0000000a 60", "0000 0304 0000 z8 86dd 60"},
	{__LINE__, NULLT, SLL, 0, 0, "07000000 60", "0000 0304 0000 z8 0000 60"},
	{__LINE__, NULLT, SLL, 0, 0, "020000", "0000 0304 0000 z8 0000 020000"},
	/* Cooked to cooked: every field but the index survives, netlink's too. */
	{__LINE__, SLL, SLL2, 0, 2, "0004 0304 0006 0102030405060708 0800 45",
	 "0800 0000 00000007 0304 04 06 0102030405060708 45"},
	{__LINE__, SLL2, SLL, 0, 1, "0800 1234 00000009 0001 03 06 0102030405060708 45",
	 "0003 0001 0006 0102030405060708 0800 45"},
	{__LINE__, SLL2, SLL, 0, 0, "000f 0000 00000009 0338 06 00 z8 45",
	 "0006 0338 0000 z8 000f 45"},
	{__LINE__, SLL, SLL2, 0, 0, "ffff 0020 0114 0102030405060708 86dd 60",
	 "86dd 0000 00000007 0020 ff ff 0102030405060708 60"},
	{__LINE__, SLL2, SLL, 0, 1, "0800 0000 00000009 0020 00 14 0102030405060708 45",
	 "0000 0020 0014 0102030405060708 0800 45"},
	{__LINE__, SLL2, SLL, 4, 5, "0800 0000 00000009 0001 00 06 0102030405060708",
	 "0000 0001 0006 0102030405060708 0800"},
	{__LINE__, SLL2, SLL, 2, 2, "0800 0000 00000009 0001 00 06 01020304050607",
	 "0000 0000 0000 z8 0000 0800 0000 00000009 0001 00 06 01020304050607"},
	{__LINE__, SLL, SLL2, 0, 0, "0004 0304 0006 0102030405060708 08",
	 "0000 0000 00000007 0000 00 00 z8 0004 0304 0006 0102030405060708 08"},
	/* Nothing to do, or no way. */
	{__LINE__, SLL, SLL, 0, 2, "0004 0304 0006 0102030405060708 0800 45",
	 "0004 0304 0006 0102030405060708 0800 45"},
	{__LINE__, ETHERNET, ETHERNET, 2, 2, "0102", "0102"},
	{__LINE__, 147, 147, 0, 0, "0102", "0102"},
	{__LINE__, 147, SLL, 0, 0, "0102", "0102"},
	{__LINE__, SLL, ETHERNET, 0, 0, "0102", "0102"},
};
/* clang-format on */

static void
check_row(const struct row *row)
{
	uint8_t packet[ROOM], want[ROOM], got[ROOM];
	size_t n = image_make(row->packet, packet, ROOM);
	size_t n_want = image_make(row->want, want, ROOM);
	uint8_t *data = edge_copy(packet, n);
	struct span in = span_of(data, n);
	struct savefile_record record = {
	    .caplen = (uint32_t)n, .origlen = (uint32_t)n + 1000, .flags = row->flags_in};
	struct linktype_change change;

	linktype_convert(row->from, row->to, IFINDEX, data, &record, &change);
	check_true(__FILE__, row->line, in, change.skip <= n, "skip");
	memcpy(got, change.head, change.head_size);
	memcpy(got + change.head_size, data + change.skip, n - change.skip);
	check_span(__FILE__, row->line, in,
		   span_of(got, change.head_size + n - change.skip),
		   span_of(want, n_want), "packet");
	check_u64(__FILE__, row->line, in, record.caplen, n_want, "caplen");
	check_u64(__FILE__, row->line, in, record.origlen, n_want + 1000, "origlen");
	check_u64(__FILE__, row->line, in, record.flags, row->flags_out, "flags");
	edge_free(data);
}

static void
each_header_becomes_the_cooked_one_that_tells_the_same(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		check_row(&rows[i]);
}

/* SLL2 -> SLL -> SLL2 loses nothing, when told the index; nor the other way round. */
static void
cooked_headers_survive_there_and_back(void **state)
{
	uint8_t packet[ROOM];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const struct row *row = &rows[i];
		size_t n = image_make(row->packet, packet, sizeof(packet));
		struct savefile_record record = {.caplen = (uint32_t)n,
						 .origlen = (uint32_t)n};
		struct linktype_change to, back;
		uint8_t other[LINKTYPE_HEAD_MAX];
		uint32_t index = linktype_ifindex(row->from, packet, (uint32_t)n);

		if (linktype_cooked_size(row->from) == 0 || row->from == row->to ||
		    n < linktype_cooked_size(row->from) || packet[0] == 0xff ||
		    packet[2] == 0x12)
			continue;
		linktype_convert(row->from, row->to, index, packet, &record, &to);
		memcpy(other, to.head, to.head_size);
		linktype_convert(row->to, row->from, index, other, &record, &back);
		check_span(__FILE__, row->line, span_of(packet, n),
			   span_of(back.head, back.head_size),
			   span_of(packet, back.head_size), "there and back");
	}
}

static void
lengths_stay_below_their_bounds(void **state)
{
	static uint8_t packet[SAVEFILE_SNAPLEN_MAX];
	struct savefile_record record = {.caplen = SAVEFILE_SNAPLEN_MAX,
					 .origlen = UINT32_MAX};
	struct linktype_change change;

	(void)state;
	linktype_convert(RAW, SLL2, 0, packet, &record, &change);
	assert_int_equal(record.caplen, SAVEFILE_SNAPLEN_MAX);
	assert_int_equal(record.origlen, UINT32_MAX);
	record.caplen = SAVEFILE_SNAPLEN_MAX;
	record.origlen = SAVEFILE_SNAPLEN_MAX;
	linktype_convert(ETHERNET, SLL, 0, packet, &record, &change);
	assert_int_equal(record.caplen, SAVEFILE_SNAPLEN_MAX);
	assert_int_equal(record.origlen, SAVEFILE_SNAPLEN_MAX + 2);
	record.caplen = SAVEFILE_SNAPLEN_MAX;
	linktype_convert(SLL2, SLL, 0, packet, &record, &change);
	assert_int_equal(record.caplen, SAVEFILE_SNAPLEN_MAX - 4);
}

static void
what_a_link_type_is_asked_is_in_its_row(void **state)
{
	static const uint8_t sll2[20] = {8, 0, 0, 0, 0x12, 0x34, 0x56, 0x78, 0, 1, 4, 6};

	(void)state;
	assert_int_equal(linktype_cooked_size(SLL), 16);
	assert_int_equal(linktype_cooked_size(SLL2), 20);
	assert_int_equal(linktype_cooked_size(ETHERNET), 0);
	assert_int_equal(linktype_ifindex(SLL2, sll2, 20), 0x12345678);
	assert_int_equal(linktype_ifindex(SLL2, sll2, 19), 0);
	assert_int_equal(linktype_ifindex(SLL, sll2, 20), 0);
	assert_int_equal(linktype_direction(SLL2, sll2, 20), 2);
	assert_int_equal(linktype_direction(SLL2, sll2, 19), 0);
	assert_int_equal(linktype_direction(ETHERNET, sll2, 20), 0);
	assert_true(linktype_can_convert(ETHERNET, SLL2));
	assert_true(linktype_can_convert(147, 147));
	assert_false(linktype_can_convert(SLL, ETHERNET));
	assert_false(linktype_can_convert(147, SLL));
}

static void
the_payload_begins_behind_a_whole_header(void **state)
{
	static const struct {
		int line;
		uint32_t linktype, at;
		uint16_t type;
		const char *packet;
	} packets[] = {
	    {__LINE__, ETHERNET, 14, 0x0806, "020000000002 020000000001 0806"},
	    {__LINE__, ETHERNET, LINKTYPE_NONE, 0, "020000000002 020000000001 08"},
	    {__LINE__, SLL, 16, 0x86dd, "0004 0304 0006 0102030405060708 86dd"},
	    {__LINE__, SLL, LINKTYPE_NONE, 0, "0004 0304 0006 0102030405060708 86"},
	    {__LINE__, SLL2, 20, 0x8100, "8100 0000 00000007 0001 00 06 z8"},
	    {__LINE__, NULLT, 4, 0x0800, "ffffffff 45"},
	    {__LINE__, NULLT, 4, 0, "02000000"},
	    {__LINE__, NULLT, LINKTYPE_NONE, 0, "020000"},
	    {__LINE__, RAW, 0, 0x86dd, "60"},
	    {__LINE__, IPV4, 0, 0x0800, "45"},
	    {__LINE__, IPV6, 0, 0, ""},
	    {__LINE__, 147, LINKTYPE_NONE, 0, "45"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(packets); i++) {
		uint8_t bytes[ROOM];
		size_t n = image_make(packets[i].packet, bytes, sizeof(bytes));
		uint8_t *data = edge_copy(bytes, n);
		struct span in = span_of(data, n);
		uint16_t type;

		check_u64(__FILE__, packets[i].line, in,
			  linktype_payload(packets[i].linktype, data, (uint32_t)n, &type),
			  packets[i].at, "at");
		check_u64(__FILE__, packets[i].line, in, type, packets[i].type, "type");
		edge_free(data);
	}
	assert_string_equal(linktype_name(ETHERNET), "EN10MB (Ethernet)");
	assert_null(linktype_name(147));
	assert_int_equal(linktype_of(12), SAVEFILE_LINKTYPE_RAW);
	assert_int_equal(linktype_of(14), SAVEFILE_LINKTYPE_RAW);
	assert_int_equal(linktype_of(13), 13);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_header_becomes_the_cooked_one_that_tells_the_same),
	    cmocka_unit_test(cooked_headers_survive_there_and_back),
	    cmocka_unit_test(lengths_stay_below_their_bounds),
	    cmocka_unit_test(the_payload_begins_behind_a_whole_header),
	    cmocka_unit_test(what_a_link_type_is_asked_is_in_its_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
