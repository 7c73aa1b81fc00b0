/*
 * Flows: headers in, words out. Every row is also read cut short at every length, on a
 * page that faults, and with both ends exchanged.
 */
#include "pcap/flow.h"
#include "support/check.h"

#include <string.h>

#include "pcap/savefile.h"
#include "support/edge.h"
#include "support/image.h"
#include "support/rng.h"

#define NULLT	 SAVEFILE_LINKTYPE_NULL
#define ETHERNET SAVEFILE_LINKTYPE_ETHERNET
#define RAW	 SAVEFILE_LINKTYPE_RAW
#define IPV4	 SAVEFILE_LINKTYPE_IPV4
#define IPV6	 SAVEFILE_LINKTYPE_IPV6
#define SLL	 SAVEFILE_LINKTYPE_SLL
#define SLL2	 SAVEFILE_LINKTYPE_SLL2
#define ROOM	 256

/* clang-format off */
#define MAC  "020000000002 020000000001 "
#define TCP4 " 4500 0028 0000 4000 40 06 0000 0a000001 0a000002 01bb c351 z16"
#define TCP4_TEXT "10.0.0.1:443 <-> 10.0.0.2:50001"
#define UDP6 " 60000000 0008 11 40 fe80 z12 0002 fe80 z12 0001 0035 d431 0008 0000"
#define UDP6_TEXT "[fe80::1]:54321 <-> [fe80::2]:53 (udp)"

static const struct row {
	int line;
	uint32_t linktype;
	uint32_t ip_at;
	const char *packet, *want;
} rows[] = {
	{__LINE__, ETHERNET, 14, MAC "0800" TCP4, TCP4_TEXT},
	{__LINE__, ETHERNET, 14, MAC "86dd" UDP6, UDP6_TEXT},
	{__LINE__, SLL, 16, "0000 0001 0006 z8 0800" TCP4, TCP4_TEXT},
	{__LINE__, SLL2, 20, "86dd 0000 00000003 0001 00 06 z8" UDP6, UDP6_TEXT},
	{__LINE__, RAW, 0, TCP4, TCP4_TEXT},
	{__LINE__, RAW, 0, UDP6, UDP6_TEXT},
	{__LINE__, IPV4, 0, TCP4, TCP4_TEXT},
	{__LINE__, IPV6, 0, UDP6, UDP6_TEXT},
	{__LINE__, NULLT, 4, "02000000" TCP4, TCP4_TEXT},
	/* Behind tags. */
	{__LINE__, ETHERNET, 18, MAC "8100 002a 0800" TCP4, TCP4_TEXT},
	{__LINE__, ETHERNET, 22, MAC "88a8 002a 8100 0001 86dd" UDP6, UDP6_TEXT},
	{__LINE__, SLL, 20, "0000 0001 0006 z8 8100 0001 0800" TCP4, TCP4_TEXT},
	{__LINE__, SLL, 24, "0000 0001 0006 z8 88a8 0001 8100 0002 0800" TCP4, TCP4_TEXT},
	{__LINE__, SLL2, 24, "8100 0000 00000003 0001 00 06 z8 0001 86dd" UDP6, UDP6_TEXT},
	{__LINE__, SLL2, 28, "88a8 0000 00000003 0001 00 06 z8 0001 8100 0002 0800" TCP4, TCP4_TEXT},
	{__LINE__, ETHERNET, 22, MAC "8864 1100 0001 002a 0021" TCP4, TCP4_TEXT},
	{__LINE__, ETHERNET, FLOW_NONE,
	 MAC "8100 0001 8100 0001 8100 0001 8100 0001 8100 0001 0800" TCP4, ""},
	/* IPv4 options, fragments, protocols without ports. */
	{__LINE__, RAW, 0, "4600 002c 0000 4000 40 06 0000 0a000002 0a000001 01010101 c351 01bb",
	 TCP4_TEXT},
	{__LINE__, RAW, 0, "4500 0028 0000 2000 40 11 0000 0a000001 0a000002 01bb c351",
	 "10.0.0.1:443 <-> 10.0.0.2:50001 (udp)"},
	{__LINE__, RAW, 0, "4500 0028 0000 00b9 40 11 0000 0a000001 0a000002 01bb c351",
	 "10.0.0.1 <-> 10.0.0.2 (udp)"},
	{__LINE__, RAW, 0, "4500 0028 0000 0000 40 32 0000 ffffffff 0a000002 01bb c351",
	 "10.0.0.2 <-> 255.255.255.255 (IP protocol 50)"},
	{__LINE__, RAW, 0, "4500 0028 0000 0000 40 06 0000 0a000001 0a000002 01bb c3",
	 "10.0.0.1 <-> 10.0.0.2"},
	/* The same address at both ends: the port orders. */
	{__LINE__, RAW, 0, "4500 0028 0000 4000 40 06 0000 7f000001 7f000001 c351 01bb",
	 "127.0.0.1:443 <-> 127.0.0.1:50001"},
	/* IPv6 extension headers, fragments, addresses with and without zeros. */
	{__LINE__, RAW, 0, "60000000 0018 00 40 z15 01 z15 02 3c00 z6 0601 z14 01bb c351",
	 "[::1]:443 <-> [::2]:50001"},
	{__LINE__, RAW, 0, "60000000 0018 2b 40 z15 01 z15 02 3300 z6 0601 z10 01bb c351",
	 "[::1]:443 <-> [::2]:50001"},
	{__LINE__, RAW, 0, "60000000 0018 2c 40 z15 01 z15 02 0600 0001 00000000 01bb c351",
	 "[::1]:443 <-> [::2]:50001"},
	{__LINE__, RAW, 0, "60000000 0018 2c 40 z15 01 z15 02 1100 0009 00000000 01bb c351",
	 "::1 <-> ::2 (udp)"},
	{__LINE__, RAW, 0, "60000000 0000 3b 40 z16 20010db8000000010000000000000001",
	 ":: <-> 2001:db8:0:1::1 (IP protocol 59)"},
	{__LINE__, RAW, 0, "60000000 0000 3b 40 00010000000200030004000500060007 0001000200030004000500060007abcd",
	 "1:0:2:3:4:5:6:7 <-> 1:2:3:4:5:6:7:abcd (IP protocol 59)"},
	{__LINE__, RAW, 0, "60000000 0000 3b 40 0001 z4 0002 z4 0003 0004 fe80 z14",
	 "1::2:0:0:3:4 <-> fe80:: (IP protocol 59)"},
	/* None. */
	{__LINE__, ETHERNET, FLOW_NONE, MAC "0806" TCP4, ""},
	{__LINE__, ETHERNET, FLOW_NONE, MAC "0800" UDP6, ""},
	{__LINE__, RAW, FLOW_NONE, "5500 0028" TCP4, ""},
	{__LINE__, RAW, FLOW_NONE, "4500 0028 0000 0000 40 06 0000 0a000001 0a0000", ""},
	{__LINE__, 147, FLOW_NONE, TCP4, ""},
};
/* clang-format on */

static void
check_row(const struct row *row)
{
	static const struct flow none;
	uint8_t packet[ROOM];
	uint32_t n = (uint32_t)image_make(row->packet, packet, ROOM);
	struct span in = span_of(packet, n);
	char words[FLOW_TEXT_MAX];
	struct flow f;
	struct text t;

	text_init(&t, words, sizeof(words));
	check_u64(__FILE__, row->line, in, flow_of(row->linktype, packet, n, &f),
		  row->ip_at, "offset");
	if (row->ip_at != FLOW_NONE)
		flow_text(&t, &f);
	else
		check_true(__FILE__, row->line, in, flow_eq(&f, &none), "zero");
	check_span(__FILE__, row->line, in, text_span(&t), span_str(row->want), "text");
	for (uint32_t cut = 0; cut < n; cut++) {
		uint8_t *edge = edge_copy(packet, cut);

		if (flow_of(row->linktype, edge, cut, &f) != FLOW_NONE)
			check_true(__FILE__, row->line, in, f.version != 0, "cut");
		edge_free(edge);
	}
}

static void
a_packets_flow_is_found_behind_its_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		check_row(&rows[i]);
}

/* Both directions are one flow and one hash; another port is another flow. */
static void
both_directions_are_one_flow(void **state)
{
	uint64_t rng = rng_seed("flow directions");

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint8_t there[24] = {0x45}, back[24];
		struct flow f, g;

		there[9] = 6;
		for (int k = 12; k < 24; k++)
			there[k] = (uint8_t)rng_below(&rng, 3);
		memcpy(back, there, sizeof(back));
		memcpy(back + 12, there + 16, 4);
		memcpy(back + 16, there + 12, 4);
		memcpy(back + 20, there + 22, 2);
		memcpy(back + 22, there + 20, 2);
		assert_int_equal(flow_of(RAW, there, 24, &f), 0);
		assert_int_equal(flow_of(RAW, back, 24, &g), 0);
		assert_true(flow_eq(&f, &g));
		assert_true(flow_hash(&f, 1) == flow_hash(&g, 1));
		assert_false(flow_hash(&f, 1) == flow_hash(&g, 2));
		back[21] ^= 4;
		assert_int_equal(flow_of(RAW, back, 24, &g), 0);
		assert_false(flow_eq(&f, &g));
		assert_false(flow_hash(&f, 1) == flow_hash(&g, 1));
	}
}

/* Any bytes: nothing is read behind them, and the text fits. */
static void
any_bytes_are_read_within_their_end(void **state)
{
	static const uint32_t types[] = {NULLT, ETHERNET, RAW, SLL, SLL2, IPV4, IPV6};
	uint64_t rng = rng_seed("flow noise");

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint8_t noise[96];
		uint32_t n = (uint32_t)rng_below(&rng, sizeof(noise) + 1);
		char words[FLOW_TEXT_MAX];
		struct flow f;
		struct text t;
		uint8_t *edge;

		for (uint32_t k = 0; k < sizeof(noise); k++)
			noise[k] = (uint8_t)rng_next(&rng);
		noise[0] = rng_below(&rng, 2) ? 0x45 : 0x60;
		noise[6] = (uint8_t)rng_below(&rng, 64);
		edge = edge_copy(noise, n);
		flow_of(types[rng_below(&rng, CHECK_COUNT(types))], edge, n, &f);
		text_init(&t, words, sizeof(words));
		flow_text(&t, &f);
		assert_false(t.is_cut);
		edge_free(edge);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_packets_flow_is_found_behind_its_headers),
	    cmocka_unit_test(both_directions_are_one_flow),
	    cmocka_unit_test(any_bytes_are_read_within_their_end),
	};

	return cmocka_run_group_tests_name("pcap/flow", tests, NULL, NULL);
}
