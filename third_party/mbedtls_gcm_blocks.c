/*
 * The inner loop of AES-GCM for mbedTLS, which handles one block after the other and waits for
 * each instruction. Here eight counters are encrypted side by side, and their blocks are hashed
 * with H^8 ... H and one reduction (Gueron, Kounavis: carry-less multiplication and its usage for
 * computing the GCM mode, "aggregated reduction"). Must not know anything of ddump.
 */
#include "mbedtls_gcm_blocks.h"

#include <string.h>

typedef uint64_t words __attribute__((vector_size(16))); /* [0]: the low half */
typedef words key_words __attribute__((aligned(1), may_alias));
typedef uint32_t counters __attribute__((vector_size(16)));

/*
 * What differs: begin, turn and end are the rounds of AES for a state and its round keys;
 * MULTIPLY is the carry-less product of the words a[i] and b[j].
 */
#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("aes,pclmul,ssse3"), always_inline)) static inline
#define MULTIPLY(a, i, b, j) \
	((words)_mm_clmulepi64_si128((__m128i)(a), (__m128i)(b), (i) | (j) << 4))

TARGET words
reverse(words x)
{
	return (words)_mm_shuffle_epi8(
	    (__m128i)x,
	    _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

TARGET words
begin(words x, const key_words *key)
{
	return x ^ key[0];
}

TARGET words
turn(words x, const key_words *key)
{
	return (words)_mm_aesenc_si128((__m128i)x, (__m128i)key[0]);
}

TARGET words
end(words x, const key_words *key)
{
	return (words)_mm_aesenclast_si128((__m128i)x, (__m128i)key[0]);
}

#elif defined(__aarch64__)
#include <arm_neon.h>

#define TARGET		     __attribute__((target("+crypto"), always_inline)) static inline
#define MULTIPLY(a, i, b, j) ((words)vmull_p64((poly64_t)(a)[i], (poly64_t)(b)[j]))

TARGET words
reverse(words x)
{
	uint8x16_t y = vrev64q_u8((uint8x16_t)x);

	return (words)vextq_u8(y, y, 8);
}

TARGET words
begin(words x, const key_words *key)
{
	(void)key;
	return x;
}

/* The instruction adds the key before the round, not after it. */
TARGET words
turn(words x, const key_words *key)
{
	return (words)vaesmcq_u8(vaeseq_u8((uint8x16_t)x, (uint8x16_t)key[-1]));
}

TARGET words
end(words x, const key_words *key)
{
	return (words)vaeseq_u8((uint8x16_t)x, (uint8x16_t)key[-1]) ^ key[0];
}
#endif

/* A product of 256 bits: low and high half, and what lies across both. */
struct product {
	words low, middle, high;
};

TARGET words
load(const unsigned char *p)
{
	words x;

	memcpy(&x, p, sizeof x);
	return x;
}

TARGET void
multiply_add(struct product *sum, words a, words b)
{
	sum->low ^= MULTIPLY(a, 0, b, 0);
	sum->middle ^= MULTIPLY(a, 0, b, 1) ^ MULTIPLY(a, 1, b, 0);
	sum->high ^= MULTIPLY(a, 1, b, 1);
}

/* Modulo x^128 + x^7 + x^2 + x + 1, of bits that are in reverse: one to the left first. */
TARGET words
reduce(struct product p)
{
	words low = p.low ^ (words) { 0, p.middle[0] };
	words high = p.high ^ (words) { p.middle[1], 0 };
	words over = low >> 63;
	words x;

	high = high << 1 | (words){over[1], high[0] >> 63};
	low = low << 1 | (words){0, over[0]};
	x = low << 63 ^ low << 62 ^ low << 57;
	low ^= (words){0, x[0]};
	return high ^ low ^ low >> 1 ^ low >> 2 ^ low >> 7 ^ (words) { x[1], 0 };
}

#undef TARGET
#if defined(__x86_64__)
#define TARGET __attribute__((target("aes,pclmul,ssse3")))
#else
#define TARGET __attribute__((target("+crypto")))
#endif

TARGET void
ddump_gcm_blocks_powers(uint64_t powers[8][2], const unsigned char h[16])
{
	words one = reverse(load(h)), power = one;

	for (int i = 0; i < 8; i++) {
		struct product p = {0};

		memcpy(powers[i], &power, sizeof power);
		multiply_add(&p, power, one);
		power = reduce(p);
	}
}

TARGET void
ddump_gcm_blocks_crypt(const struct ddump_gcm_blocks *key, int is_decrypt,
		       unsigned char counter[16], unsigned char hash[16],
		       const unsigned char *in, unsigned char *out, size_t n)
{
	const key_words *keys = (const key_words *)key->round_keys;
	words count = reverse(load(counter)), sum = reverse(load(hash));

	for (; n > 0; n -= DDUMP_GCM_BLOCKS_BYTES) {
		struct product p = {0};
		words x[8], y[8];

#pragma GCC unroll 8
		for (int i = 0; i < 8; i++) {
			count = (words)((counters)count + (counters){1});
			y[i] = begin(reverse(count), keys);
		}
		for (unsigned r = 1; r < key->rounds; r++)
#pragma GCC unroll 8
			for (int i = 0; i < 8; i++)
				y[i] = turn(y[i], keys + r);
#pragma GCC unroll 8
		for (int i = 0; i < 8; i++) {
			x[i] = load(in);
			y[i] = end(y[i], keys + key->rounds) ^ x[i];
			memcpy(out, &y[i], sizeof y[i]);
			in += sizeof x[i];
			out += sizeof y[i];
		}
#pragma GCC unroll 8
		for (int i = 0; i < 8; i++) {
			sum ^= reverse(is_decrypt ? x[i] : y[i]);
			multiply_add(&p, sum,
				     load((const unsigned char *)key->powers[7 - i]));
			sum = (words){0};
		}
		sum = reduce(p);
	}
	count = reverse(count);
	memcpy(counter, &count, sizeof count);
	sum = reverse(sum);
	memcpy(hash, &sum, sizeof sum);
}
