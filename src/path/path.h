#ifndef PATH_PATH_H
#define PATH_PATH_H

#include "path/groups.h"
#include "path/owners.h"

/*
 * Where did each packet die, where was it slow: the same packet at its observation points
 * (RFC 7011: an interface of a target, and a direction). Records come in, in the order of
 * the merge, and counts go out; no clock, no memory, no socket.
 *
 *   path_take --key--> flow --> entry (table, ranges) --path_judge--> groups --> verdicts
 *
 * All times are corrected: our clock's. "lost" is a proof: the target that was to see the
 * packet was watching from before it was sent until the wait was over.
 */
#define PATH_WAIT_NS	 2000000000u
#define PATH_WAIT_MAX_NS UINT64_C(60000000000)
#define PATH_MEMORY	 (64u * 1024 * 1024)
#define PATH_MEMORY_MIN	 (1024u * 1024)
#define PATH_SNAPLEN	 "160"	/* PATH_KEY_HEADERS and PATH_KEY_PAYLOAD */
#define PATH_LIST_MAX	 10000u /* lost packets that are listed one by one */
#define PATH_EXPECT_MAX	 64u

struct path_options {
	uint64_t wait_ns;
	uint64_t seed[2]; /* random */
	uint32_t payload; /* bytes that every target keeps behind PATH_KEY_HEADERS */
	uint32_t n_sources;
};

struct path_packet {
	uint64_t time_ns; /* corrected */
	uint16_t point;
	uint16_t type;	  /* EtherType of what data begins with */
	struct span data; /* from the network header on */
	uint32_t wire;	  /* its length before the snaplen */
};

/* A packet that did not arrive, as far as it is known when it is judged. */
struct path_listed {
	uint64_t time_ns; /* when it was seen last */
	uint32_t flow;
	uint32_t group;
	uint32_t seq; /* TCP's, else the IP id */
	uint32_t bytes;
	uint32_t packets;
};

struct path_totals {
	uint64_t verdicts[PATH_VERDICT_N]; /* packets */
	uint64_t lost_bytes;
	uint64_t alike; /* of the lost ones */
	uint64_t unknown[PATH_BLIND_N];
	uint64_t not_judged[PATH_UNJUDGED_N];
	uint64_t missed; /* observations */
};

/* Where packets from a point to an address went on. */
struct path_hint {
	uint64_t key;
	uint16_t to;
	bool is_set;
};

#define PATH_HINTS 4096u

/* many fields: one a part, and the counts that add up */
struct path {
	struct path_options options;
	struct path_keys keys;
	struct path_table table;
	struct path_flows flows;
	struct path_groups groups;
	struct path_classes classes;
	struct path_owners owners;
	struct path_sight sight;
	struct path_point *points;
	struct path_hint *hints;
	struct path_listed *listed;
	uint32_t n_points;
	uint32_t n_listed;
	uint64_t end_ns;   /* a packet that was first seen later is not judged */
	uint64_t first_ns; /* of all observations */
	uint64_t last_ns;
	uint16_t expect[PATH_EXPECT_MAX]; /* targets; the first one's packets */
	uint32_t n_expect;
	uint64_t n_observations; /* of them: */
	uint64_t n_other;	 /* no IP, or too short */
	uint64_t n_unmatched;	 /* no room for them */
	uint64_t n_early; /* entries judged before their time: the table was full */
	struct path_totals kept;
	struct path_totals shown;
};

/* Packets of all verdicts. */
static inline uint64_t
path_total(const struct path_totals *totals)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < PATH_VERDICT_N; i++)
		n += totals->verdicts[i];
	return n;
}

/* What path_new needs at least for so many sources. */
size_t path_overhead(uint32_t n_sources);

/* In mem, aligned to 8, of so many bytes, zeroed; the caller frees it. NULL: too few. */
struct path *path_new(void *mem, size_t bytes, const struct path_options *options);

/* A new observation point; PATH_NO_CLASS: there are PATH_POINTS_MAX. name is borrowed. */
uint16_t path_add_point(struct path *p, uint16_t source, enum path_direction direction,
			struct span name);

/* How far the clock of a source may be wrong from now on. */
void path_set_bound(struct path *p, uint16_t source, uint64_t bound_ns);

/* Before the first record: fewer bytes of a payload are compared. */
void path_set_payload(struct path *p, uint32_t payload);

/* Packets first seen after end_ns are not judged; others go on being observed. */
void path_set_end(struct path *p, uint64_t end_ns);

/* The first target's packets must be seen by the others that are added. False: too many. */
bool path_expect(struct path *p, uint16_t source);

enum path_taken {
	PATH_TAKEN,
	PATH_TAKEN_SHORT, /* the record is cut off where it is compared: its target is blind */
	PATH_TAKEN_NOT /* nothing that is matched, or no room */
};

/* One record. */
enum path_taken path_take(struct path *p, const struct path_packet *packet);

/* Judges what is old enough: before safe_ns every target has shown what it has
 * (UINT64_MAX: all have ended). */
void path_judge(struct path *p, uint64_t safe_ns);

#endif
