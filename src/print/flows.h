#ifndef PRINT_FLOWS_H
#define PRINT_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Where the sequence numbers of TCP flows begin, so that they print relative to it. The
 * table has a fixed size: each flow has PRINT_FLOWS_WAYS places, by a keyed hash of its
 * addresses (who sends packets cannot choose places); a new flow takes the place that was
 * used least recently. A flow that lost its place begins anew, with absolute numbers.
 */
#define PRINT_FLOWS_SETS 8192u /* a power of 2 */
#define PRINT_FLOWS_WAYS 4u

struct print_flow_key {
	uint8_t a[16]; /* the lower end, by address and port; IPv4: 4 bytes, zeros */
	uint8_t b[16];
	uint16_t a_port;
	uint16_t b_port;
	uint32_t source;  /* each host has flows of its own: loopback addresses repeat */
	uint64_t version; /* 4 or 6; as wide, so that the key is whole words */
};

struct print_flow {
	struct print_flow_key key;
	uint32_t a_base; /* what is subtracted from a's sequence numbers */
	uint32_t b_base;
	uint64_t used; /* when: a count of lookups; 0: free */
};

struct print_flows {
	uint64_t seed[2];
	uint64_t clock;
	struct print_flow list[PRINT_FLOWS_SETS * PRINT_FLOWS_WAYS];
};

/* The flow, new or not; *is_new: both bases are the caller's to set. Valid until the next
 * call. */
struct print_flow *print_flows_find(struct print_flows *flows,
				    const struct print_flow_key *key, bool *is_new);

#endif
