/* A set-associative table with a keyed hash. It knows no packet. */
#include "print/flows.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"

/* SipHash-1-3 (Aumasson, Bernstein 2012): nobody who sends packets can aim at a set. */
#define WORDS (sizeof(struct print_flow_key) / 8)
static_assert(sizeof(struct print_flow_key) == 48, "whole words, no padding");

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

static uint64_t
hash(const struct print_flows *flows, const struct print_flow_key *key)
{
	uint64_t v[4] = {flows->seed[0] ^ UINT64_C(0x736f6d6570736575),
			 flows->seed[1] ^ UINT64_C(0x646f72616e646f6d),
			 flows->seed[0] ^ UINT64_C(0x6c7967656e657261),
			 flows->seed[1] ^ UINT64_C(0x7465646279746573)};
	uint64_t words[WORDS];

	memcpy(words, key, sizeof(words));
	for (unsigned i = 0; i < WORDS; i++) {
		v[3] ^= words[i];
		mix(v);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	for (unsigned i = 0; i < 3; i++)
		mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct print_flow *
print_flows_find(struct print_flows *flows, const struct print_flow_key *key,
		 bool *is_new)
{
	uint64_t set = hash(flows, key) & (PRINT_FLOWS_SETS - 1);
	struct print_flow *ways = &flows->list[set * PRINT_FLOWS_WAYS];
	struct print_flow *oldest = ways;

	*is_new = false;
	for (unsigned i = 0; i < PRINT_FLOWS_WAYS; i++) {
		if (ways[i].used < oldest->used)
			oldest = &ways[i];
		if (ways[i].used == 0 || memcmp(&ways[i].key, key, sizeof(*key)) != 0)
			continue;
		ways[i].used = ++flows->clock;
		return &ways[i];
	}
	*is_new = true;
	*oldest = (struct print_flow){.key = *key, .used = ++flows->clock};
	return oldest;
}
