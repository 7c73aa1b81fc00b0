/* Time stamps of any resolution: by hand, and against an oracle in 128 bits. */
#include "pcap/ng_time.h"
#include "support/check.h"

#include "pcap/savefile.h"
#include "support/rng.h"

#define MAX SAVEFILE_TIME_MAX

static const struct {
	int line;
	uint64_t ticks;
	uint8_t tsresol;
	int64_t offset_s;
	uint64_t want;
} rows[] = {
    {__LINE__, 0, 6, 0, 0},
    {__LINE__, 1, 6, 0, 1000},
    {__LINE__, 1, 9, 0, 1},
    {__LINE__, 1, 0, 0, 1000000000},
    {__LINE__, 1, 3, -1, 0},
    {__LINE__, 1999, 12, 0, 1},
    {__LINE__, UINT64_MAX, 19, 0, 1844674407},
    {__LINE__, UINT64_MAX, 28, 0, 1},
    {__LINE__, UINT64_MAX, 29, 0, 0},
    {__LINE__, UINT64_MAX, 127, 0, 0},
    {__LINE__, UINT64_MAX, 10, 0, UINT64_MAX / 10},
    {__LINE__, UINT64_MAX, 9, 0, MAX},
    {__LINE__, UINT64_MAX, 0, 0, MAX},
    {__LINE__, 1, 0x80, 0, 1000000000},
    {__LINE__, 3, 0x81, 0, 1500000000},
    {__LINE__, 1, 0x9e, 0, 0},
    {__LINE__, 2, 0x9e, 0, 1},
    {__LINE__, (UINT64_C(1) << 63) + (UINT64_C(1) << 62), 0xbf, 0, 1500000000},
    {__LINE__, UINT64_MAX, 0xc0, 0, 999999999},
    {__LINE__, UINT64_MAX, 0xdd, 0, 1},
    {__LINE__, UINT64_MAX, 0xde, 0, 0},
    {__LINE__, UINT64_MAX, 0xff, 0, 0},
    {__LINE__, UINT64_MAX, 0x80, 0, MAX},
    {__LINE__, 5, 9, 1, 1000000005},
    {__LINE__, 1000000005, 9, -1, 5},
    {__LINE__, 1000000005, 9, -2, 0},
    {__LINE__, 5, 9, INT64_MAX, MAX},
    {__LINE__, 5, 9, INT64_MIN, 0},
    {__LINE__, MAX, 9, 1, MAX},
    {__LINE__, MAX, 9, -1, MAX - 1000000000},
    {__LINE__, UINT64_MAX, 9, INT64_MIN, 0},
};

static void
a_time_is_converted_by_its_resolution(void **state)
{
	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++)
		check_u64(__FILE__, rows[i].line, span_str(""),
			  ng_time_to_ns(rows[i].ticks, rows[i].tsresol, rows[i].offset_s),
			  rows[i].want, "ns");
}

/* floor(ticks * 10^9 / unit), by long division in 128 bits. */
static uint64_t
oracle(uint64_t ticks, uint8_t tsresol)
{
	unsigned __int128 v = (unsigned __int128)ticks * 1000000000u;
	unsigned n = tsresol & 0x7f;

	for (unsigned i = 0; i < n && v > 0; i++)
		v /= tsresol & 0x80 ? 2 : 10;
	return v < MAX ? (uint64_t)v : MAX;
}

static void
any_time_is_what_wide_arithmetic_says(void **state)
{
	uint64_t seed = rng_seed("ng_time");
	uint64_t rng = seed;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t ticks = rng_next(&rng) >> rng_below(&rng, 64);
		uint8_t tsresol = (uint8_t)rng_next(&rng);

		if (ng_time_to_ns(ticks, tsresol, 0) != oracle(ticks, tsresol)) {
			print_error("ticks %llu, tsresol %u, seed %llu\n",
				    (unsigned long long)ticks, tsresol,
				    (unsigned long long)seed);
			fail();
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_time_is_converted_by_its_resolution),
	    cmocka_unit_test(any_time_is_what_wide_arithmetic_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
