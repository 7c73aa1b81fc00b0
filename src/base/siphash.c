/* A keyed hash. */
#include "base/siphash.h"

static inline uint64_t
rotate(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

static inline void
mix(uint64_t v[static 4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

uint64_t
siphash_words(const uint64_t seed[static 2], const uint64_t *words, size_t n)
{
	uint64_t v[4] = {seed[0] ^ UINT64_C(0x736f6d6570736575),
			 seed[1] ^ UINT64_C(0x646f72616e646f6d),
			 seed[0] ^ UINT64_C(0x6c7967656e657261),
			 seed[1] ^ UINT64_C(0x7465646279746573)};
	uint64_t h;

	for (size_t i = 0; i < n; i++) {
		v[3] ^= words[i];
		mix(v);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	for (unsigned i = 0; i < 3; i++)
		mix(v);
	h = v[0] ^ v[1] ^ v[2] ^ v[3];
	return h != 0 ? h : 1;
}
