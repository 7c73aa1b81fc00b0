#ifndef CLI_SOURCE_RETRY_H
#define CLI_SOURCE_RETRY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * When a target that was lost is connected again, and how long it was missing: after
 * RETRY_FIRST_NS, then twice as long each time up to RETRY_LAST_NS, with jitter, for
 * --retry in all. Pure: it is given times and random numbers.
 */
#define RETRY_FIRST_NS 500000000u
#define RETRY_LAST_NS \
	UINT64_C(30000000000)	    /* up for so long: the next loss is a new one */
#define RETRY_STABLE_NS 1000000000u /* up for so long: it was no short one */
#define RETRY_GIVE_UP	UINT64_MAX

struct retry {		     /* zeroed at first */
	uint64_t first_ns;   /* when it was tried first */
	uint64_t up_ns;	     /* when it answered last */
	uint64_t lost_ns;    /* 0: it is not lost */
	uint64_t gap_ns;     /* where the gap begins */
	uint64_t backoff_ns; /* the last delay */
	unsigned n_short;    /* losses right after an answer, in a row */
	uint64_t n_gaps;     /* that are over */
	uint64_t gaps_ns;
};

/* It is tried now. */
void retry_begin(struct retry *r, uint64_t now_ns);

/* It has never answered: when to try again, the last time for_ns after the first one; or
 * RETRY_GIVE_UP. */
uint64_t retry_first(struct retry *r, uint64_t now_ns, uint64_t for_ns, uint64_t random);

/* It had answered: when to try again, the last time for_ns after it was lost; or
 * RETRY_GIVE_UP. */
struct retry_loss {
	uint64_t now_ns;
	uint64_t for_ns;
	uint64_t gap_ns; /* where the gap begins: retry_gap_ns */
	uint64_t random;
	unsigned short_max; /* n_short that is borne; 0: any */
	bool is_harmless;   /* a connection that has to end now and then: tried at once */
};
uint64_t retry_lose(struct retry *r, const struct retry_loss *loss);

/* It answers. How long it was missing; 0: it was not lost. */
uint64_t retry_note_up(struct retry *r, uint64_t now_ns);

/* The target is not missing any more: it has ended. */
void retry_forget_loss(struct retry *r);

/*
 * Where a gap begins. What came last, at heard_ns, may be old news: a link that was down
 * delivers what it held, then the end. So the gap begins as much earlier as the newest
 * time that came was old when it came: it is age_ns old now (0: that is not known).
 * Without heartbeats a silence before the loss is taken for one of the network.
 */
uint64_t retry_gap_ns(uint64_t now_ns, uint64_t heard_ns, uint64_t age_ns,
		      bool has_heartbeats);

#endif
