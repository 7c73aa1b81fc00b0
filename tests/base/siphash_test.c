/* The keyed hash. */
#include "base/siphash.h"

#include "support/check.h"

static void
equal_words_are_equal_and_others_are_not(void **state)
{
	const uint64_t seed[2] = {1, 2};
	uint64_t words[4] = {1, 2, 3, 4};
	uint64_t first = siphash_words(seed, words, 4);

	(void)state;
	assert_true(first == siphash_words(seed, words, 4));
	for (int bit = 0; bit < 256; bit++) {
		words[bit / 64] ^= UINT64_C(1) << bit % 64;
		assert_true(first != siphash_words(seed, words, 4));
		words[bit / 64] ^= UINT64_C(1) << bit % 64;
	}
	assert_true(first != siphash_words(seed, words, 3));
}

static void
another_seed_is_another_hash(void **state)
{
	const uint64_t a[2] = {1, 2};
	const uint64_t b[2] = {1, 3};
	const uint64_t word = 9;

	(void)state;
	assert_true(siphash_words(a, &word, 1) != siphash_words(b, &word, 1));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(equal_words_are_equal_and_others_are_not),
	    cmocka_unit_test(another_seed_is_another_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
