#ifndef WORKER_LOOPGUARD_H
#define WORKER_LOOPGUARD_H

#include "pcap/savefile.h"
#include "worker/loopgate.h"
#include "worker/looptest.h"

/*
 * Finds out whether a capture captures its own stream (design.md section 7, rule 6), in
 * three steps. Flows that make up much of what is sent are found by looking at some of
 * the packets. loopgate.h then looks at each packet: only what a loop looks like, and an
 * ordinary capture does not, comes through. At last looptest.h holds the output, lets it
 * go on for one small pulse at a random time, and holds it again, some times over: only a
 * flow that is silent in every hold and answers every pulse is a loop. Pure, no memory but
 * its own; time comes in: now_ns is monotonic, real_ns the clock of the packets' stamps.
 */
#define LOOPGUARD_FLOWS	  32 /* heavy flows told apart; see SHARE in loopguard.c */
#define LOOPGUARD_CLEARED 64 /* found honest, remembered */

enum loopguard_verdict {
	LOOPGUARD_PASS, /* send what there is */
	LOOPGUARD_HOLD, /* send loopguard_allowance bytes at most, mostly 0 */
	LOOPGUARD_LOOP	/* end the capture; loopguard_flow names the flow; final */
};

struct loopguard_count {
	struct flow flow;
	uint64_t hash;
	uint64_t bytes;	   /* in this window: sent for its packets, at least */
	uint64_t ip_bytes; /* the same: of IP packets, as captured */
	uint64_t total;	   /* bytes since it has a counter */
	uint64_t since_ns; /* heavy in every window since; 0: it was not */
};

struct loopguard_cleared {
	uint64_t hash;
	uint64_t until_ns;
	uint32_t times;
};

struct loopguard {
	uint32_t skip; /* packets not to be looked at before the next that is */
	uint32_t skipped;
	uint32_t linktype;
	bool is_sampled; /* packets have been skipped in this window */
	bool was_empty;	 /* the ring, in this window */
	enum loopguard_verdict verdict;
	uint64_t rng;
	uint64_t seed; /* of the hashes */

	uint64_t window_ns; /* start; 0: none yet */
	uint64_t window_sent;
	uint64_t window_bytes; /* captured, as sampled */
	uint64_t window_limit;
	uint64_t total;	    /* captured, as sampled, since the start */
	uint64_t sent;	    /* since the start */
	uint64_t recent[2]; /* sent in the last 4 to 8 seconds */
	uint64_t recent_ns;
	uint64_t gate_ns; /* not to be watched before */
	uint64_t looks_ns;
	uint32_t looks_left; /* packets that may be looked at one by one until looks_ns */
	uint32_t looks;	     /* in this window */
	uint32_t tests_left;
	uint64_t tests_ns;
	uint32_t holds; /* tests begun */

	struct loopgate gate;
	struct looptest test;
	struct loopguard_count counts[LOOPGUARD_FLOWS];
	struct loopguard_cleared cleared[LOOPGUARD_CLEARED];
};

/* linktype: of the packets to come. seed: any value that nobody can guess. */
void loopguard_init(struct loopguard *g, uint32_t linktype, uint64_t seed);

void loopguard_look(struct loopguard *g, const struct savefile_record *record,
		    const uint8_t *data);

/* For every captured packet. Nearly free while nothing is suspicious. */
static inline void
loopguard_packet(struct loopguard *g, const struct savefile_record *record,
		 const uint8_t *data)
{
	if (g->skip > 0)
		g->skip--;
	else
		loopguard_look(g, record, data);
}

/* The ring has been seen empty: every packet stamped before real_ns has been given. */
void loopguard_seen(struct loopguard *g, uint64_t real_ns);

/* bytes went to the client; real_ns was read before the write. */
void loopguard_sent(struct loopguard *g, size_t bytes, uint64_t real_ns);

/* Whether the next step needs fresh counters in now; otherwise they are not looked at. */
bool loopguard_wants_counters(const struct loopguard *g);

/* To be called before writing, and at loopguard_deadline_ns. */
enum loopguard_verdict loopguard_step(struct loopguard *g,
				      const struct looptest_now *now);

/* Bytes that may be written now; SIZE_MAX: all. */
size_t loopguard_allowance(const struct loopguard *g);

/* Monotonic time of the next step at the latest; UINT64_MAX: with the next write. */
uint64_t loopguard_deadline_ns(const struct loopguard *g);

/* After LOOP: the flow's name. */
void loopguard_flow(const struct loopguard *g, struct text *t);

#endif
