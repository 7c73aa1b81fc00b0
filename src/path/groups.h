#ifndef PATH_GROUPS_H
#define PATH_GROUPS_H

#include "path/classes.h"
#include "path/flows.h"

/*
 * What became of the packets of a flow: those that the same points saw, while the same
 * targets were blind, are one group. What that means is decided late, when all of the flow
 * is known (verdict.h).
 */
#define PATH_GROUP_TCP	 1u
#define PATH_GROUP_RANGE 2u
#define PATH_GROUP_ALIKE 4u
#define PATH_GROUP_LONG	 8u
#define PATH_GROUP_FULL	 16u

enum path_verdict {
	PATH_ARRIVED,
	PATH_LOST,
	PATH_BLINDED, /* unknown: who should have seen it may have missed it */
	PATH_EXITS,   /* not expected further */
	PATH_DUPLICATE,
	PATH_NOT_SENT,	     /* its source never sent it */
	PATH_NOT_RECOGNIZED, /* something changes this flow's packets, or sends its own */
	PATH_NOT_JUDGED,
	PATH_VERDICT_N
};

struct path_group {
	uint32_t flow;
	uint32_t next; /* of the flow, or of those that are free */
	uint16_t class;
	uint16_t why;		       /* bits of enum path_blind */
	uint8_t flags;		       /* PATH_GROUP_ */
	uint8_t first_name, last_name; /* under which of the flow's names it was seen */
	bool is_guessed;	       /* packets: some are bytes over a segment's size */
	uint64_t blind; /* targets that may have missed it on its way on, by their number
			   modulo 64 */
	uint64_t blind_before; /* those that may have, before it was seen first */
	uint64_t packets;
	uint64_t entries;
	uint64_t bytes;
	uint64_t first_ns, last_ns;
	uint8_t verdict; /* enum path_verdict: the last one given */
	uint16_t from, to;
	uint8_t reason; /* enum path_blind, of BLINDED; enum path_unjudged */
};

enum path_unjudged {
	PATH_UNJUDGED_MULTICAST,
	PATH_UNJUDGED_GSO,
	PATH_UNJUDGED_RANGES, /* too many pieces to follow */
	PATH_UNJUDGED_POINTS, /* more points, or sets of points, than have room */
	PATH_UNJUDGED_MEMORY, /* no room for its flow */
	PATH_UNJUDGED_SNAPLEN,
	PATH_UNJUDGED_N
};

struct path_groups {
	struct path_group *list;
	uint32_t cap;
	uint32_t n_made;
	uint32_t free;
};

void path_groups_init(struct path_groups *g, void *mem, uint32_t cap);

/* The group like this one in the list that begins with *first, or a new one there with
 * empty counts; NULL: no room. */
struct path_group *path_groups_get(struct path_groups *g, uint32_t *first,
				   const struct path_group *like);

/* Counts one entry of it. */
void path_groups_count(struct path_group *group, uint32_t packets, uint32_t bytes,
		       uint64_t begin_ns, uint64_t end_ns);

/* Forgets the list. */
void path_groups_drop(struct path_groups *g, uint32_t first);

#endif
