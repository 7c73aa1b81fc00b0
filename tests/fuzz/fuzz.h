#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/*
 * What the targets share. libFuzzer gives each input in a piece of memory of its own size,
 * so that a read behind it shows. A property that does not hold aborts.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
require(bool ok)
{
	if (!ok)
		abort();
}

static inline uint64_t
fuzz_mix(uint64_t hash, uint64_t v)
{
	return (hash ^ v) * UINT64_C(1099511628211);
}

uint64_t fuzz_mix_bytes(uint64_t hash, struct span s);

/* The first byte of in, or 0. */
uint8_t fuzz_byte(struct span *in);

/* The first n bytes of in, the missing ones 0. */
void fuzz_fill(struct span *in, void *mem, size_t n);

/* A C string of at most cap - 1 bytes of in, up to its first NUL. */
void fuzz_string(struct span *in, char *mem, size_t cap);

/* Printable ASCII alone: what a log and a terminal may get. */
bool fuzz_is_plain(struct span s);

/* A filter of ours: words, numbers and addresses alone, whose brackets are in pairs. */
bool fuzz_is_filter(struct span s);

/* One JSON value (RFC 8259) and nothing behind it but white space, in UTF-8 without
 * control characters. */
bool fuzz_is_json(struct span s);

#endif
