#ifndef SIM_WORKER_H
#define SIM_WORKER_H

#include "sim/net.h"

/*
 * Hosts with a worker each, as docs/PROTOCOL.md describes it. A host numbers its packets
 * from 0; a capture gets each packet between its request and its end, and counts it.
 */
#define SIM_HOSTS_MAX	 6
#define SIM_CAPTURES_MAX 256
#define SIM_MAGIC	 0x5ea1c0deu /* in front of target and number, at each packet's end */
#define SIM_TAIL	 16u

enum sim_way {
	SIM_WAY_NG,	 /* pcapng: heartbeats, a last block */
	SIM_WAY_CLASSIC, /* classic pcap, which the query asks for */
	SIM_WAY_OLD	 /* a worker that knows neither IDs nor clocks */
};

struct sim_capture {
	char id[33];
	struct sim_conn *conn;
	size_t head_at; /* bytes of the answer's head */
	uint64_t offered;
	uint64_t captured;
	uint64_t dropped;
	uint64_t first; /* packet */
	uint64_t mark_ns;
	uint64_t *ring; /* numbers that wait for room */
	size_t ring_at;
	size_t n_ring;
	bool is_running;
	bool is_asked; /* its counts were asked for, and answered */
	bool is_interface_known;
};

struct sim_host {
	uint32_t number; /* from 0 */
	enum sim_way way;
	struct sim_link link;
	uint64_t refused_ns; /* nobody listens until then */
	uint64_t busy_ns;    /* 503 until then */
	uint64_t absent_ns;  /* the interface is away until then */
	uint64_t answer_ns;  /* an answer takes so long at most */
	size_t queue_bytes;
	size_t ring_max;
	uint64_t rate;	    /* packets a second */
	size_t size;	    /* of a packet */
	bool has_no_counts; /* a proxy that passes only /capture */
	bool is_refused;    /* a 400 before any capture: final */
	bool was_tried; /* something befell it after which counts may be lower bounds */
	struct sim_conn *conns;
	uint64_t *stamps; /* by number; SIM_WALL_NS and more */
	uint64_t n_packets;
	uint64_t ticked_ns;
	double owed;
	struct sim_capture captures[SIM_CAPTURES_MAX];
	unsigned n_captures;
};

extern const struct sim_hooks sim_worker_hooks;
extern struct sim_host sim_hosts[SIM_HOSTS_MAX];
extern unsigned sim_n_hosts;

/* The host is set up but for its state: it begins to send packets. */
void sim_worker_start(struct sim_host *h);

/* What befalls it. */
void sim_worker_kill(struct sim_host *h, uint64_t down_ns); /* it knows nothing after */
void sim_worker_shut_down(struct sim_host *h, uint64_t down_ns); /* it says so */
void sim_worker_end(struct sim_host *h, const char *comment); /* all captures, in time */
void sim_worker_reset(struct sim_host *h, bool is_reset);     /* connections break */

/* The capture at work; NULL: none. */
struct sim_capture *sim_worker_running(struct sim_host *h);

#endif
