#ifndef WORKER_LOOPTEST_H
#define WORKER_LOOPTEST_H

#include "pcap/flow.h"

/*
 * The test of loopguard.h: whether a flow is silent whenever the output is held, and
 * answers whenever it goes on, over rounds of random length. Pure. now_ns is monotonic,
 * real_ns the clock of the packets' stamps.
 *
 *   looptest_begin, looptest_add for each suspect, then packets, sent and step until OVER
 */
#define LOOPTEST_SUSPECTS 8

enum looptest_state {
	LOOPTEST_SETTLING, /* held; what was under way before arrives */
	LOOPTEST_SILENT,   /* held; a loop is silent until the pulse */
	LOOPTEST_ECHO,	   /* a pulse of allowance bytes may be sent; a loop answers */
	LOOPTEST_OVER,	   /* who is not honest now could not be told */
	LOOPTEST_FOUND	   /* loop is one */
};

struct looptest_suspect {
	struct flow flow;
	uint64_t hash;
	uint64_t last_ns;  /* stamp of its newest packet with data */
	uint64_t quiet_ns; /* it has to be silent from here; 0: it may still send */
	uint64_t bytes;	   /* in this round */
	uint64_t delay_ns; /* from pulse to answer, as far as known; 0: not */
	int score;	   /* 100 ln(chance if it is a loop / if not) */
	int best;	   /* score so far */
	bool is_judged;	   /* this round is decided */
};

struct looptest {
	enum looptest_state state;
	bool is_young;
	uint64_t rng;
	uint64_t clock_ns;   /* real_ns - now_ns when the test began */
	uint64_t hold_ns;    /* real: the last write before the hold */
	uint64_t quiet_ns;   /* without data: a flow has settled */
	uint64_t plan_ns;    /* real: of the next pulse */
	uint64_t release_ns; /* real: of the pulse's first write; 0: none yet */
	uint64_t wrote_ns;   /* real: of its last */
	uint64_t seen_ns;    /* real: packets before it have been seen */
	uint64_t wake_ns;    /* monotonic: the next step, at the latest */
	uint64_t dropped;    /* when the silence began */
	size_t pulse;
	size_t allowance; /* bytes that may be written now */
	uint32_t rounds;
	uint32_t n_suspects;
	struct looptest_suspect suspects[LOOPTEST_SUSPECTS];
	struct flow loop;
};

struct looptest_now {
	uint64_t now_ns;
	uint64_t real_ns;
	uint64_t received; /* packets let pass by the kernel, total, dropped ones too */
	uint64_t dropped;  /* of these, for want of room in the ring */
	bool has_room;	   /* packets are read: the queue is not full */
};

/* is_young: the stream has sent so little that a long hold costs nothing. */
void looptest_begin(struct looptest *t, const struct looptest_now *now, uint64_t seed,
		    bool is_young);

/* hash: of flow, any function of it; the same in looptest_packet. */
void looptest_add(struct looptest *t, const struct flow *flow, uint64_t hash);

/* A packet of any flow, ip_bytes long on the wire without its link header. */
void looptest_packet(struct looptest *t, const struct flow *flow, uint64_t hash,
		     uint64_t time_ns, uint32_t ip_bytes);

/* See loopguard.h. */
void looptest_seen(struct looptest *t, uint64_t real_ns);
void looptest_sent(struct looptest *t, size_t bytes, uint64_t real_ns);

enum looptest_state looptest_step(struct looptest *t, const struct looptest_now *now);

bool looptest_is_honest(const struct looptest_suspect *s);

#endif
