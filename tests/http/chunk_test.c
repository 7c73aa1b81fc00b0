/* The chunked coding: what it takes, what it refuses, and its own encoder's output. */
#include "http/chunk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/edge.h"
#include "support/rng.h"
#include "support/split.h"

struct row {
	int line;
	struct span in;
	enum chunk_result want;
	const char *body;
	size_t left; /* bytes behind the end */
};

static void
run_row(void *ctx, const struct span *pieces, size_t count, const char *how)
{
	const struct row *row = ctx;
	struct chunk_decoder d;
	enum chunk_result result = CHUNK_MORE;
	char body[64];
	size_t n = 0, left = 0;

	chunk_decoder_init(&d);
	for (size_t i = 0; i < count; i++) {
		struct span in = pieces[i];
		struct span data;

		while ((result = chunk_decode(&d, &in, &data)) == CHUNK_DATA) {
			check_true(__FILE__, row->line, row->in,
				   data.n > 0 && n + data.n <= sizeof(body), how);
			memcpy(body + n, data.p, data.n);
			n += data.n;
		}
		check_u64(__FILE__, row->line, row->in, data.n, 0, "empty data");
		left += in.n;
	}
	check_u64(__FILE__, row->line, row->in, result, row->want, how);
	check_span(__FILE__, row->line, row->in, span_of(body, n), span_str(row->body),
		   how);
	if (result != CHUNK_BAD)
		check_u64(__FILE__, row->line, row->in, left, row->left, how);
}

static void
run(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		split_all(rows[i].in.p, rows[i].in.n, run_row,
			  (void *)(uintptr_t)&rows[i]);
}

static void
a_chunked_body_is_decoded_however_it_is_cut(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES("0\r\n\r\n"), CHUNK_END, "", 0},
	    {__LINE__, CHECK_BYTES("0\r\n\r\nnext"), CHUNK_END, "", 4},
	    {__LINE__, CHECK_BYTES("3\r\nabc\r\n0\r\n\r\n"), CHUNK_END, "abc", 0},
	    {__LINE__, CHECK_BYTES("1\r\na\r\nA\r\n0123456789\r\n0\r\n\r\n\r\n"),
	     CHUNK_END, "a0123456789", 2},
	    {__LINE__, CHECK_BYTES("a\r\n0123456789\r\n"), CHUNK_MORE, "0123456789", 0},
	    {__LINE__, CHECK_BYTES("0000000000000003\r\nabc\r\n00\r\n\r\n"), CHUNK_END,
	     "abc", 0},
	    {__LINE__, CHECK_BYTES("3;a=b;c=\"d \xff\t\"\r\nabc\r\n0;x\r\n\r\n"),
	     CHUNK_END, "abc", 0},
	    {__LINE__, CHECK_BYTES("2\r\n\r\n\r\n0\r\n\r\n"), CHUNK_END, "\r\n", 0},
	    {__LINE__, CHECK_BYTES("0\r\nA: b\r\nC:\r\n\r\nxy"), CHUNK_END, "", 2},
	    {__LINE__, CHECK_BYTES("ffffffffffffffff\r\nab"), CHUNK_MORE, "ab", 0},
	    {__LINE__, CHECK_BYTES("5\r\nab"), CHUNK_MORE, "ab", 0},
	    {__LINE__, CHECK_BYTES("5"), CHUNK_MORE, "", 0},
	    {__LINE__, CHECK_BYTES("0\r\nA: b\r\n"), CHUNK_MORE, "", 0},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows));
}

static void
a_malformed_chunk_is_bad(void **state)
{
	static const struct row rows[] = {
	    {__LINE__, CHECK_BYTES("\r\n"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES(";a\r\n"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES(" 3\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("3 \r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("3\t\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("3 ;a\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("+3\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("-3\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("0x3\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("3h\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("1_0\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("00000000000000003\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("10000000000000003\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("3\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("3\rabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("3\r\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("3\0\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("3;a\nabc\r\n0\r\n\r\n"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("3;a\rb\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("3;a\0\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("3;\x7f\r\nabc"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("3\r\nabcd\r\n"), CHUNK_BAD, "abc", 0},
	    {__LINE__, CHECK_BYTES("3\r\nabc\n0\r\n\r\n"), CHUNK_BAD, "abc", 0},
	    {__LINE__, CHECK_BYTES("3\r\nabc\r0\r\n\r\n"), CHUNK_BAD, "abc", 0},
	    {__LINE__, CHECK_BYTES("3\r\nabc0\r\n\r\n"), CHUNK_BAD, "abc", 0},
	    {__LINE__, CHECK_BYTES("3\r\nabc\rX0\r\n\r\n"), CHUNK_BAD, "abc", 0},
	    {__LINE__, CHECK_BYTES("3\r\nabcX\n0\r\n\r\n"), CHUNK_BAD, "abc", 0},
	    {__LINE__, CHECK_BYTES("0\r\n\n"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("0\r\n\rX"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("0\r\n A: b\r\n\r\n"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("0\r\nA: b\r\n c\r\n\r\n"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("0\r\nA : b\r\n\r\n"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("0\r\n: b\r\n\r\n"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("0\r\nA\r\n\r\n"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("0\r\nGET / HTTP/1.1\r\n\r\n"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("0\r\nA: b\n\r\n"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("0\r\nA: \0\r\n\r\n"), CHUNK_BAD, "", 0},
	    {__LINE__, CHECK_BYTES("0\r\nA: b\rc\r\n\r\n"), CHUNK_BAD, "", 0},
	};

	(void)state;
	run(rows, CHECK_COUNT(rows));
}

/* A size line and a trailer section of n bytes in all, as long as may be and one more. */
static void
check_bound(const char *prefix, size_t fill, const char *suffix, enum chunk_result want)
{
	size_t n = strlen(prefix);
	char *text = malloc(n + fill + strlen(suffix) + 1);
	struct row row = {__LINE__, {NULL, 0}, want, "", 0};

	assert_non_null(text);
	memcpy(text, prefix, n);
	memset(text + n, 'x', fill);
	memcpy(text + n + fill, suffix, strlen(suffix) + 1);
	row.in = span_str(text);
	split_all(row.in.p, row.in.n, run_row, &row);
	free(text);
}

static void
chunk_lines_and_trailers_are_bounded(void **state)
{
	(void)state;
	check_bound("0;", HTTP_CHUNK_LINE_MAX - 3, "\r\n\r\n", CHUNK_END);
	check_bound("0;", HTTP_CHUNK_LINE_MAX - 2, "\r\n\r\n", CHUNK_BAD);
	check_bound("0;", 100000, "", CHUNK_BAD);
	check_bound("0\r\nA:", HTTP_TRAILER_MAX - 6, "\r\n\r\n", CHUNK_END);
	check_bound("0\r\nA:", HTTP_TRAILER_MAX - 5, "\r\n\r\n", CHUNK_BAD);
	check_bound("0\r\n", 100000, "", CHUNK_BAD);
}

static void
an_end_between_chunks_is_told_from_one_within(void **state)
{
	static const char in[] = "1;x\r\na\r\n2\r\nbc\r\n0\r\n\r\n";
	static const char want[] = "+.......+......+....+";
	struct chunk_decoder d;

	(void)state;
	chunk_decoder_init(&d);
	for (size_t i = 0; i < sizeof(in); i++) {
		struct span one = span_of(in + i, 1);
		struct span data;

		check_u64(__FILE__, __LINE__, span_of(in, i),
			  chunk_decoder_is_boundary(&d), want[i] == '+', "boundary");
		if (i + 1 < sizeof(in))
			chunk_decode(&d, &one, &data);
	}
}

static void
a_head_has_its_fixed_size(void **state)
{
	static const struct {
		int line;
		size_t n;
		const char *want;
	} rows[] = {
	    {__LINE__, 1, "000001\r\n"},	{__LINE__, 15, "00000f\r\n"},
	    {__LINE__, 16, "000010\r\n"},	{__LINE__, 262144, "040000\r\n"},
	    {__LINE__, 0xabcdef, "abcdef\r\n"}, {__LINE__, CHUNK_DATA_MAX, "ffffff\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
		uint8_t *head = edge_copy("........", CHUNK_HEAD_SIZE);
		struct span got = span_of(head, CHUNK_HEAD_SIZE);

		chunk_head(head, rows[i].n);
		check_span(__FILE__, rows[i].line, got, got, span_str(rows[i].want),
			   "head");
		edge_free(head);
	}
}

/* decode(encode(x)) = x, cut at random. */
static void
what_is_encoded_is_decoded(void **state)
{
	static uint8_t body[20000], wire[60000], back[20000];
	uint64_t rng = rng_seed("chunk round trip");

	(void)state;
	for (int round = 0; round < 300; round++) {
		size_t n = rng_below(&rng, sizeof(body)), at = 0, size = 0, got = 0;
		enum chunk_result result = CHUNK_MORE;
		struct chunk_decoder d;
		struct span in;

		for (size_t i = 0; i < n; i++)
			body[i] = (uint8_t)(rng_next(&rng) >> 32);
		while (at < n) {
			size_t chunk = 1 + rng_below(&rng, rng_below(&rng, 5000) + 1);
			chunk = chunk < n - at ? chunk : n - at;
			if (size + chunk + 20 > sizeof(wire))
				break;
			chunk_head(wire + size, chunk);
			size += CHUNK_HEAD_SIZE;
			memcpy(wire + size, body + at, chunk);
			memcpy(wire + size + chunk, "\r\n", 2);
			size += chunk + 2;
			at += chunk;
		}
		memcpy(wire + size, "0\r\n\r\nZ", 6);
		in = span_of(wire, size + 6);
		chunk_decoder_init(&d);
		while (result != CHUNK_END) {
			struct span piece = span_take(&in, 1 + rng_below(&rng, 700));
			size_t all = piece.n;
			struct span data;

			assert_true(all > 0);
			while ((result = chunk_decode(&d, &piece, &data)) == CHUNK_DATA) {
				memcpy(back + got, data.p, data.n);
				got += data.n;
			}
			assert_true(result == CHUNK_END || piece.n == 0);
			in.p -= piece.n;
			in.n += piece.n;
		}
		check_span(__FILE__, __LINE__, in, in, span_str("Z"), "rest");
		assert_int_equal(got, at);
		assert_memory_equal(back, body, at);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_chunked_body_is_decoded_however_it_is_cut),
	    cmocka_unit_test(a_malformed_chunk_is_bad),
	    cmocka_unit_test(chunk_lines_and_trailers_are_bounded),
	    cmocka_unit_test(an_end_between_chunks_is_told_from_one_within),
	    cmocka_unit_test(a_head_has_its_fixed_size),
	    cmocka_unit_test(what_is_encoded_is_decoded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
