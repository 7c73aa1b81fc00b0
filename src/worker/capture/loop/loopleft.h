#ifndef WORKER_CAPTURE_LOOP_LOOPLEFT_H
#define WORKER_CAPTURE_LOOP_LOOPLEFT_H

#include "pcap/flow.h"

/*
 * The flows that a capture leaves out because they carry its own stream, or that of another
 * capture of the same worker. Pure; time comes in.
 */
#define LOOPLEFT_MAX 24 /* places */
#define LOOPLEFT_PROVED \
	8 /* of them by tests of this capture: a chain of proxies has fewer */

/* A place is another flow's only once this one is let in and no place is free. */
struct loopleft_flow {
	struct flow flow;
	uint64_t hash;
	uint64_t packets, bytes; /* left out; bytes as captured */
	uint64_t again_ns;	 /* proved: when it is tested again */
	uint64_t shared_ns; /* when another capture's proof was last seen; 0: never */
	bool is_proved;	    /* by a test of this capture, and not refuted since */
	bool is_out;	    /* proved, or shared a moment ago */
	bool is_told;	    /* loopleft_next_untold gave it since is_out has changed */
};

struct loopleft {
	uint32_t n;
	uint32_t n_out;	 /* of them, is_out */
	bool is_changed; /* is_out of one has; see loopleft_take_change */
	bool is_full;	 /* one more was to be left out than there is room for; final */
	struct loopleft_flow flow[LOOPLEFT_MAX];
};

/* A test of this capture proved it, or did so again. hash: any function of flow. */
void loopleft_prove(struct loopleft *l, const struct flow *flow, uint64_t hash,
		    uint64_t again_ns);

/* What a further test of this capture found: whether the flow still follows the stream. */
void loopleft_retest(struct loopleft *l, struct loopleft_flow *p, bool is_loop,
		     uint64_t again_ns);

/* Another capture of this worker has proved it. To be called again for as long as it has:
 * until 2 s after the last call the flow is out. */
void loopleft_share(struct loopleft *l, const struct flow *flow, uint64_t hash,
		    uint64_t now_ns);

/* Lets in what is neither proved nor shared any more. */
void loopleft_age(struct loopleft *l, uint64_t now_ns);

/* The proved flow that is to be tested again now, or NULL. */
struct loopleft_flow *loopleft_due(struct loopleft *l, uint64_t now_ns);

/* Whether is_out of a flow has changed since this was asked last. */
bool loopleft_take_change(struct loopleft *l);

/* A flow whose is_out has changed and was not given since, or NULL. */
const struct loopleft_flow *loopleft_next_untold(struct loopleft *l);

/* Whether the packet is left out; it is counted then. */
bool loopleft_packet(struct loopleft *l, const struct flow *flow, uint64_t hash,
		     uint32_t caplen);

#endif
