#ifndef BASE_COPY_H
#define BASE_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * memcpy for packets: most are shorter than what a C library's memcpy is made for (musl's
 * takes 20 to 30 ns to start its string instruction), and there are two copies a packet.
 * Longer ones go to memcpy.
 */
#define COPY_BLOCK 16
#define COPY_SHORT 512

static inline void
copy_bytes(uint8_t *restrict to, const uint8_t *restrict from, size_t n)
{
	if (n < COPY_BLOCK || n > COPY_SHORT) {
		memcpy(to, from, n);
		return;
	}
	for (size_t i = 0; i < n - COPY_BLOCK; i += COPY_BLOCK) {
		memcpy(to + i, from + i, COPY_BLOCK);
		__asm__ volatile(""); /* else gcc makes it a memcpy again */
	}
	memcpy(to + n - COPY_BLOCK, from + n - COPY_BLOCK, COPY_BLOCK);
}

#endif
