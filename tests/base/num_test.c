/* Numbers at their limits. */
#include "base/num.h"

#include <stdio.h>
#include <string.h>

#include "support/check.h"
#include "support/edge.h"
#include "support/rng.h"

#define BAD (UINT64_MAX - 7) /* a row's "refused"; no row has it as a value */
#define S   UINT64_C(1000000000)

typedef bool parse_fn(struct span s, uint64_t max, uint64_t *out);

struct row {
	int line;
	struct span in;
	uint64_t max;
	uint64_t want;
};

static void
run(const struct row *rows, size_t n, parse_fn *parse)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t *p = edge_copy(rows[i].in.p, rows[i].in.n);
		uint64_t got = 12345;
		bool ok = parse(span_of(p, rows[i].in.n), rows[i].max, &got);

		if (!ok)
			check_u64(__FILE__, rows[i].line, rows[i].in, got, 0, "out");
		check_u64(__FILE__, rows[i].line, rows[i].in, ok ? got : BAD,
			  rows[i].want, "value");
		edge_free(p);
	}
}

static void
a_number_is_digits_within_its_bound(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES("0"), 0, 0},
	    {__LINE__, CHECK_BYTES("1"), 0, BAD},
	    {__LINE__, CHECK_BYTES("007"), 7, 7},
	    {__LINE__, CHECK_BYTES("65535"), 65535, 65535},
	    {__LINE__, CHECK_BYTES("65536"), 65535, BAD},
	    {__LINE__, CHECK_BYTES("18446744073709551615"), UINT64_MAX, UINT64_MAX},
	    {__LINE__, CHECK_BYTES("18446744073709551616"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("18446744073709551620"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("99999999999999999999"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("184467440737095516150"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("0000000000000000000000000000001"), 1, 1},
	    {__LINE__, CHECK_BYTES(""), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("+1"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("-1"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES(" 1"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1 "), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1\0"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("0x1"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1a"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1/"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1:"), UINT64_MAX, BAD},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows), num_parse_u64);
}

static void
hex_is_1_to_16_digits(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES("0"), 0, 0},
	    {__LINE__, CHECK_BYTES("09afAF"), UINT64_MAX, 0x09afaf},
	    {__LINE__, CHECK_BYTES("ffffffffffffffff"), UINT64_MAX, UINT64_MAX},
	    {__LINE__, CHECK_BYTES("fffffffffffffff0"), UINT64_MAX - 16, BAD},
	    {__LINE__, CHECK_BYTES("00000000000000000"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("100"), 0xff, BAD},
	    {__LINE__, CHECK_BYTES(""), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("g"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("G"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("@"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("`"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("0x1"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("-1"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1 "), UINT64_MAX, BAD},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows), num_parse_hex);
}

static bool
parse_seconds(struct span s, uint64_t max, uint64_t *out)
{
	return num_parse_duration(s, S, max, out);
}

static bool
parse_with_unit(struct span s, uint64_t max, uint64_t *out)
{
	return num_parse_duration(s, 0, max, out);
}

static void
a_duration_has_a_unit_and_a_bound(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES("0"), 0, 0},
	    {__LINE__, CHECK_BYTES("0.0"), 0, 0},
	    {__LINE__, CHECK_BYTES("1"), S, S},
	    {__LINE__, CHECK_BYTES("1"), S - 1, BAD},
	    {__LINE__, CHECK_BYTES("1.000000001"), S, BAD},
	    {__LINE__, CHECK_BYTES("1.000000001"), S + 1, S + 1},
	    {__LINE__, CHECK_BYTES("1.0000000019"), 9 * S, S + 1},
	    {__LINE__, CHECK_BYTES("0.30000000000000004"), S, 300000000},
	    {__LINE__, CHECK_BYTES("0.0000000001"), S, BAD},
	    {__LINE__, CHECK_BYTES("0.5ns"), S, BAD},
	    {__LINE__, CHECK_BYTES("1.5ns"), S, 1},
	    {__LINE__, CHECK_BYTES("200ms"), S, 200000000},
	    {__LINE__, CHECK_BYTES("7us"), S, 7000},
	    {__LINE__, CHECK_BYTES("0.00000000005m"), S, 3},
	    {__LINE__, CHECK_BYTES("1.5m"), 90 * S, 90 * S},
	    {__LINE__, CHECK_BYTES("2h"), 7200 * S, 7200 * S},
	    {__LINE__, CHECK_BYTES("18446744073.709551615"), UINT64_MAX, UINT64_MAX},
	    {__LINE__, CHECK_BYTES("18446744073.709551616"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("18446744073709551615ns"), UINT64_MAX, UINT64_MAX},
	    {__LINE__, CHECK_BYTES("18446744073709551616ns"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("5124096h"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES(""), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("."), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1."), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES(".5"), UINT64_MAX, S / 2},
	    {__LINE__, CHECK_BYTES(".5ms"), UINT64_MAX, 500000},
	    {__LINE__, CHECK_BYTES(".0000000001"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1..5"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("s"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1 s"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1S"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1sec"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1m1s"), UINT64_MAX, 61 * S},
	    {__LINE__, CHECK_BYTES("1m1s"), 61 * S - 1, BAD},
	    {__LINE__, CHECK_BYTES("1h30m"), UINT64_MAX, 5400 * S},
	    {__LINE__, CHECK_BYTES("1h0.5m2s5ms"), UINT64_MAX, 3632 * S + 5000000},
	    {__LINE__, CHECK_BYTES("0h0m"), UINT64_MAX, 0},
	    {__LINE__, CHECK_BYTES("1h30"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("30m1h"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1h1h"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1hm"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1.5.5"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("5124095h1m"), UINT64_MAX,
	     UINT64_C(307445701) * 60 * S},
	    {__LINE__, CHECK_BYTES("-1s"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1e3"), UINT64_MAX, BAD},
	};
	static const struct row strict[] = {
	    {__LINE__, CHECK_BYTES("0"), 0, 0},
	    {__LINE__, CHECK_BYTES("1"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1s"), UINT64_MAX, S},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows), parse_seconds);
	run(strict, CHECK_COUNT(strict), parse_with_unit);
}

static void
a_size_has_a_factor_and_a_bound(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES("0"), 0, 0},
	    {__LINE__, CHECK_BYTES("1024"), 1024, 1024},
	    {__LINE__, CHECK_BYTES("1K"), 1024, 1024},
	    {__LINE__, CHECK_BYTES("1K"), 1023, BAD},
	    {__LINE__, CHECK_BYTES("64KiB"), 65536, 65536},
	    {__LINE__, CHECK_BYTES("3M"), UINT64_MAX, 3 << 20},
	    {__LINE__, CHECK_BYTES("3MiB"), UINT64_MAX, 3 << 20},
	    {__LINE__, CHECK_BYTES("2GiB"), UINT64_MAX, UINT64_C(2) << 30},
	    {__LINE__, CHECK_BYTES("17179869183G"), UINT64_MAX,
	     UINT64_C(17179869183) << 30},
	    {__LINE__, CHECK_BYTES("17179869184G"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("18014398509481984K"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("K"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES(""), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1 K"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("4k"), UINT64_MAX, 4096},
	    {__LINE__, CHECK_BYTES("64m"), UINT64_MAX, 64 << 20},
	    {__LINE__, CHECK_BYTES("1g"), UINT64_MAX, 1 << 30},
	    {__LINE__, CHECK_BYTES("64MB"), UINT64_MAX, 64 << 20},
	    {__LINE__, CHECK_BYTES("1kb"), UINT64_MAX, 1024},
	    {__LINE__, CHECK_BYTES("1B"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1M+"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1-"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1Ki"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1KiBx"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("1.5K"), UINT64_MAX, BAD},
	    {__LINE__, CHECK_BYTES("-1K"), UINT64_MAX, BAD},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows), num_parse_size);
}

/* format then parse gives the number back, and the text is what printf writes. */
static void
what_is_printed_is_read_again(void **state)
{
	static const uint64_t edges[] = {0, 9, 10, 99, 100, UINT32_MAX, UINT64_MAX};
	uint64_t rng = rng_seed("num format");

	(void)state;
	for (size_t i = 0; i < 20000; i++) {
		uint64_t v = i < CHECK_COUNT(edges)
				 ? edges[i]
				 : rng_next(&rng) >> rng_below(&rng, 64);
		char text[NUM_U64_DIGITS], want[32];
		size_t n = num_format_u64(text, v);
		uint64_t back;

		snprintf(want, sizeof(want), "%llu", (unsigned long long)v);
		check_span(__FILE__, __LINE__, span_of(text, n), span_of(text, n),
			   span_str(want), "decimal");
		assert_true(num_parse_u64(span_of(text, n), UINT64_MAX, &back));
		assert_true(back == v);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_number_is_digits_within_its_bound),
	    cmocka_unit_test(hex_is_1_to_16_digits),
	    cmocka_unit_test(a_duration_has_a_unit_and_a_bound),
	    cmocka_unit_test(a_size_has_a_factor_and_a_bound),
	    cmocka_unit_test(what_is_printed_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
