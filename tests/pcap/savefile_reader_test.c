/* Both formats through one door: real files, long packets, damage at random. */
#include "pcap/savefile_reader.h"
#include "support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pcap/classic_write.h"
#include "pcap/ng_write.h"
#include "support/edge.h"
#include "support/image.h"
#include "support/rng.h"
#include "support/transcript.h"

#define ROOM 4096

/* clang-format off */
static const struct {
	int line;
	const char *image, *want;
} rows[] = {
	/* Written by editcap 4.0: nanoseconds, and the modified format. */
	{__LINE__, "4d3cb2a1020004000000000000000000ffff000001000000f676036bd066bc201100000011000000"
	 "02000000000202000000000188b5616263",
	 "classic; if 1 65535; rec 1795389174549218000 17/17 @0 02000000000202000000000188b5616263; end"},
	{__LINE__, "34cdb2a1020004000000000000000000ffff000001000000f676036b62610800110000001100000000000000"
	 "0000000002000000000202000000000188b5616263",
	 "classic; if 1 65535; rec 1795389174549218000 17/17 @0 02000000000202000000000188b5616263; end"},
	/* Written by mergecap 4.0 from Ethernet and raw IP, a comment added by editcap. */
	{__LINE__, "< [a0d0d0a w1a2b3c4d h1 h0 qffffffffffffffff (4 \"Mergecap (Wireshark) 4.0.17\" ) (0 ) ] "
	 "010000001400000001000000ffff000014000000 010000001400000065000000ffff000014000000 "
	 "060000004400000000000000e5600600e28afb9d110000001100000002000000000202000000000188b56162"
	 "630000000100050068656c6c6f0000000000000044000000 "
	 "060000002400000001000000e56006002d8cfb9d02000000020000004500000024000000",
	 "ng; if 1 65535; if 101 65535; rec 1795389174549218000 17/17 @0 "
	 "02000000000202000000000188b5616263 comment=hello; rec 1795389174549549000 2/2 @1 4500; end"},
};
/* clang-format on */

static void
files_of_other_programs_are_read(void **state)
{
	static uint8_t image[ROOM];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		size_t n = image_make(rows[i].image, image, sizeof(image));

		check_transcript(__FILE__, rows[i].line, image, n, rows[i].want);
	}
}

/* Feeds the file in pieces of step bytes; the packet's bytes must arrive as they were. */
static void
check_long(const uint8_t *file, size_t n, const uint8_t *packet, size_t step)
{
	struct savefile_reader *r = malloc(sizeof(*r));
	struct savefile_out out;
	size_t got = 0;
	size_t n_records = 0;
	size_t n_bytes = 0;

	savefile_reader_init(r);
	for (size_t at = 0; at < n; at += step) {
		struct span in = span_of(file + at, n - at < step ? n - at : step);
		enum savefile_event e;

		while ((e = savefile_reader_feed(r, &in, &out)) != SAVEFILE_MORE) {
			assert_int_not_equal(e, SAVEFILE_BAD);
			n_records += e == SAVEFILE_RECORD;
			if (e != SAVEFILE_RECORD && e != SAVEFILE_PIECE)
				continue;
			n_bytes = e == SAVEFILE_RECORD
				      ? savefile_record_bytes(&out.record)
				      : n_bytes;
			for (size_t i = 0;
			     i < out.piece.n && got + i < SAVEFILE_SNAPLEN_MAX; i++)
				assert_int_equal(out.piece.p[i], packet[got + i]);
			got += out.piece.n;
			assert_int_equal(out.left, n_bytes - got);
		}
		assert_int_equal(in.n, 0);
	}
	assert_int_equal(got, n_bytes);
	assert_int_equal(n_records, 1);
	assert_int_equal(r->offset, n);
	assert_null(savefile_reader_eof(r));
	free(r);
}

static void
the_longest_packet_is_read(void **state)
{
	static const size_t steps[] = {1, 7, 4096, 65536, 1u << 20};
	static uint8_t packet[SAVEFILE_SNAPLEN_MAX];
	static uint8_t file[SAVEFILE_SNAPLEN_MAX + ROOM];
	struct savefile_interface interface = {.linktype = 1};
	struct savefile_record record = {.time_ns = 1,
					 .caplen = SAVEFILE_SNAPLEN_MAX,
					 .origlen = SAVEFILE_SNAPLEN_MAX,
					 .flags = 2};
	struct span none = {NULL, 0};
	uint64_t rng = rng_seed("longest_packet");

	(void)state;
	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = (uint8_t)rng_next(&rng);
	for (size_t s = 0; s < CHECK_COUNT(steps); s++) {
		size_t n = CLASSIC_FILE_HEADER + CLASSIC_RECORD_HEADER;

		classic_write_file_header(file, true, 1, 0);
		classic_write_record_header(file + CLASSIC_FILE_HEADER, true, &record);
		memcpy(file + n, packet, sizeof(packet));
		check_long(file, n + sizeof(packet), packet, steps[s]);

		n = ng_write_section(file, none, none, none);
		n += ng_write_interface(file + n, &interface);
		ng_write_packet_head(file + n, &record, NULL);
		n += NG_PACKET_HEAD;
		memcpy(file + n, packet, sizeof(packet));
		n += sizeof(packet);
		n += ng_write_packet_tail(file + n, &record, NULL);
		check_long(file, n, packet, steps[s]);
	}
}

/* Damaged at random, a file reads the same whole and in random pieces. */
static void
check_damaged(uint64_t *rng, const uint8_t *image, size_t n, uint64_t seed)
{
	static char whole[TRANSCRIPT_MAX], split[TRANSCRIPT_MAX];
	uint8_t *copy = edge_copy(image, n);
	struct span pieces[64];
	size_t n_pieces = 0;
	struct span rest = span_of(copy, n);

	for (size_t i = rng_below(rng, 4); i > 0; i--)
		copy[rng_below(rng, n)] =
		    (uint8_t)(rng_below(rng, 3) ? rng_below(rng, 40) : rng_next(rng));
	transcript_make(whole, &rest, 1);
	while (rest.n > 0 && n_pieces < CHECK_COUNT(pieces) - 1)
		pieces[n_pieces++] = span_take(&rest, rng_below(rng, 40));
	pieces[n_pieces++] = rest;
	transcript_make(split, pieces, n_pieces);
	if (strcmp(whole, split) != 0) {
		fprintf(stderr, "seed %llu\nwhole %s\nsplit %s\n",
			(unsigned long long)seed, whole, split);
		fail();
	}
	edge_free(copy);
}

static void
damage_is_told_where_it_begins(void **state)
{
	static const char *const images[] = {
	    "> wa1b2c3d4 h2 h4 z8 w40000 w1 w1 w2 w3 w4 010203 w1 w2 w1 w1 ff w1 w2 w0 w0",
	    "< [a0d0d0a w1a2b3c4d h1 h0 qffffffffffffffff (4 \"x\" ) (0 ) ] "
	    "[1 h1 h0 w40 (2 \"eth0\" ) (9 09 ) (14 q1 ) (0 ) ] [6 w0 w0 w7 w5 w5 0102030405 ] "
	    "[6 w0 w0 w8 w5 w5 0102030405 z3 (2 w2 ) (1 \"hi\" ) (1 \"you\" ) (0 ) ] "
	    "[3 w2 0102 ] [5 w0 w0 w9 (4 q5 ) (0 ) ] [77 w1 w2 ] [2 h0 h0 w0 w0 w1 w1 aa ] "
	    "> [a0d0d0a w1a2b3c4d h1 h0 qffffffffffffffff ] [1 h1 h0 w40 ] [6 w0 w0 w7 w1 w1 01 ]",
	};
	static uint8_t image[ROOM];
	uint64_t seed = rng_seed("savefile_damaged");
	uint64_t rng = seed;

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(images); i++) {
		size_t n = image_make(images[i], image, sizeof(image));

		for (int run = 0; run < 20000; run++)
			check_damaged(&rng, image, n, seed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(files_of_other_programs_are_read),
	    cmocka_unit_test(the_longest_packet_is_read),
	    cmocka_unit_test(damage_is_told_where_it_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
