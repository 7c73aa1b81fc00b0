/* Hidden VLAN tags: rows from life (Linux 6.18), each read at every capture length too. */
#include "pcap/cooked_tags.h"
#include "support/check.h"

#include "pcap/savefile.h"
#include "support/edge.h"
#include "support/image.h"

#define SLL	 SAVEFILE_LINKTYPE_SLL
#define SLL2	 SAVEFILE_LINKTYPE_SLL2
#define ETHERNET SAVEFILE_LINKTYPE_ETHERNET
#define ROOM	 256

/* clang-format off */
#define SLL2_OF(tpid) tpid " 0000 00000002 0001 00 06 02000000000a 0000 "
#define SLL_OF(tpid)  "0000 0001 0006 02000000000a 0000 " tpid " "
#define IP4 " 4500 0024 0001 0000 40 11 6600 0a630001 0a630002 270f 270f 0010 0000 z8"
#define IP4_2048(id, sum) " 4500 0800 " id " 0000 40 11 " sum " 0a630001 0a630002 270f 270f 07ec 0000 z8"
#define IP6 " 60000000 0008 11 40 fd09 z12 0001 fd09 z12 0002 270f 270f 0008 0000"
#define IP6_LABEL " 600086dd 0008 11 40 fd09 z12 0001 fd09 z12 0002 270f 270f 0008 0000"
#define PPPOE " 1100 8864 0006 0021 z4"

static const struct row {
	int line;
	uint32_t linktype, at, more; /* bytes on the wire that were not captured */
	const char *packet;
} rows[] = {
	{__LINE__, SLL2, 22, 0, SLL2_OF("88a8") "000b 0800 000c 0800" IP4},
	{__LINE__, SLL, 18, 0, SLL_OF("88a8") "000b 0800 000c 0800" IP4},
	{__LINE__, SLL2, 22, 0, SLL2_OF("8100") "000d 0800 000e 0800" IP4},
	{__LINE__, SLL2, 22, 0, SLL2_OF("88a8") "000b 0800 000c 8100 000d 0800" IP4},
	{__LINE__, SLL2, 22, 0, SLL2_OF("88a8") "000b 0800 4500 0800" IP4},
	{__LINE__, SLL2, 22, 0, SLL2_OF("88a8") "000b 86dd 6001 86dd" IP6},
	{__LINE__, SLL2, 22, 0, SLL2_OF("88a8") "000b 0806 000c 0806 0001 0800 0604 0001 z20"},
	{__LINE__, SLL2, 22, 0, SLL2_OF("88a8") "000b 8864 000c 8864" PPPOE},
	{__LINE__, SLL2, 22, 2012, SLL2_OF("88a8") "000b 0800 4500 0800" IP4_2048("0001", "5e24")},
	/* One tag, or none, or none of a live cooked packet. */
	{__LINE__, SLL2, 0, 0, SLL2_OF("8100") "0005 0800" IP4},
	{__LINE__, SLL2, 0, 2012, SLL2_OF("8100") "0005 0800" IP4_2048("0001", "5e24")},
	{__LINE__, SLL2, 0, 2012, SLL2_OF("8100") "0005 0800" IP4_2048("4500", "1925")},
	{__LINE__, SLL2, 0, 0, SLL2_OF("8100") "0005 86dd" IP6},
	{__LINE__, SLL2, 0, 0, SLL2_OF("8100") "0005 86dd" IP6_LABEL},
	{__LINE__, SLL2, 0, 0, SLL2_OF("8100") "0005 8864" PPPOE},
	{__LINE__, SLL2, 0, 0, SLL2_OF("8100") "0005 0806 0001 0800 0604 0001 z20"},
	{__LINE__, SLL2, 0, 0, SLL2_OF("0800") IP4},
	/* Linux before 6.11 tells the inner tag itself. */
	{__LINE__, SLL2, 0, 0, SLL2_OF("88a8") "000b 8100 000c 0800" IP4},
	{__LINE__, ETHERNET, 0, 0, SLL2_OF("88a8") "000b 0800 000c 0800" IP4},
};
/* clang-format on */

static void
an_inner_tag_is_told_from_what_it_stands_before(void **state)
{
	uint8_t bytes[ROOM];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		uint32_t n = (uint32_t)image_make(r->packet, bytes, sizeof(bytes));

		check_u64(__FILE__, r->line, span_of(bytes, n),
			  cooked_tags_hidden(r->linktype, bytes, n, n + r->more), r->at,
			  "offset");
	}
}

static void
cut_packets_are_not_read_beyond_their_end(void **state)
{
	uint8_t bytes[ROOM];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		uint32_t n = (uint32_t)image_make(r->packet, bytes, sizeof(bytes));

		for (uint32_t cut = 0; cut < n; cut++) {
			uint8_t *copy = edge_copy(bytes, cut);
			uint32_t at =
			    cooked_tags_hidden(r->linktype, copy, cut, n + r->more);

			check_true(__FILE__, r->line, span_of(bytes, cut),
				   at == 0 || (at == r->at && at + 2 <= cut) ||
				       (r->at == 0 && cut < 64),
				   "an offset in the packet");
			edge_free(copy);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_inner_tag_is_told_from_what_it_stands_before),
	    cmocka_unit_test(cut_packets_are_not_read_beyond_their_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
