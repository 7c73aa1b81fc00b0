/* Link headers: Ethernet, VLAN tags, LLC. */
#include "print/rows.h"

/* clang-format off */
static const struct row rows[] = {
	{__LINE__, "0200000000020200000000018100000508004500001d00010000401166cd0a0000010a0000020003000400098ad261",
	 "IP 10.0.0.1.3 > 10.0.0.2.4: UDP, length 1"},
	{__LINE__, "02000000000202000000000188a860058100100708004500001d00010000401166cd0a0000010a0000020003000400098ad261",
	 "IP 10.0.0.1.3 > 10.0.0.2.4: UDP, length 1"},
	{__LINE__, "020000000002020000000001810000050806000108000604000102fc00000001c000020200000000000000000000",
	 "ARP, Request who-has 0.0.0.0 tell 192.0.2.2, length 28"},
	{__LINE__, "020000000002020000000001810000058870000000616263", /* tcpdump: 02:00:00:00:00:01 > 02:00:00:00:00:02 Null Information, send seq 0, rcv seq 48, Flags [Poll], length */
	 "proto 0x8870, length 6"},
	{__LINE__, "020000000002020000000001810000051234616263", /* tcpdump: 02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype Unknown (0x1234), length 21:  */
	 "proto 0x1234, length 3"},
	{__LINE__, "020000000002020000000001",
	 " [|ether]"},
	{__LINE__, "0200000000020200000000018100",
	 " [|vlan]"},
	{__LINE__, "020000000002020000000001810000050800",
	 " [|ip]"},
	{__LINE__, "ffffffffffff02fc00000001123468656c6c6f", /* tcpdump: 02:fc:00:00:00:01 > ff:ff:ff:ff:ff:ff, ethertype Unknown (0x1234), length 19:  */
	 "proto 0x1234, length 5"},
	{__LINE__, "ffffffffffff02fc0000000100264242030000000000000000000000000000000000000000000000000000000100140002000f00", /* tcpdump: STP 802.1d, Config, Flags [none], bridge-id 0000.00:00:00:00:00:00.0000, length 35 */
	 "LLC, length 38"},
	{__LINE__, "ffffffffffff02fc000000010009e04203616263646566", /* tcpdump: 02:fc:00:00:00:01 STP > ff:ff:ff:ff:ff:ff IPX Unnumbered, ui, Flags [Command], length 9 */
	 "LLC, length 9"},
	{__LINE__, "61",
	 " [|ether]"},
};
/* clang-format on */

/* -e. */
static void
link_headers_print_as_tcpdump_prints_them(void **state)
{
	static const struct print_options with_link = {.time = PRINT_TIME_NONE,
						       .has_link = true};
	/* clang-format off */
	static const struct row ethernet[] = {
	{__LINE__, "0200000000020200000000018100300508004500001d00010000401166cd0a0000010a0000020003000400098ad261",
	 "02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype 802.1Q (0x8100), length 47: vlan 5, p 1, DEI, ethertype IPv4 (0x0800), 10.0.0.1.3 > 10.0.0.2.4: UDP, length 1"},
	{__LINE__, "02000000000202000000000108004500001d00010000401166cd0a0000010a0000020003000400098ad261",
	 "02:00:00:00:00:01 > 02:00:00:00:00:02, ethertype IPv4 (0x0800), length 43: 10.0.0.1.3 > 10.0.0.2.4: UDP, length 1"},
	};
	static const struct row sll[] = {
	{__LINE__, "000400010006020000000001000008004500001d00010000401166cd0a0000010a0000020003000400098ad261",
	 "Out 02:00:00:00:00:01 ethertype IPv4 (0x0800), length 45: 10.0.0.1.3 > 10.0.0.2.4: UDP, length 1"},
	};
	static const struct row sll2[] = {
	{__LINE__, "08000000000000020001000602000000000100004500001d00010000401166cd0a0000010a0000020003000400098ad261",
	 "In  ifindex 2 02:00:00:00:00:01 ethertype IPv4 (0x0800), length 49: 10.0.0.1.3 > 10.0.0.2.4: UDP, length 1"},
	};
	static const struct row null[] = {
	{__LINE__, "020000004500001d00010000401166cd0a0000010a0000020003000400098ad261",
	 "AF IPv4 (2), length 33: 10.0.0.1.3 > 10.0.0.2.4: UDP, length 1"},
	{__LINE__, "0000001e6000000000093a400000000000000000000000000000000100000000000000000000000000000002800000000000000061",
	 "AF IPv6 (30), length 53: ::1 > ::2: ICMP6, echo request, id 0, seq 0, length 9"},
	{__LINE__, "630000004500001d00010000401166cd0a0000010a0000020003000400098ad261", /* tcpdump dumps it */
	 "AF Unknown (99), length 33: proto unknown, length 29"},
	};
	static const struct row raw[] = {
	{__LINE__, "4500001d00010000401166cd0a0000010a0000020003000400098ad261",
	 "ip: 10.0.0.1.3 > 10.0.0.2.4: UDP, length 1"},
	};
	/* clang-format on */

	(void)state;
	rows_check_with(&with_link, ethernet, CHECK_COUNT(ethernet),
			SAVEFILE_LINKTYPE_ETHERNET);
	rows_check_with(&with_link, sll, CHECK_COUNT(sll), SAVEFILE_LINKTYPE_SLL);
	rows_check_with(&with_link, sll2, CHECK_COUNT(sll2), SAVEFILE_LINKTYPE_SLL2);
	rows_check_with(&with_link, null, CHECK_COUNT(null), SAVEFILE_LINKTYPE_NULL);
	rows_check_with(&with_link, raw, CHECK_COUNT(raw), SAVEFILE_LINKTYPE_RAW);
}

static void
packets_print_as_tcpdump_prints_them(void **state)
{
	(void)state;
	rows_check(rows, CHECK_COUNT(rows), SAVEFILE_LINKTYPE_ETHERNET);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(link_headers_print_as_tcpdump_prints_them),
	    cmocka_unit_test(packets_print_as_tcpdump_prints_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
