#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 (Aumasson, Bernstein 2012) of whole words: who sends packets cannot make two of
 * them equal, nor fill one place of a table. Never 0. */
uint64_t siphash_words(const uint64_t seed[static 2], const uint64_t *words, size_t n);

#endif
