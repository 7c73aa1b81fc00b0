#ifndef SUPPORT_RNG_H
#define SUPPORT_RNG_H

#include <stdint.h>

/* The next number of a xorshift64* sequence. *state is the seed, and must not be 0. */
uint64_t rng_next(uint64_t *state);

/* A number from 0 to n - 1; n must not be 0. */
uint64_t rng_below(uint64_t *state, uint64_t n);

/* A seed for a property test: a fixed one, or what TEST_SEED says; printed on stderr. */
uint64_t rng_seed(const char *test);

#endif
