/* Classic pcap headers, byte by byte, and through the reader. */
#include "pcap/classic_write.h"
#include "support/check.h"

#include <stdio.h>
#include <string.h>

#include "support/image.h"
#include "support/rng.h"
#include "support/transcript.h"

static void
headers_are_these_bytes(void **state)
{
	static const struct {
		int line;
		bool is_nano;
		struct savefile_record record;
		const char *file, *packet;
	} rows[] = {
	    /* clang-format off */
	    {__LINE__, false, {.time_ns = 1700000000123456789, .caplen = 3, .origlen = 1500},
	     "d4c3b2a1 0200 0400 z8 00000400 14010000", "00f15365 40e20100 03000000 dc050000"},
	    {__LINE__, true, {.time_ns = 1700000000123456789, .caplen = 3, .origlen = 1500},
	     "4d3cb2a1 0200 0400 z8 00000400 14010000", "00f15365 15cd5b07 03000000 dc050000"},
	    /* Seconds beyond 32 bits, and cut microseconds. */
	    {__LINE__, false, {.time_ns = 4294967296999999999},
	     "d4c3b2a1 0200 0400 z8 00000400 14010000", "ffffffff 3f420f00 z8"},
	    /* clang-format on */
	};
	uint8_t file[CLASSIC_FILE_HEADER], packet[CLASSIC_RECORD_HEADER], want[64];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		size_t n = image_make(rows[i].file, want, sizeof(want));

		classic_write_file_header(file, rows[i].is_nano, 276, 262144);
		check_span(__FILE__, rows[i].line, span_str(rows[i].file),
			   span_of(file, sizeof(file)), span_of(want, n), "file header");
		n = image_make(rows[i].packet, want, sizeof(want));
		classic_write_record_header(packet, rows[i].is_nano, &rows[i].record);
		check_span(__FILE__, rows[i].line, span_str(rows[i].packet),
			   span_of(packet, sizeof(packet)), span_of(want, n),
			   "record header");
	}
}

/* read(write(x)) = x */
static void
what_is_written_is_read(void **state)
{
	uint64_t rng = rng_seed("classic_write");
	uint8_t file[CLASSIC_FILE_HEADER + CLASSIC_RECORD_HEADER + 4];
	char want[256];

	(void)state;
	for (int i = 0; i < 200; i++) {
		bool is_nano = rng_below(&rng, 2);
		uint32_t linktype = (uint32_t)rng_below(&rng, 300);
		uint32_t snaplen = (uint32_t)rng_next(&rng);
		struct savefile_record record = {.time_ns =
						     rng_next(&rng) % 4294967296000000000,
						 .caplen = (uint32_t)rng_below(&rng, 5)};

		record.origlen = record.caplen + (uint32_t)rng_below(&rng, 70000);
		memset(file, 0xee, sizeof(file));
		classic_write_file_header(file, is_nano, linktype, snaplen);
		classic_write_record_header(file + CLASSIC_FILE_HEADER, is_nano, &record);
		snprintf(
		    want, sizeof(want), "classic; if %u %u; rec %llu %u/%u @0 %.*s; end",
		    linktype, snaplen,
		    (unsigned long long)(is_nano ? record.time_ns
						 : record.time_ns / 1000 * 1000),
		    record.caplen, record.origlen, (int)record.caplen * 2, "eeeeeeee");
		check_transcript(
		    __FILE__, __LINE__, file,
		    CLASSIC_FILE_HEADER + CLASSIC_RECORD_HEADER + record.caplen, want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(headers_are_these_bytes),
	    cmocka_unit_test(what_is_written_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
