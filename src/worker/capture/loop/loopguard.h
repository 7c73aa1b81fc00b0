#ifndef WORKER_CAPTURE_LOOP_LOOPGUARD_H
#define WORKER_CAPTURE_LOOP_LOOPGUARD_H

#include "pcap/savefile.h"
#include "worker/capture/loop/loopcleared.h"
#include "worker/capture/loop/loophard.h"
#include "worker/capture/loop/loopleft.h"
#include "worker/capture/loop/looptest.h"

/*
 * Finds the flows that carry a capture's own stream, and leaves them out (design.md
 * section 7, rule 6). Flows that make up much of what is captured are found by looking at some of the
 * packets; those that have more than our writes can have caused are honest; looptest.h
 * decides about the rest. Who is left out is tested again from time to time. Pure, no memory but its own; time comes in.
 */
#define LOOPGUARD_FLOWS 32 /* heavy flows told apart; see SHARE in loopguard.c */

enum loopguard_verdict {
	LOOPGUARD_PASS, /* send what there is */
	LOOPGUARD_TEST, /* send loopguard_allowance bytes at most */
	LOOPGUARD_LOOP /* more flows carry it than can be left out: end the capture; final */
};

struct loopguard_count {
	struct flow flow;
	uint64_t hash;
	uint64_t bytes; /* in this window, of IP packets on the wire */
	bool has_cause; /* never more than what had been sent can have brought about */
};

/* many fields: what chooses the next test, window by window, and the test itself */
struct loopguard {
	uint32_t skip; /* packets not to be looked at before the next that is */
	uint32_t skipped;
	uint32_t linktype;
	enum loopguard_verdict verdict;
	uint64_t rng;
	uint64_t seed; /* of the hashes */

	uint64_t window_ns;    /* start; 0: none yet */
	uint64_t window_bytes; /* on the wire, as sampled */
	uint64_t window_sent;
	bool is_sampled;     /* packets of this window have been skipped */
	uint32_t samples;    /* looked at since */
	uint32_t looks_left; /* packets that may be looked at one by one until looks_ns */
	uint64_t looks_ns;
	uint64_t sent[2];  /* in the last 4 to 8 seconds */
	uint64_t sent_ns;  /* when the first is over */
	uint64_t young_ns; /* until then it is */
	uint64_t busy_ns;  /* no test before */
	uint64_t busy_since_ns;
	struct loophard hard;
	uint32_t tests_left;
	uint64_t tests_ns; /* when there is one more */
	uint32_t tests;	   /* begun */

	struct loopleft_flow
	    *retried;	      /* the test is of this one alone; NULL: it is not */
	struct loopleft left; /* is_changed: in the last step, or by a share before it */

	struct looptest test;
	struct loopguard_count counts[LOOPGUARD_FLOWS];
	struct loopcleared cleared;
};

/* linktype: of the packets to come. seed: any value that nobody can guess. */
void loopguard_init(struct loopguard *g, uint32_t linktype, uint64_t seed);

bool loopguard_look(struct loopguard *g, const struct savefile_record *record,
		    const uint8_t *data);

/*
 * For every captured packet; false: it is to be left out. Nearly free while nothing is
 * tested and nobody is left out.
 */
static inline bool
loopguard_packet(struct loopguard *g, const struct savefile_record *record,
		 const uint8_t *data)
{
	if (g->skip == 0 || g->left.n_out > 0)
		return loopguard_look(g, record, data);
	g->skip--;
	return true;
}

/* The ring has been seen empty: every packet stamped before real_ns has been given. */
void loopguard_seen(struct loopguard *g, uint64_t real_ns);

/* bytes went to the client. */
void loopguard_sent(struct loopguard *g, size_t bytes);

/* Another capture of this worker has proved this flow a loop: see loopleft_share. */
void loopguard_share(struct loopguard *g, const struct flow *flow, uint64_t now_ns);

/* A test during which packets are let go; one that another capture of this worker is in is
 * joined by this one if it loses packets too: together they are still. */
bool loopguard_is_hard(const struct loopguard *g);
void loopguard_join(struct loopguard *g, uint64_t now_ns);

/* To be called before writing, and at loopguard_deadline_ns. */
enum loopguard_verdict loopguard_step(struct loopguard *g,
				      const struct looptest_now *now);

/* Bytes that may be written now; SIZE_MAX: all. */
size_t loopguard_allowance(const struct loopguard *g);

/* What has no room may be dropped, and has to be read: a loop would fill any. */
bool loopguard_may_drop(const struct loopguard *g);

/* Monotonic time of the next step at the latest; UINT64_MAX: with the next write. */
uint64_t loopguard_deadline_ns(const struct loopguard *g);

#endif
