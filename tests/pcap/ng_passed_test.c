/* Secrets and names, written anew: in either byte order, cut where they are long, damaged. */
#include "pcap/ng_passed.h"
#include "support/check.h"

#include <stdlib.h>
#include <string.h>

#include "pcap/ng_format.h"
#include "support/image.h"

#define ROOM 4096

/* clang-format off */
static const struct {
	int line;
	uint32_t type;
	bool is_big_endian;
	const char *body, *want; /* all blocks */
} rows[] = {
	{__LINE__, 10, false, "< w544c534b w5 \"a b\" 0a0a 000000", "< [a w544c534b w5 \"a b\" 0a0a ]"},
	{__LINE__, 10, true, "> w544c534b w2 \"a\" 0a 0000 (1 \"comment\" )", "< [a w544c534b w2 \"a\" 0a ]"},
	{__LINE__, 10, false, "< w1 w0 ", ""},
	{__LINE__, 10, false, "< w1 w3 0102", ""},
	{__LINE__, 10, false, "< w1 wffffffff 0102", ""},
	{__LINE__, 10, false, "< w1 ", ""},
	{__LINE__, 4, false, "< h1 h7 c0000201 \"ab\" 00 00 h2 h11 z16 \"c\" 000000 h0 h0",
	 "< [4 h1 h7 c0000201 \"ab\" 00 00 h2 h11 z16 \"c\" 000000 h0 h0 ]"},
	{__LINE__, 4, true, "> h1 h7 c0000201 \"ab\" 00 00 h0 h0 (2 \"dns\" )",
	 "< [4 h1 h7 c0000201 \"ab\" 00 00 h0 h0 ]"},
	/* What is whole passes; there may be no end. */
	{__LINE__, 4, false, "< h1 h4 01020304 h1 h9 01020304", "< [4 h1 h4 01020304 h0 h0 ]"},
	{__LINE__, 4, false, "< h1 h4 01020304", "< [4 h1 h4 01020304 h0 h0 ]"},
	{__LINE__, 4, false, "< h0 h0", ""},
	{__LINE__, 4, false, "", ""},
};
/* clang-format on */

static void
blocks_are_little_endian_whole_and_without_options(void **state)
{
	static uint8_t body[ROOM], want[ROOM], got[NG_PASSED_MAX];

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		struct savefile_block block = {.type = rows[i].type,
					       .is_big_endian = rows[i].is_big_endian};
		size_t n = image_make(rows[i].body, body, sizeof(body));
		size_t n_want = image_make(rows[i].want, want, sizeof(want));
		struct ng_passed p;
		size_t size;

		ng_passed_init(&p, &block, span_of(body, n));
		size = ng_passed_next(&p, got);
		check_u64(__FILE__, rows[i].line, span_str(rows[i].body), size, n_want,
			  "size");
		check_true(__FILE__, rows[i].line, span_str(rows[i].body),
			   memcmp(got, want, size) == 0, "bytes");
		assert_int_equal(ng_passed_next(&p, got), 0);
	}
}

/* Every line comes once, in its order, and none is cut. */
static void
long_secrets_are_cut_between_lines(void **state)
{
	enum { LINE = 100, LINES = 10000 };
	uint8_t *body = calloc(1, 8 + LINE * LINES);
	uint8_t *out = malloc(NG_PASSED_MAX);
	struct savefile_block block = {.type = NG_BLOCK_SECRETS};
	struct ng_passed p;
	size_t n_lines = 0, n_blocks = 0, size;

	(void)state;
	image_make("< w544c534b wf4240", body, 8);
	for (size_t i = 0; i < LINES; i++) {
		memset(body + 8 + i * LINE, 'a' + (int)(i % 26), LINE - 1);
		body[8 + i * LINE + LINE - 1] = '\n';
	}
	ng_passed_init(&p, &block, span_of(body, 8 + LINE * LINES));
	for (; (size = ng_passed_next(&p, out)) > 0; n_blocks++) {
		size_t n = out[12] | out[13] << 8 | out[14] << 16;

		assert_int_equal(n % LINE, 0);
		assert_memory_equal(out + 16, body + 8 + n_lines * LINE, n);
		n_lines += n / LINE;
	}
	assert_int_equal(n_lines, LINES);
	assert_int_equal(n_blocks, 4);
	memset(body + 8, 'x', LINE * LINES);
	ng_passed_init(&p, &block, span_of(body, 8 + LINE * LINES));
	assert_int_equal(ng_passed_next(&p, out), 0);
	free(out);
	free(body);
}

static void
many_names_go_into_more_than_one_block(void **state)
{
	enum { RECORD = 4 + 4 + 12, RECORDS = 30000 };
	uint8_t *body = calloc(1, RECORD * RECORDS);
	uint8_t *out = malloc(NG_PASSED_MAX);
	struct savefile_block block = {.type = NG_BLOCK_NAMES};
	struct ng_passed p;
	size_t n = 0, size;

	(void)state;
	for (size_t i = 0; i < RECORDS; i++)
		image_make("< h1 h10 0a000001 \"elevenchars\" 00", body + i * RECORD,
			   RECORD);
	ng_passed_init(&p, &block, span_of(body, RECORD * RECORDS));
	while ((size = ng_passed_next(&p, out)) > 0) {
		assert_int_equal((size - 8 - 4 - 4) % RECORD, 0);
		n += (size - 8 - 4 - 4) / RECORD;
	}
	assert_int_equal(n, RECORDS);
	free(out);
	free(body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(blocks_are_little_endian_whole_and_without_options),
	    cmocka_unit_test(long_secrets_are_cut_between_lines),
	    cmocka_unit_test(many_names_go_into_more_than_one_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
