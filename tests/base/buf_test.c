/* The byte queue: its edges, and random use against a plain counter of bytes. */
#include "base/buf.h"

#include <string.h>

#include "support/check.h"
#include "support/edge.h"
#include "support/rng.h"

static void
a_full_queue_takes_nothing_and_an_empty_one_starts_over(void **state)
{
	uint8_t *mem = edge_copy("........", 8);
	struct buf b;
	size_t n;

	(void)state;
	buf_init(&b, mem, 8);
	assert_int_equal(buf_used(&b), 0);
	assert_int_equal(buf_free(&b), 8);
	assert_false(buf_put(&b, span_str("123456789")));
	assert_int_equal(buf_used(&b), 0);
	assert_true(buf_put(&b, span_str("12345678")));
	assert_true(buf_put(&b, span_str("")));
	assert_false(buf_put(&b, span_str("9")));
	buf_space(&b, &n);
	assert_int_equal(n, 0);
	buf_consume(&b, 3);
	assert_int_equal(buf_free(&b), 3);
	assert_true(buf_put(&b, span_str("9ab")));
	check_span(__FILE__, __LINE__, buf_readable(&b), buf_readable(&b),
		   span_str("456789ab"), "moved together");
	buf_consume(&b, 8);
	assert_ptr_equal(buf_space(&b, &n), mem);
	assert_int_equal(n, 8);
	edge_free(mem);
}

/* Bytes go in as a running count and must come out as one, whatever the sizes. */
static void
bytes_leave_in_the_order_they_came(void **state)
{
	uint64_t rng = rng_seed("buf random use");
	uint8_t *mem = edge_copy("0123456789012345678901234567890123456", 37);
	struct buf b;
	uint8_t in = 0, out = 0;

	(void)state;
	buf_init(&b, mem, 37);
	for (int round = 0; round < 20000; round++) {
		size_t n;
		uint8_t *p = buf_space(&b, &n);
		size_t put = rng_below(&rng, n + 1);
		size_t get;

		assert_int_equal(n, buf_free(&b));
		for (size_t i = 0; i < put; i++)
			p[i] = in++;
		buf_commit(&b, put);
		get = rng_below(&rng, buf_used(&b) + 1);
		for (size_t i = 0; i < get; i++)
			assert_int_equal(buf_readable(&b).p[i], out++);
		buf_consume(&b, get);
	}
	edge_free(mem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_full_queue_takes_nothing_and_an_empty_one_starts_over),
	    cmocka_unit_test(bytes_leave_in_the_order_they_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
