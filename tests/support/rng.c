/*
 * Random numbers that a seed repeats. It knows no module of the program.
 */
#include "support/rng.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t
rng_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545F4914F6CDD1DU;
}

uint64_t
rng_below(uint64_t *state, uint64_t n)
{
	return (rng_next(state) >> 11) % n;
}

uint64_t
rng_seed(const char *test)
{
	const char *given = getenv("TEST_SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : 20240229;

	if (seed == 0)
		seed = 1;
	fprintf(stderr, "%s: TEST_SEED=%llu\n", test, (unsigned long long)seed);
	return seed;
}
