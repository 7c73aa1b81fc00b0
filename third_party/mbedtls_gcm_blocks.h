#ifndef DDUMP_MBEDTLS_GCM_BLOCKS_H
#define DDUMP_MBEDTLS_GCM_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

/*
 * AES-GCM (NIST SP 800-38D) eight blocks at a time, for a processor that has AES, carry-less
 * multiplication and, on x86, SSSE3: the caller asks for these first.
 */
#define DDUMP_GCM_BLOCKS_BYTES 128u

/* Of one key: its round keys (borrowed) and H, H^2, ... H^8. */
struct ddump_gcm_blocks {
	const unsigned char *round_keys; /* rounds + 1 of 16 bytes */
	unsigned rounds;
	const uint64_t (*powers)[2];
};

void ddump_gcm_blocks_powers(uint64_t powers[8][2], const unsigned char h[16]);

/*
 * Encrypts or decrypts n bytes, a multiple of DDUMP_GCM_BLOCKS_BYTES; out does not begin
 * inside in, and may be in. Both are advanced: the counter block that was used last, and
 * the hash of all that came before.
 */
void ddump_gcm_blocks_crypt(const struct ddump_gcm_blocks *key, int is_decrypt,
			    unsigned char counter[16], unsigned char hash[16],
			    const unsigned char *in, unsigned char *out, size_t n);

#endif
