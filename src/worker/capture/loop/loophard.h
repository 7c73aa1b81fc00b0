#ifndef WORKER_CAPTURE_LOOP_LOOPHARD_H
#define WORKER_CAPTURE_LOOP_LOOPHARD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * When a capture is tested hard (looptest_begin_hard). A loop that was missed ends by losing
 * packets. So do honest captures, which lose some more by such a test: it comes after 2 s of
 * losses, then 5 s later, and after twice as long each time. Pure.
 */
struct loophard {
	uint64_t dropped;    /* packets, by the kernel */
	uint64_t dropped_ns; /* when that grew last; 0: never */
	uint64_t losing_ns;  /* since then it does */
	uint64_t next_ns;    /* no hard test before */
	uint64_t hunt_ns;    /* a loop was found lately, until then */
	uint64_t join_ns;    /* another capture was in one; 0: never */
	uint32_t n;	     /* begun */
};

/* dropped: packets so far. */
void loophard_note(struct loophard *h, uint64_t dropped, uint64_t now_ns);

bool loophard_is_due(const struct loophard *h, uint64_t now_ns);

void loophard_begun(struct loophard *h, uint64_t now_ns);

/* A loop was: what is lost in the next 10 s is another hop's, and tested at once. */
void loophard_found(struct loophard *h, uint64_t now_ns);

#endif
