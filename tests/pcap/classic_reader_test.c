/* Classic pcap: every magic and byte order, cuts, lies; whole and in pieces. */
#include "pcap/classic_reader.h"
#include "support/check.h"

#include "support/image.h"
#include "support/transcript.h"

#define ROOM 4096

/* File headers: version 2.4, snaplen 262144, Ethernet. */
#define MICRO "wa1b2c3d4 h2 h4 z8 w40000 w1 "
#define NANO  "wa1b23c4d h2 h4 z8 w40000 w1 "

/* clang-format off */
static const struct {
	int line;
	const char *image, *want;
} rows[] = {
	{__LINE__, "< " MICRO, "classic; if 1 262144; end"},
	{__LINE__, "> " MICRO, "classic; if 1 262144; end"},
	{__LINE__, "< " MICRO "w1 w2 w3 w4 010203",
	 "classic; if 1 262144; rec 1000002000 3/4 @0 010203; end"},
	{__LINE__, "> " MICRO "w1 w2 w3 w4 010203",
	 "classic; if 1 262144; rec 1000002000 3/4 @0 010203; end"},
	{__LINE__, "< " NANO "w1 w2 w3 w4 010203",
	 "classic; if 1 262144; rec 1000000002 3/4 @0 010203; end"},
	{__LINE__, "> " NANO "wffffffff w3b9ac9ff w1 w1 ff w2 w0 w0 w0",
	 "classic; if 1 262144; rec 4294967295999999999 1/1 @0 ff; rec 2000000000 0/0 @0 ; end"},
	/* The modified format of old kernels: 8 more bytes in each record header. */
	{__LINE__, "< wa1b2cd34 h2 h4 z8 w5dc w71 w1 w2 w3 w4 w9 h0 09 00 010203 w1 w2 w0 w0 z8",
	 "classic; if 113 1500; rec 1000002000 3/4 @0 010203; rec 1000002000 0/0 @0 ; end"},
	{__LINE__, "> wa1b2cd34 h2 h4 z8 w5dc w71 w1 w2 w1 w1 z8 aa",
	 "classic; if 113 1500; rec 1000002000 1/1 @0 aa; end"},
	/* A fraction of a second or more is carried; an original length too small is raised. */
	{__LINE__, "< " MICRO "w1 wffffffff w0 w0", "classic; if 1 262144; rec 4295967295000 0/0 @0 ; end"},
	{__LINE__, "< " NANO "w1 w3b9aca00 w0 w0", "classic; if 1 262144; rec 2000000000 0/0 @0 ; end"},
	{__LINE__, "< " MICRO "w0 w0 w3 w2 010203", "classic; if 1 262144; rec 0 3/3 @0 010203; end"},
	{__LINE__, "< " MICRO "w0 w0 w1 wffffffff 01", "classic; if 1 262144; rec 0 1/4294967295 @0 01; end"},
	/* Bits above the link type; a snaplen that lies; another minor version. */
	{__LINE__, "< wa1b2c3d4 h2 h3 z8 w1 w54000114 w0 w0 w2 w2 0102",
	 "classic; if 276 1; rec 0 2/2 @0 0102; end"},
	{__LINE__, "< wa1b2c3d4 h1 h4 z8 w40000 w1 ", "bad 0 pcap version other than 2"},
	/* Before 2.3 the length on the wire stands first; in 2.3 where it is the larger. */
	{__LINE__, "< wa1b2c3d4 h2 h0 z8 w40000 w1 w0 w0 w9 w3 010203 w0 w0 w1 w2 0102",
	 "classic; if 1 262144; rec 0 3/9 @0 010203; rec 0 2/2 @0 0102; end"},
	{__LINE__, "> wa1b2c3d4 h2 h2 z8 w40000 w1 w0 w0 w9 w3 010203", "classic; if 1 262144; rec 0 3/9 @0 010203; end"},
	{__LINE__, "< wa1b2c3d4 h2 h3 z8 w40000 w1 w0 w0 w9 w3 010203 w0 w0 w1 w9 01",
	 "classic; if 1 262144; rec 0 3/9 @0 010203; rec 0 1/9 @0 01; end"},
	{__LINE__, "< wa1b2c3d4 h2 h5 z8 w40000 w1 w0 w0 w2 w1 0102", "classic; if 1 262144; rec 0 2/2 @0 0102; end"},
	/* Two files put together: the second header is no packet; one of no bytes is. */
	{__LINE__, "< " MICRO "w1 w2 w1 w1 aa " MICRO "w1 w2 w1 w1 bb",
	 "classic; if 1 262144; rec 1000002000 1/1 @0 aa; bad 41 another capture file begins here"},
	{__LINE__, "< " MICRO "> " NANO, "classic; if 1 262144; bad 24 another capture file begins here"},
	{__LINE__, "< " MICRO "wa1b2c3d4 wf4240 w0 w0", "classic; if 1 262144; rec 2712847317000000000 0/0 @0 ; end"},
	/* Lengths. */
	{__LINE__, "< " MICRO "w0 w0 w40001 w40001 010203",
	 "classic; if 1 262144; bad 24 record longer than 262144 bytes"},
	{__LINE__, "< " MICRO "w0 w0 w1 w1 aa w0 w0 wffffffff w0",
	 "classic; if 1 262144; rec 0 1/1 @0 aa; bad 41 record longer than 262144 bytes"},
	{__LINE__, "> " MICRO "w0 w0 w40000 w40000 0102",
	 "classic; if 1 262144; rec 0 262144/262144 @0 0102; end cut inside a packet"},
	/* Cuts. */
	{__LINE__, "", "end no data"},
	{__LINE__, "d4c3b2", "end cut inside the file header"},
	{__LINE__, "d4c3b2a1", "end cut inside the file header"},
	{__LINE__, "< wa1b2c3d4 h2 h4 z8 w40000 h1 00", "end cut inside the file header"},
	{__LINE__, "< " MICRO "00", "classic; if 1 262144; end cut inside a record header"},
	{__LINE__, "< " MICRO "z15", "classic; if 1 262144; end cut inside a record header"},
	{__LINE__, "< " MICRO "w0 w0 w1 w1", "classic; if 1 262144; rec 0 1/1 @0 ; end cut inside a packet"},
	{__LINE__, "< " MICRO "w0 w0 w2 w2 aa", "classic; if 1 262144; rec 0 2/2 @0 aa; end cut inside a packet"},
	{__LINE__, "< " MICRO "w0 w0 w2 w2 aabb cc",
	 "classic; if 1 262144; rec 0 2/2 @0 aabb; end cut inside a record header"},
	/* Neither format. */
	{__LINE__, "d4c3b2a2 z30", "bad 0 neither pcap nor pcapng"},
	{__LINE__, "00000000", "bad 0 neither pcap nor pcapng"},
	{__LINE__, "1f8b0800", "bad 0 compressed"},
	{__LINE__, "28b52ffd", "bad 0 compressed"},
	{__LINE__, "fd377a58", "bad 0 compressed"},
	{__LINE__, "\"BZh9\"", "bad 0 compressed"},
	{__LINE__, "04224d18", "bad 0 compressed"},
	{__LINE__, "\"HTTP/1.1 200 OK\"", "bad 0 neither pcap nor pcapng"},
};
/* clang-format on */

static void
a_file_of_either_order_is_read_or_bad(void **state)
{
	static uint8_t image[ROOM];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		size_t n = image_make(rows[i].image, image, sizeof(image));

		check_transcript(__FILE__, rows[i].line, image, n, rows[i].want);
	}
}

/* clang-format off */
#define H(s, us, n) "w" #s " w" #us " w" #n " w" #n " "
static const struct {
	int line;
	const char *image;
	uint8_t extra;
} layouts[] = {
	{__LINE__, "", 0},
	{__LINE__, "< " MICRO, 0},
	{__LINE__, "< " MICRO H(60000000, 1, 4) "01020304", 0},
	{__LINE__, "< " MICRO H(60000000, 1, 4) "01020304 " H(60000000, 2, 4) "01020304", 0},
	{__LINE__, "< " MICRO H(60000000, 1, 4) "z8 01020304 " H(60000000, 2, 4) "z8 01020304 " H(60000001, 2, 4) "z8 01020304", 8},
	{__LINE__, "> " MICRO H(60000000, 1, 4) "z4 01020304 " H(60000000, 2, 4) "z4 01020304 " H(60000001, 2, 4) "z4 01020304", 4},
	/* What makes no sense in any way stays as it is: damage, other times, more in the fraction. */
	{__LINE__, "< " MICRO H(60000000, 1, 4) "01020304 " H(1, 2, 4) "01020304", 0},
	{__LINE__, "< " MICRO H(60000000, 1, 4) "01020304 " H(60000000, 2, 40001) "01020304", 0},
	{__LINE__, "< " MICRO H(60000000, 1, 4) "01020304 " H(60000000, 200000, 4) "01020304", 0},
	{__LINE__, "< wa1b2cd34 h2 h4 z8 w5dc w71 " H(60000000, 1, 4) "z8 01020304 " H(60000000, 1, 4), 8},
};
/* clang-format on */

static void
longer_record_headers_under_the_common_magic_are_found(void **state)
{
	static uint8_t image[ROOM];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(layouts); i++) {
		size_t n = image_make(layouts[i].image, image, sizeof(image));

		check_u64(__FILE__, layouts[i].line, span_str(layouts[i].image),
			  classic_reader_extra(span_of(image, n)), layouts[i].extra,
			  "extra");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_file_of_either_order_is_read_or_bad),
	    cmocka_unit_test(longer_record_headers_under_the_common_magic_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
