#ifndef PATH_OWNERS_H
#define PATH_OWNERS_H

#include "path/key.h"

/*
 * Which target an address belongs to: told by the target, or seen, as it sends packets from
 * it that it has not got from elsewhere, and gets packets to it.
 */
#define PATH_OWNERS_MAX	 4096u /* addresses; a power of two. More are nobody's */
#define PATH_OWNERS_SEEN 8u    /* packets that show it */
#define PATH_NOBODY	 UINT16_MAX

struct path_owner {
	uint8_t address[16];
	uint8_t version; /* 0: free */
	bool is_told;
	bool is_disputed; /* by two targets */
	bool is_heard;	  /* packets to it came to the target that sends from it */
	uint16_t source;
	uint32_t n;
};

struct path_owners {
	struct path_owner *list; /* PATH_OWNERS_MAX, zeroed; borrowed */
	uint32_t n;
	uint64_t seed[2];
};

void path_owners_tell(struct path_owners *o, uint8_t version,
		      const uint8_t address[static 16], uint16_t source);

/* The target has sent a packet from it. */
void path_owners_see(struct path_owners *o, uint8_t version,
		     const uint8_t address[static 16], uint16_t source);

/* The target has got a packet to it. */
void path_owners_hear(struct path_owners *o, uint8_t version,
		      const uint8_t address[static 16], uint16_t source);

/* PATH_NOBODY: none of them, or not known. */
uint16_t path_owners_of(const struct path_owners *o, uint8_t version,
			const uint8_t address[static 16]);

#endif
