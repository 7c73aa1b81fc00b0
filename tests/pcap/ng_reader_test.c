/* pcapng: byte orders, sections, block types, options, damage; whole and in pieces. */
#include "pcap/ng_reader.h"
#include "support/check.h"

#include <stdio.h>
#include <string.h>

#include "support/image.h"
#include "support/transcript.h"

#define ROOM 131072

/* Section header; Ethernet interface, snaplen 262144, microseconds or what is given. */
#define SHB	     "[a0d0d0a w1a2b3c4d h1 h0 qffffffffffffffff ] "
#define IDB	     "[1 h1 h0 w40000 ] "
#define NANO	     "[1 h1 h0 w40000 (9 09 ) (0 ) ] "
#define IF	     "ng; if 1 262144; "
#define EPB(n, orig) "[6 w0 w5 w6 w" #n " w" #orig " "
/* 5 * 2^32 + 6 ticks */
#define TIME_US "21474836486000"
#define TIME_NS "21474836486"

/* clang-format off */
static const struct {
	int line;
	const char *image, *want;
} rows[] = {
	{__LINE__, "< " SHB, "ng; end"},
	{__LINE__, "> " SHB IDB, IF "end"},
	{__LINE__, "< " SHB IDB EPB(3, 4) "010203 ]", IF "rec " TIME_US " 3/4 @0 010203; end"},
	{__LINE__, "> " SHB IDB EPB(3, 4) "010203 ]", IF "rec " TIME_US " 3/4 @0 010203; end"},
	{__LINE__, "< " SHB NANO EPB(4, 4) "01020304 ]", IF "rec " TIME_NS " 4/4 @0 01020304; end"},
	{__LINE__, "< " SHB NANO EPB(0, 0) "]", IF "rec " TIME_NS " 0/0 @0 ; end"},
	{__LINE__, "< " SHB NANO EPB(3, 1) "010203 ]", IF "rec " TIME_NS " 3/3 @0 010203; end"},
	{__LINE__, "< " SHB NANO EPB(1, ffffffff) "aa ]", IF "rec " TIME_NS " 1/4294967295 @0 aa; end"},
	/* More block behind the packet than padding. */
	{__LINE__, "< " SHB NANO EPB(1, 1) "aa z23 ]", IF "rec " TIME_NS " 1/1 @0 aa; end"},
	/* Options of a packet: flags behind a comment, hash and drop count; damaged ones. */
	{__LINE__, "< " SHB NANO EPB(1, 1) "aa z3 (1 \"hi\" ) (3 02aabbccdd ) (4 q7 ) (2 w2 ) (0 ) ] " EPB(2, 2) "0102 ]",
	 IF "rec " TIME_NS " 1/1 @0 aa flags=2 comment=hi; rec " TIME_NS " 2/2 @0 0102; end"},
	{__LINE__, "> " SHB NANO EPB(4, 4) "01020304 (2 w105 ) ]", IF "rec " TIME_NS " 4/4 @0 01020304 flags=261; end"},
	{__LINE__, "< " SHB NANO EPB(0, 0) "(0 ) (2 w2 ) ]", IF "rec " TIME_NS " 0/0 @0 ; end"},
	{__LINE__, "< " SHB NANO EPB(0, 0) "(2 h2 ) ]", IF "rec " TIME_NS " 0/0 @0 ; end"},
	{__LINE__, "< " SHB NANO EPB(0, 0) "h2 h8 w2 ]", IF "rec " TIME_NS " 0/0 @0 ; end"},
	{__LINE__, "< " SHB NANO EPB(0, 0) "h2 hffff w2 ]", IF "rec " TIME_NS " 0/0 @0 ; end"},
	/* Comments: several, an empty one, without flags, in a big-endian section; flags given twice; past the end. */
	{__LINE__, "< " SHB NANO EPB(2, 2) "0102 z2 (1 \"one\" ) (1 ) (1 \"three\" ) ]",
	 IF "rec " TIME_NS " 2/2 @0 0102 comment=one comment= comment=three; end"},
	{__LINE__, "> " SHB NANO EPB(5, 5) "0102030405 z3 (2 w1 ) (1 \"big\" ) (2 w2 ) (0 ) (1 \"no\" ) ] [3 w1 bb ]",
	 IF "rec " TIME_NS " 5/5 @0 0102030405 flags=1 comment=big; rec " TIME_NS " 1/1 @0 bb; end"},
	{__LINE__, "< " SHB NANO EPB(0, 0) "(1 \"yes\" ) h1 h5 \"no\" z2 ]", IF "rec " TIME_NS " 0/0 @0  comment=yes; end"},
	{__LINE__, "> " SHB NANO EPB(0, 9) "(2 h2 ) (2 w7 ) (0 ) ]", IF "rec " TIME_NS " 0/9 @0  flags=7; end"},
	{__LINE__, "< " SHB NANO EPB(1, 1) "aa z3 (2 w2 ) (0 ) ] > " SHB NANO EPB(1, 1) "bb z3 (1 \"x\" ) (0 ) ]",
	 IF "rec " TIME_NS " 1/1 @0 aa flags=2; if 1 262144; rec " TIME_NS " 1/1 @1 bb comment=x; end"},
	/* The other packet blocks. */
	{__LINE__, "< " SHB NANO EPB(1, 1) "aa ] [3 w5 0102030405 ]",
	 IF "rec " TIME_NS " 1/1 @0 aa; rec " TIME_NS " 5/5 @0 0102030405; end"},
	{__LINE__, "> " SHB NANO "[3 w0 ]", IF "rec 0 0/0 @0 ; end"},
	{__LINE__, "> " SHB "[1 h1 h0 w2 ] [3 w5 0102 ]", "ng; if 1 2; rec 0 2/5 @0 0102; end"},
	{__LINE__, "> " SHB "[1 h1 h0 w0 ] [3 w3 010203 ]", "ng; if 1 0; rec 0 3/3 @0 010203; end"},
	{__LINE__, "> " SHB "[1 h1 h0 w8 ] [3 w9 0102 ]", "ng; if 1 8; bad 48 packet longer than its block"},
	{__LINE__, "> " SHB "[3 w9 0102 ]", "ng; bad 28 packet for an unknown interface"},
	{__LINE__, "< " SHB NANO "[2 h0 hffff w5 w6 w3 w9 010203 ]", IF "rec " TIME_NS " 3/9 @0 010203; end"},
	{__LINE__, "> " SHB NANO "[2 h0 h3 w5 w6 w3 w9 010203 z1 (2 w1 ) (0 ) ]", IF "rec " TIME_NS " 3/9 @0 010203 flags=1; end"},
	{__LINE__, "< " SHB NANO "[2 h0 h3 w5 w6 w4 w4 01020304 (1 \"old\" ) (2 w2 ) ]", IF "rec " TIME_NS " 4/4 @0 01020304 flags=2 comment=old; end"},
	/* A simple block has no options, whatever is behind its packet. */
	{__LINE__, "> " SHB "[1 h1 h0 w4 ] [3 w9 01020304 (1 \"no\" ) (2 w2 ) ]", "ng; if 1 4; rec 0 4/9 @0 01020304; end"},
	{__LINE__, "> " SHB NANO "[2 h1 h0 w5 w6 w3 w9 010203 ]", IF "bad 60 packet for an unknown interface"},
	/* Names are passed on. Blocks to be skipped: custom, a journal's, one of nothing. */
	{__LINE__, "< " SHB IDB "[4 h1 h5 7f000001 \"x\" z3 z4 ]  [bad w7 \"any\" ] [9 ] " EPB(1, 1) "aa ]",
	 IF "block 4 16 010005007f0000017800000000000000; rec " TIME_US " 1/1 @0 aa; end"},
	/* Interfaces: options, with a zero behind a text, with a filter in byte code. */
	{__LINE__, "< " SHB "[1 h71 h0 w0 (1 \"c\" ) (2 \"eth0\" ) (3 \"up link\" ) (11 00 \"tcp port 80\" ) (12 \"Linux\" 00 ) (0 ) ]",
	 "ng; if 113 0 name=eth0 description=up link filter=tcp port 80 os=Linux; end"},
	{__LINE__, "> " SHB "[1 h114 h0 w1 (2 \"lo\" 0000 \"x\" ) (11 01 0102030405060708 ) (4 01020304 ffffff00 ) ]",
	 "ng; if 276 1 name=lo; end"},
	{__LINE__, "> " SHB "[1 h1 h0 w1 (2 ) (11 ) (12 00 ) ]", "ng; if 1 1; end"},
	{__LINE__, "< " SHB IDB "[1 h65 h0 w60 (9 06 ) ] [6 w1 w0 w1 w1 w1 45 ] " EPB(1, 1) "aa ] [3 w1 bb ]",
	 IF "if 101 96; rec 1000 1/1 @1 45; rec " TIME_US " 1/1 @0 aa; rec " TIME_US " 1/1 @0 bb; end"},
	/* Time: seconds, 1/2^10 s, an offset back and forth, in both byte orders. */
	{__LINE__, "< " SHB "[1 h1 h0 w0 (9 00 ) ] [6 w0 w0 w7 w0 w0 ]", "ng; if 1 0; rec 7000000000 0/0 @0 ; end"},
	{__LINE__, "< " SHB "[1 h1 h0 w0 (9 8a ) ] [6 w0 w0 w401 w0 w0 ]", "ng; if 1 0; rec 1000976562 0/0 @0 ; end"},
	{__LINE__, "> " SHB "[1 h1 h0 w0 (14 qfffffffffffffffe ) ] [6 w0 w0 w1e8481 w0 w0 ]", "ng; if 1 0; rec 1000 0/0 @0 ; end"},
	{__LINE__, "< " SHB "[1 h1 h0 w0 (14 q64 ) (9 09 ) ] [6 w0 w0 w1 w0 w0 ]", "ng; if 1 0; rec 100000000001 0/0 @0 ; end"},
	{__LINE__, "< " SHB NANO "[6 w0 wffffffff wffffffff w0 w0 ]", IF "rec 9223372036854775807 0/0 @0 ; end"},
	{__LINE__, "< " SHB IDB "[6 w0 w20c49b wa5e353f7 w0 w0 ]", IF "rec 9223372036854775000 0/0 @0 ; end"},
	{__LINE__, "< " SHB IDB "[6 w0 w20c49b wa5e353f8 w0 w0 ]", IF "rec 9223372036854775807 0/0 @0 ; end"},
	/* Statistics: none, all, foreign ones, a value of the wrong length. */
	{__LINE__, "< " SHB IDB "[5 w0 w5 w6 ]", IF "stat " TIME_US " @0; end"},
	{__LINE__, "> " SHB NANO "[5 w0 w5 w6 (1 \"c\" ) (2 w0 w1 ) (4 q1 ) (5 q2 ) (6 q3 ) (7 q4 ) (8 qffffffffffffffff ) (0 ) ]",
	 IF "stat " TIME_NS " @0 recv=1 ifdrop=2 osdrop=4 accept=3 comment=c deliv=18446744073709551615; end"},
	{__LINE__, "< " SHB NANO "[5 w0 w5 w6 (6 w3 ) (1 \"loop: x\" 00 ) (1 \"no\" ) ]", IF "stat " TIME_NS " @0 comment=loop: x; end"},
	{__LINE__, "< " SHB NANO "[5 w0 w5 w6 (4 w1 ) (7 q100000000 ) ]", IF "stat " TIME_NS " @0 osdrop=4294967296; end"},
	{__LINE__, "< " SHB NANO "[5 w1 w5 w6 ]", IF "end"},
	/* Secrets and names pass as they came. */
	{__LINE__, "< " SHB NANO "[a w544c534b w3 01020300 ] [4 h1 h0 h0 h0 ]",
	 IF "block 10 12 4b534c540300000001020300; block 4 8 0100000000000000; end"},
	{__LINE__, "> " SHB NANO "[a w1 w0 ] [4 ]", IF "block 10 8 be 0000000100000000; block 4 0 be ; end"},
	{__LINE__, "< " SHB NANO "[a w1 w2 ]18", IF "block 10 8 0100000002000000; bad 76 block lengths differ"},
	/* Sections: interfaces are counted on; of another byte order; of other writers. */
	{__LINE__, "< " SHB NANO "> " SHB IDB "[6 w0 w0 w1 w1 w1 aa ] [5 w0 w0 w1 ] [3 w1 bb ]",
	 IF "if 1 262144; rec 1000 1/1 @1 aa; stat 1000 @1; rec 1000 1/1 @1 bb; end"},
	{__LINE__, "< " SHB NANO SHB "[6 w0 w0 w1 w1 w1 aa ]", IF "bad 88 packet for an unknown interface"},
	{__LINE__, "< [a0d0d0a w1a2b3c4d h1 h2 q100 (2 \"amd64\" ) (3 \"Linux\" ) (4 \"ddump-worker/1.2\" ) (0 ) ]", "ddump; end"},
	{__LINE__, "> [a0d0d0a w1a2b3c4d h1 h2 q100 (4 \"ddump-worker/\" ) ]", "ddump; end"},
	{__LINE__, "> [a0d0d0a w1a2b3c4d h1 h2 q100 (4 \"ddump-worker\" ) ]", "ng; end"},
	{__LINE__, "> [a0d0d0a w1a2b3c4d h1 h2 q100 (4 \"dumpcap\" ) ]", "ng; end"},
	{__LINE__, "> [a0d0d0a w1a2b3c4d h2 h0 q100 ]", "bad 0 pcapng version other than 1"},
	{__LINE__, "> [a0d0d0a w1a2b3c4e h1 h0 q100 ]", "bad 0 section of unknown byte order"},
	{__LINE__, "> " SHB "[a0d0d0a w1a2b3c4e h1 h0 q100 ]", "ng; bad 28 section of unknown byte order"},
	/* Damage. */
	{__LINE__, "< " SHB IDB "w6 w8 w8", IF "bad 48 block length out of range"},
	{__LINE__, "< " SHB IDB "w6 w21 z32", IF "bad 48 block length out of range"},
	{__LINE__, "< " SHB IDB "w6 w1000004", IF "bad 48 block length out of range"},
	{__LINE__, "< " SHB IDB "w6 wfffffffc", IF "bad 48 block length out of range"},
	{__LINE__, "< " SHB IDB "[6 w0 w0 w0 w0 ]", IF "bad 48 packet block too short"},
	{__LINE__, "< " SHB IDB "[3 ]", IF "bad 48 packet block too short"},
	{__LINE__, "< " SHB IDB "[5 w0 w0 ]", IF "bad 48 interface statistics too short"},
	{__LINE__, "< " SHB "[1 h1 h0 ]", "ng; bad 28 interface description too short"},
	{__LINE__, "< [a0d0d0a w1a2b3c4d h1 h0 ]", "bad 0 section header too short"},
	{__LINE__, "< " SHB IDB EPB(5, 5) "01020304 ]", IF "bad 48 packet longer than its block"},
	{__LINE__, "< " SHB IDB EPB(fffffffc, 5) "01020304 ]", IF "bad 48 record longer than 262144 bytes"},
	{__LINE__, "< " SHB IDB "[6 w1 w0 w0 w0 w0 ]", IF "bad 48 packet for an unknown interface"},
	{__LINE__, "< " SHB IDB EPB(1, 1) "aa ]28", IF "rec " TIME_US " 1/1 @0 aa; bad 80 block lengths differ"},
	{__LINE__, "< " SHB IDB "[9 w1 ]14", IF "bad 60 block lengths differ"},
	{__LINE__, "< " SHB IDB "[5 w0 w5 w6 ]c", IF "bad 48 block lengths differ"},
	{__LINE__, "< " SHB "[1 h1 h0 w0 (9 0900 ) ]", "ng; bad 28 interface option of a wrong length"},
	{__LINE__, "< " SHB "[1 h1 h0 w0 (14 w1 ) ]", "ng; bad 28 interface option of a wrong length"},
	{__LINE__, "< " SHB "[1 h1 h0 w0 h2 h5 \"eth0\" ]", "ng; bad 28 option longer than its block"},
	/* Cuts. */
	{__LINE__, "0a0d0d", "end cut inside the file header"},
	{__LINE__, "0a0d0d0a 1c000000 4d3c2b1a", "end cut inside the file header"},
	{__LINE__, "< " SHB "01", "ng; end cut inside a block"},
	{__LINE__, "< " SHB IDB "w6 w24 w0 w5 w6 w1 h1 00", IF "end cut inside a block"},
	{__LINE__, "< " SHB IDB "w6 w24 w0 w5 w6 w1 w1", IF "rec " TIME_US " 1/1 @0 ; end cut inside a packet"},
	{__LINE__, "< " SHB IDB "w6 w24 w0 w5 w6 w1 w1 aa", IF "rec " TIME_US " 1/1 @0 aa; end cut inside a block"},
	{__LINE__, "< " SHB IDB "w6 w24 w0 w5 w6 w1 w1 aa000000 2400", IF "rec " TIME_US " 1/1 @0 aa; end cut inside a block"},
};
/* clang-format on */

static void
blocks_of_either_order_are_read_or_bad(void **state)
{
	static uint8_t image[ROOM];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		size_t n = image_make(rows[i].image, image, sizeof(image));

		check_transcript(__FILE__, rows[i].line, image, n, rows[i].want);
	}
}

/* A description longer than what is kept: texts in front of the cut are seen. */
static void
a_long_description_is_read_up_to_its_bound(void **state)
{
	static const struct {
		int line;
		const char *image, *want;
	} long_rows[] = {
	    /* clang-format off */
	    {__LINE__, "< " SHB "[1 h1 h0 w0 (2 \"eth0\" ) (3 z11000 ) (12 \"no\" ) ] " IDB,
	     "ng; if 1 0 name=eth0; if 1 262144; end"},
	    /* The last option ends at 10232, 10236 (the block at 10240), 10240, 10244. */
	    {__LINE__, "< " SHB "[1 h1 h0 w0 (1 z10204 ) (12 \"yes\" ) ]", "ng; if 1 0 os=yes; end"},
	    {__LINE__, "< " SHB "[1 h1 h0 w0 (1 z10208 ) (12 \"yes\" ) ]", "ng; if 1 0 os=yes; end"},
	    {__LINE__, "< " SHB "[1 h1 h0 w0 (1 z10212 ) (12 \"yes\" ) ]", "ng; if 1 0 os=yes; end"},
	    {__LINE__, "< " SHB "[1 h1 h0 w0 (1 z10216 ) (12 \"no\" ) ]", "ng; if 1 0; end"},
	    {__LINE__, "< " SHB "[1 h1 h0 w0 (1 z11000 ) ]bcc", "ng; if 1 0; bad 11048 block lengths differ"},
	    {__LINE__, "< " SHB "[bad z15000 ] [9 z4096 ] " IDB, "ng; if 1 262144; end"},
	    /* clang-format on */
	};
	static uint8_t image[ROOM];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(long_rows); i++) {
		size_t n = image_make(long_rows[i].image, image, sizeof(image));

		check_transcript(__FILE__, long_rows[i].line, image, n,
				 long_rows[i].want);
	}
}

/* What of the options is not kept: a comment that ends behind the bound, and the rest. */
static void
options_are_kept_up_to_their_bound(void **state)
{
	static const struct {
		int line;
		const char *image, *want;
	} long_rows[] = {
	    /* clang-format off */
	    /* Behind the options that are kept: 4 + 65520 bytes, a comment of 4 + 4, one byte more than that. */
	    {__LINE__, "< " SHB NANO EPB(1, 1) "aa z3 (77 z65520 ) (1 \"last\" ) (1 \"no\" ) ]", IF "rec " TIME_NS " 1/1 @0 aa comment=last; end"},
	    {__LINE__, "> " SHB NANO EPB(1, 1) "aa z3 (77 z65520 ) (1 \"lastX\" ) (2 w2 ) ]", IF "rec " TIME_NS " 1/1 @0 aa; end"},
	    {__LINE__, "> " SHB NANO EPB(1, 1) "aa z3 (2 w1 ) (1 \"a\" ) (77 z65535 ) (77 z65535 ) (1 \"no\" ) ] " EPB(1, 1) "bb ]",
	     IF "rec " TIME_NS " 1/1 @0 aa flags=1 comment=a; rec " TIME_NS " 1/1 @0 bb; end"},
	    /* clang-format on */
	};
	static uint8_t image[4 * ROOM];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(long_rows); i++) {
		size_t n = image_make(long_rows[i].image, image, sizeof(image));

		check_transcript(__FILE__, long_rows[i].line, image, n,
				 long_rows[i].want);
	}
}

static void
one_interface_too_many_is_bad(void **state)
{
	static uint8_t image[ROOM];
	static char want[TRANSCRIPT_MAX], got[TRANSCRIPT_MAX];
	size_t n = image_make("< " SHB, image, sizeof(image));
	size_t at = (size_t)snprintf(want, sizeof(want), "ng");
	struct span in;

	(void)state;
	for (int i = 0; i < NG_INTERFACES_MAX; i++) {
		n += image_make("< " IDB, image + n, sizeof(image) - n);
		at += (size_t)snprintf(want + at, sizeof(want) - at, "; if 1 262144");
	}
	n += image_make("< [6 wfff w0 w1 w0 w0 ] " IDB, image + n, sizeof(image) - n);
	snprintf(want + at, sizeof(want) - at,
		 "; rec 1000 0/0 @4095 ; bad %zu more than 4096 interfaces", n - 20);
	in = span_of(image, n);
	transcript_make(got, &in, 1);
	assert_string_equal(got, want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_of_either_order_are_read_or_bad),
	    cmocka_unit_test(a_long_description_is_read_up_to_its_bound),
	    cmocka_unit_test(options_are_kept_up_to_their_bound),
	    cmocka_unit_test(one_interface_too_many_is_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
