#ifndef WORKER_CAPTURE_LOOP_LOOPCLEARED_H
#define WORKER_CAPTURE_LOOP_LOOPCLEARED_H

#include <stdbool.h>
#include <stdint.h>

/* The flows that were found honest lately, by a hash: they are left alone. Pure. */
#define LOOPCLEARED_MAX 64

struct loopcleared {
	struct {
		uint64_t hash;
		uint64_t until_ns;
		uint32_t times; /* 0: no flow */
	} flow[LOOPCLEARED_MAX];
};

bool loopcleared_has(const struct loopcleared *c, uint64_t hash, uint64_t now_ns);

/* For 2 s, and 8 times as long each time; as if it were the time number `least`, from 0, at
 * least. In place of the flow that is cleared for the shortest time, if need be. */
void loopcleared_add(struct loopcleared *c, uint64_t hash, uint64_t now_ns,
		     uint32_t least);

#endif
