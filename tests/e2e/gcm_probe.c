/*
 * The AES-GCM of the library that ddump is linked with, eight blocks at a time, beside the
 * library's own way: pieces shorter than eight blocks take that. gcm_probe [CASES [SEED]]
 * On stdout "blocks: yes" where this processor does eight blocks at a time, else "no", and
 * "ok: N cases". Exit status 1 with what differed on stderr.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/gcm.h>

#define MAX	   20000
#define SHORT	   127 /* bytes that take the library's own way */
#define WRAP_BYTES 4096

struct record {
	uint8_t key[32], iv[64], ad[300];
	unsigned key_bits;
	size_t iv_n, ad_n, n;
	uint8_t tag[16];
};

static uint64_t state;
static uint8_t plain[MAX], coded[MAX], other[MAX];
static mbedtls_gcm_context gcm;

static uint32_t
any(uint32_t below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((state >> 33) % below);
}

static void
fill(uint8_t *p, size_t n)
{
	while (n-- > 0)
		*p++ = (uint8_t)any(256);
}

static void
expect(int is_true, const char *what, const struct record *r)
{
	if (is_true)
		return;
	fprintf(stderr, "gcm_probe: %s: key %u bits, %zu bytes, iv %zu, ad %zu\n", what,
		r->key_bits, r->n, r->iv_n, r->ad_n);
	exit(1);
}

/* In pieces of at most most bytes; wrap: the counter begins there. */
static void
crypt(struct record *r, int mode, const uint8_t *in, uint8_t *out, size_t most,
      const uint32_t *wrap)
{
	size_t done = 0, n = 0;

	expect(mbedtls_gcm_starts(&gcm, mode, r->iv, r->iv_n) == 0 &&
		   mbedtls_gcm_update_ad(&gcm, r->ad, r->ad_n) == 0,
	       "start", r);
	for (int i = 0; wrap != NULL && i < 4; i++)
		gcm.MBEDTLS_PRIVATE(y)[12 + i] = (uint8_t)(*wrap >> (24 - 8 * i));
	for (; done < r->n; done += n) {
		size_t piece = 1 + any((uint32_t)most);

		piece = piece < r->n - done ? piece : r->n - done;
		expect(mbedtls_gcm_update(&gcm, in + done, piece, out + done, piece,
					  &n) == 0 &&
			   n == piece,
		       "update", r);
	}
	expect(mbedtls_gcm_finish(&gcm, NULL, 0, &n, r->tag, 16) == 0, "finish", r);
}

static int
is_accepted(struct record *r)
{
	return mbedtls_gcm_auth_decrypt(&gcm, r->n, r->iv, r->iv_n, r->ad, r->ad_n,
					r->tag, 16, coded, other) == 0;
}

/* A bit of one of the parts is changed and changed back. */
static void
forge(struct record *r, uint8_t *part, size_t bit)
{
	part[bit / 8] ^= (uint8_t)(1u << bit % 8);
	expect(!is_accepted(r), "a forged bit was accepted", r);
	part[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void
new_record(struct record *r, size_t n)
{
	memset(r, 0, sizeof *r);
	r->key_bits = 128 + 64 * any(3);
	r->n = n;
	r->iv_n = any(3) > 0 ? 12 : 1 + any(sizeof r->iv - 1);
	r->ad_n = any(4) > 0 ? 13 : any(sizeof r->ad);
	fill(r->key, sizeof r->key);
	fill(r->iv, sizeof r->iv);
	fill(r->ad, sizeof r->ad);
	fill(plain, n);
	mbedtls_gcm_free(&gcm);
	mbedtls_gcm_init(&gcm);
	expect(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, r->key, r->key_bits) == 0,
	       "key", r);
}

static void
one_case(struct record *r, size_t n)
{
	uint8_t tag[16];
	uint32_t is_in_place;

	new_record(r, n);
	crypt(r, MBEDTLS_GCM_ENCRYPT, plain, other, SHORT, NULL);
	memcpy(tag, r->tag, sizeof tag);
	crypt(r, MBEDTLS_GCM_ENCRYPT, plain, coded, any(2) ? n + 1 : 1000, NULL);
	expect(memcmp(coded, other, n) == 0 && memcmp(tag, r->tag, 16) == 0,
	       "encrypted bytes or tag differ", r);
	is_in_place = any(2);
	memcpy(other, coded, n);
	crypt(r, MBEDTLS_GCM_DECRYPT, is_in_place ? other : coded, other,
	      any(2) ? n + 1 : 1000, NULL);
	expect(memcmp(other, plain, n) == 0 && memcmp(tag, r->tag, 16) == 0,
	       "decrypted bytes or tag differ", r);
	expect(is_accepted(r), "an intact record was refused", r);
	if (n > 0)
		forge(r, coded, any((uint32_t)n * 8));
	forge(r, r->tag, any(128));
}

/* The counter is of 32 bits and wraps alone. */
static void
one_wrap(struct record *r)
{
	uint32_t start = UINT32_MAX - any(300);
	uint8_t tag[16];

	new_record(r, WRAP_BYTES);
	crypt(r, MBEDTLS_GCM_ENCRYPT, plain, coded, SHORT, &start);
	memcpy(tag, r->tag, sizeof tag);
	crypt(r, MBEDTLS_GCM_ENCRYPT, plain, other, WRAP_BYTES, &start);
	expect(memcmp(coded, other, r->n) == 0 && memcmp(tag, r->tag, 16) == 0,
	       "bytes or tag differ where the counter wraps", r);
}

/* Every bit of a record of two groups, a block and a half; of its tag, its ad and its iv. */
static void
every_bit(struct record *r)
{
	new_record(r, 2 * 128 + 24);
	crypt(r, MBEDTLS_GCM_ENCRYPT, plain, coded, r->n, NULL);
	expect(is_accepted(r), "an intact record was refused", r);
	for (size_t i = 0; i < r->n * 8; i++)
		forge(r, coded, i);
	for (size_t i = 0; i < 128; i++)
		forge(r, r->tag, i);
	for (size_t i = 0; i < r->ad_n * 8; i++)
		forge(r, r->ad, i);
	for (size_t i = 0; i < r->iv_n * 8; i++)
		forge(r, r->iv, i);
}

int
main(int argc, char **argv)
{
	long cases = argc > 1 ? atol(argv[1]) : 10000;
	struct record r;

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	mbedtls_gcm_init(&gcm);
	for (long i = 0; i < cases; i++)
		one_case(&r, i < 1000	  ? (size_t)i
			     : any(8) > 0 ? any(1200)
					  : any(MAX + 1));
	for (long i = 0; i < cases / 5; i++)
		one_wrap(&r);
	for (int i = 0; i < 3; i++)
		every_bit(&r);
	printf("blocks: %s\nok: %ld cases\n",
	       gcm.MBEDTLS_PRIVATE(H)[0][0] != 0 ? "yes" : "no", cases);
	mbedtls_gcm_free(&gcm);
	return 0;
}
