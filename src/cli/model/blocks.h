#ifndef CLI_MODEL_BLOCKS_H
#define CLI_MODEL_BLOCKS_H

#include "pcap/savefile.h"

/*
 * Secrets and names of all sources, as blocks of pcapng that every file of the output has:
 * a packet may need those that came in an earlier one.
 */
#define BLOCKS_BYTES_MAX (16u << 20) /* of all: what is more stays out, and is counted */
#define BLOCKS_EACH_MAX	 (1u << 20)  /* of one that comes: each source may be at one */

struct blocks {
	bool is_wanted; /* the output has a place for them */
	uint32_t n;
	uint32_t cap;
	struct span *list; /* whole blocks */
	size_t bytes;
	uint64_t n_left_out; /* for want of room, or damaged */
};

/* In zeroed memory: the output has a place for them. */
void blocks_want(struct blocks *all);
void blocks_fini(struct blocks *all);

/* A block of one source that comes in pieces; zeroed: none. */
struct blocks_begun {
	struct savefile_block block;
	uint8_t *bytes; /* NULL: none, or it is left out */
	uint32_t n;
};

/* It begins, where blocks are wanted: one that is too long is left out, and counted. */
void blocks_begin(struct blocks *all, struct blocks_begun *begun,
		  const struct savefile_block *block);

/* A piece of it came, and how much is to come. True: it is whole, and to be added. */
bool blocks_take(struct blocks_begun *begun, struct span piece, uint32_t left);

void blocks_drop(struct blocks_begun *begun);

/* A block came; body is its bytes without type and lengths. How many were made of it. */
uint32_t blocks_add(struct blocks *all, const struct savefile_block *block,
		    struct span body);

#endif
