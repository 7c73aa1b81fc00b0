/* A set-associative table with a keyed hash. It knows no packet. */
#include "print/flows.h"

#include <assert.h>
#include <string.h>

#include "base/siphash.h"

/* Nobody who sends packets can aim at a set. */
#define WORDS (sizeof(struct print_flow_key) / 8)
static_assert(sizeof(struct print_flow_key) == 48, "whole words, no padding");

static uint64_t
hash(const struct print_flows *flows, const struct print_flow_key *key)
{
	uint64_t words[WORDS];

	memcpy(words, key, sizeof(words));
	return siphash_words(flows->seed, words, WORDS);
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
