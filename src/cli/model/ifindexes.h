#ifndef CLI_MODEL_IFINDEXES_H
#define CLI_MODEL_IFINDEXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Interface indexes of one target, made unique over all targets, for SLL2 headers in
 * classic pcap (design.md section 6): target number << 16 | index. An index above 65535,
 * and one whose number such an index has taken, gets the next free number from 65535 down.
 * Index 0 is the unknown interface's.
 */
#define IFINDEXES_MAX 1024 /* of one target that are told of; as many as pcapng has */

struct ifindexes_entry {
	uint32_t index;
	uint32_t number; /* without the target's */
};

struct ifindexes {
	uint32_t target; /* counts from 1, at most 65535 */
	uint32_t n;
	uint32_t cap;
	uint32_t lowest; /* number given to a large index last; 65536 before */
	uint32_t recent; /* entry of the last packet */
	struct ifindexes_entry *list;
};

/* Allocates nothing. */
void ifindexes_init(struct ifindexes *x, uint32_t target);
void ifindexes_fini(struct ifindexes *x);

/*
 * The unique index. *is_new: this one was not asked for before. Beyond IFINDEXES_MAX, or
 * without memory, nothing is new any more, and a large index is the unknown one.
 */
uint32_t ifindexes_map(struct ifindexes *x, uint32_t index, bool *is_new);

#endif
