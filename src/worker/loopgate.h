#ifndef WORKER_LOOPGATE_H
#define WORKER_LOOPGATE_H

#include "pcap/flow.h"

/*
 * What goes before the test of loopguard.h, and holds nothing: whether a flow carries all
 * that is captured, and more. Each captured packet is sent with a header of its own, so
 * what an honest flow has on the wire is less than what is sent of it; in a loop it is
 * more. The surplus is in the size of the packets, or it piles up in the ring and is
 * dropped there. Pure.
 *
 *   loopgate_begin, loopgate_add for each flow, then packets and step until not WATCH
 */
#define LOOPGATE_FLOWS	      8
#define LOOPGATE_RECORD_BYTES 16 /* what a packet needs in the stream beside its own */

/* ip bytes captured of bytes sent for them that only large packets reach: 2400 bytes */
#define LOOPGATE_SHARE	   985
#define LOOPGATE_SHARE_ONE 1000

enum loopgate_state {
	LOOPGATE_IDLE,
	LOOPGATE_WATCH,
	LOOPGATE_OPEN,	/* loopgate_passed tells which flows */
	LOOPGATE_CLOSED /* none is a loop, as far as can be told */
};

struct loopgate_flow {
	struct flow flow;
	uint64_t hash;
	uint64_t ip_bytes; /* captured, in this window */
	bool is_out;
};

struct loopgate {
	enum loopgate_state state;
	bool was_empty; /* the ring, in this window */
	uint32_t windows;
	uint32_t n_flows;
	uint64_t window_ns; /* start */
	uint64_t received;  /* when it began */
	uint64_t packets;   /* in this window, of all flows */
	uint64_t bytes;	    /* the same: sent for them, at least */
	struct loopgate_flow flows[LOOPGATE_FLOWS];
};

/* received: packets that the kernel let pass, dropped ones and unread ones included. */
void loopgate_begin(struct loopgate *g, uint64_t now_ns, uint64_t received);
void loopgate_add(struct loopgate *g, const struct flow *flow, uint64_t hash);

/* Each packet. flow NULL: it has none; ip_bytes: captured of its IP packet. */
void loopgate_packet(struct loopgate *g, const struct flow *flow, uint64_t hash,
		     uint32_t caplen, uint32_t ip_bytes);

/* The ring has been seen empty: the worker keeps up. */
void loopgate_empty(struct loopgate *g);

enum loopgate_state loopgate_step(struct loopgate *g, uint64_t now_ns, uint64_t received);

#endif
