#ifndef WORKER_CAPTURE_LOOP_LOOPTEST_H
#define WORKER_CAPTURE_LOOP_LOOPTEST_H

#include "pcap/flow.h"

/*
 * The test of loopguard.h: which flow follows our writes? For moments of random length the
 * output is held, then all that has waited is sent, a pulse. Nothing waits for longer than
 * two holds, so that the test costs an honest capture no more than that, until there is
 * evidence: then pulses are small, and what has no room is to be dropped. Pure. now_ns is
 * monotonic, real_ns the clock of the packets' stamps.
 *
 *   looptest_begin, looptest_add for each suspect, then packets, sent and step until OVER
 */
#define LOOPTEST_SUSPECTS 8
#define LOOPTEST_MS	  4096 /* a test is over after this */
#define LOOPTEST_ROUNDS	  120
#define LOOPTEST_DELAYS	  79 /* hypotheses about the way's delay, see looptest.c */

/* Of a hold. Two of them stay under the 200 ms that a merge waits for the late by far. */
#define LOOPTEST_HOLD_MIN_MS 20u
#define LOOPTEST_HOLD_MAX_MS 52u

enum looptest_state {
	LOOPTEST_HOLDING,
	LOOPTEST_PULSE, /* allowance bytes may be sent */
	LOOPTEST_OVER,	/* who is neither honest now nor a loop could not be told */
	LOOPTEST_FOUND	/* looptest_is_loop tells which; nobody else is near */
};

struct looptest_suspect {
	struct flow flow;
	uint64_t hash;
	uint64_t bytes;			   /* on the wire since the test began */
	uint64_t active[LOOPTEST_MS / 64]; /* a bit for each ms with data */
	double evidence;		   /* chance of a loop / of an honest flow */
	double by_delay[LOOPTEST_DELAYS];  /* the same, by hypothesis */
};

struct looptest_round {
	uint32_t hold_ms; /* the last write before the hold */
	uint32_t plan_ms; /* of the pulse */
	bool is_void;	  /* nothing was written, or at another time */
};

/* many fields: one test is one state, and reports nothing but its verdict */
struct looptest {
	enum looptest_state state;
	bool is_again;	  /* see looptest_begin_again */
	bool is_hard;	  /* see looptest_begin_hard */
	bool is_busy;	  /* see looptest_begin_busy */
	bool is_doubtful; /* all suspects look honest so far */
	bool has_some;	  /* evidence: pulses are small, lest buffers fill on the way */
	bool is_sure;	  /* enough to make them smaller still, and to drop */
	bool has_written;
	bool is_complete; /* all that is older than the pulse is in the queue */
	uint64_t rng;
	uint64_t clock_ns;  /* real_ns - now_ns when the test began */
	uint64_t base_ns;   /* real: when all ms here are 0 */
	uint64_t seen_ns;   /* real: packets before it have been seen */
	uint64_t newest_ns; /* real: stamp of the newest packet */
	uint64_t wake_ns;   /* monotonic: the next step, at the latest */
	uint64_t sent;
	uint64_t bytes;	  /* on the wire, of all flows */
	size_t allowance; /* bytes that may be written now */
	size_t usual;	  /* a pulse of it brings what an honest flow makes wait */
	uint32_t n_cut;	  /* pulses that left something waiting */
	uint32_t n_pressed;
	uint32_t n_rounds; /* the last one has not been judged */
	struct looptest_round rounds[LOOPTEST_ROUNDS];
	uint32_t judged[LOOPTEST_DELAYS]; /* rounds, by hypothesis */
	uint32_t n_suspects;
	struct looptest_suspect suspects[LOOPTEST_SUSPECTS];
};

struct looptest_now {
	uint64_t now_ns;
	uint64_t real_ns;
	size_t queued;	  /* bytes that wait to be sent */
	bool is_empty;	  /* the ring, when it was last read */
	uint64_t dropped; /* packets, by the kernel, as far as is known */
	bool is_pressed;  /* so much is in it that the kernel might soon drop some */
};

/* usual: bytes captured in a hold, about. */
void looptest_begin(struct looptest *t, const struct looptest_now *now, uint64_t seed,
		    size_t usual);

/*
 * Whether a flow that was proved a loop, and is kept out of the stream, still is one: less
 * evidence will do, and nothing grows, so that pulses are not bounded and nothing is dropped.
 */
void looptest_begin_again(struct looptest *t, const struct looptest_now *now,
			  uint64_t seed);

/* For a capture of very much: a long hold, if there is room in the ring, and small pulses. */
void looptest_begin_busy(struct looptest *t, const struct looptest_now *now,
			 uint64_t seed);

/*
 * For a capture that loses packets and goes on losing them, as a loop that has grown up does:
 * a long hold empties the buffers on the way, pulses are small and what has no room is to
 * be dropped from the beginning on.
 */
void looptest_begin_hard(struct looptest *t, const struct looptest_now *now,
			 uint64_t seed);

/* hash: of flow, any function of it; the same in looptest_packet. */
void looptest_add(struct looptest *t, const struct flow *flow, uint64_t hash);

/* A packet of any flow, ip_bytes long on the wire without its link header. */
void looptest_packet(struct looptest *t, const struct flow *flow, uint64_t hash,
		     uint64_t time_ns, uint32_t ip_bytes);

/* Every packet stamped before real_ns has been given. */
void looptest_seen(struct looptest *t, uint64_t real_ns);

void looptest_sent(struct looptest *t, size_t bytes);

enum looptest_state looptest_step(struct looptest *t, const struct looptest_now *now);

bool looptest_is_honest(const struct looptest_suspect *s);
bool looptest_is_loop(const struct looptest *t, const struct looptest_suspect *s);

/* xorshift64*: uniform over 0 to n - 1; honest flows do not look. */
uint64_t looptest_draw(uint64_t *rng, uint64_t n);

#endif
