#ifndef PATH_FLOWS_H
#define PATH_FLOWS_H

#include "path/range.h"

/*
 * Flows in one direction, found by their addresses and ports. A flow that is translated on
 * its way (NAT) has several names: each is a flow here, all but the first point to it.
 */
#define PATH_NAMES_MAX 8u

struct path_flow {
	struct path_tuple tuple;
	uint32_t next;	    /* in the chain, or of those that are free */
	uint32_t main;	    /* itself, or the flow that this is a name of */
	uint32_t other;	    /* the flow's next name */
	uint32_t groups;    /* of the main one: what became of its packets */
	uint32_t n_entries; /* on their way */
	uint8_t name;	    /* its number; of the main one 0 */
	uint8_t n_names;
	bool is_used;
	bool is_multicast;
	bool is_tangled; /* its ranges were too many to follow */
	uint32_t
	    segment; /* largest payload of a packet that fits into an Ethernet frame */
	uint64_t last_ns;
	struct path_ranges ranges;
};

/* The newest packets by what they show without addresses. */
struct path_naked {
	uint64_t hash;
	uint64_t time_ns;
	uint32_t flow;
	uint16_t point;
};

struct path_flows {
	struct path_flow *list;
	uint32_t *heads;
	struct path_naked *naked;
	uint32_t cap;
	uint32_t n_heads; /* a power of two */
	uint32_t n_naked; /* a power of two */
	uint32_t free;
	uint32_t n;
	uint32_t n_made; /* places that were ever used */
	uint32_t hand;	 /* where idle ones are looked for */
	uint64_t seed[2];
	uint64_t n_translated;
};

/* Bytes for cap flows; no more than PATH_FLOW_EXTRA for each beside the struct. */
#define PATH_FLOW_EXTRA 204u
size_t path_flows_bytes(uint32_t cap);
void path_flows_init(struct path_flows *f, void *mem, uint32_t cap,
		     const uint64_t seed[static 2]);

/* The flow of this name, PATH_NONE: not known. */
uint32_t path_flows_find(const struct path_flows *f, const struct path_tuple *tuple);

/* A new one; PATH_NONE: no room. */
uint32_t path_flows_add(struct path_flows *f, const struct path_tuple *tuple);

/* The flow of which a packet like this one was seen elsewhere within the wait, under other
 * addresses; PATH_NONE. */
uint32_t path_flows_translated(const struct path_flows *f, const struct path_key *key,
			       uint16_t point, uint64_t now_ns, uint64_t wait_ns);

/* A new flow is one more name of main. */
void path_flows_name(struct path_flows *f, uint32_t i, uint32_t main);

/* Keeps what translated looks for. */
void path_flows_note(struct path_flows *f, uint32_t main, const struct path_key *key,
		     uint16_t point, uint64_t now_ns);

/* The flow's name of that number. */
uint32_t path_flows_name_of(const struct path_flows *f, uint32_t main, uint8_t number);

/* One that may be forgotten: without entries for idle_ns; PATH_NONE: none was found. */
uint32_t path_flows_idle(struct path_flows *f, uint64_t now_ns, uint64_t idle_ns);

/* Forgets a flow with all its names. */
void path_flows_drop(struct path_flows *f, uint32_t main);

#endif
