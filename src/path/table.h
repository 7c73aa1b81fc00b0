#ifndef PATH_TABLE_H
#define PATH_TABLE_H

#include "path/key.h"

/*
 * Packets that are on their way, or TCP's ranges of bytes: entries in a ring in the order
 * of their making, which is nearly that of time. The oldest leaves first. Those that are no
 * range lie in a hash table, too.
 */
#define PATH_NONE      UINT32_MAX
#define PATH_SEEN_MAX  12u  /* points of one packet: six hosts that forward it */
#define PATH_CHAIN_MAX 256u /* entries looked at for one observation */

/* One observation of the packet. */
#define PATH_SEEN_START	     1u /* a TCP record begins with the entry's first byte */
#define PATH_SEEN_NAME_SHIFT 1
#define PATH_SEEN_NAME	     (7u << PATH_SEEN_NAME_SHIFT) /* of which name of its flow */

#define PATH_UNIT_NS 64 /* of path_seen.after: 137 s fit */

struct path_seen {
	uint16_t point;
	uint8_t ttl;
	uint8_t flags;
	int32_t after; /* since the entry's first_ns, in PATH_UNIT_NS */
};

#define PATH_ENTRY_RANGE 1u
#define PATH_ENTRY_PASS	 2u  /* a range sent again; it hangs on the one before */
#define PATH_ENTRY_ALIKE 4u  /* another one cannot be told from it */
#define PATH_ENTRY_LONG	 8u  /* see path_key.is_long */
#define PATH_ENTRY_FULL	 16u /* more points than have room saw it */
#define PATH_ENTRY_TCP	 32u /* no range */

struct path_entry {
	uint64_t id; /* a hash with the flow's; of a range lo << 32 | hi */
	uint64_t first_ns;
	uint32_t next; /* in the chain, or the flow's list; of a pass: none */
	uint32_t prev; /* of a pass: the one it hangs on */
	uint32_t pass; /* the range's next pass */
	uint32_t flow;
	uint32_t bytes;
	uint8_t n;
	uint8_t flags;
	uint16_t id_word; /* IPv4's id, for people */
	struct path_seen seen[PATH_SEEN_MAX];
};

struct path_table {
	struct path_entry *ring;
	uint32_t *heads;
	uint32_t cap;
	uint32_t n_heads; /* a power of two */
	uint64_t n_made;
	uint64_t n_freed;
	uint64_t wait_ns;
};

/* Bytes for cap entries, and the table in them. mem is aligned to 8. */
size_t path_table_bytes(uint32_t cap);
void path_table_init(struct path_table *t, void *mem, uint32_t cap, uint64_t wait_ns);

static inline uint32_t
path_table_used(const struct path_table *t)
{
	return (uint32_t)(t->n_made - t->n_freed);
}

static inline struct path_entry *
path_table_at(const struct path_table *t, uint32_t i)
{
	return &t->ring[i];
}

/* The oldest one, PATH_NONE: it is empty. */
uint32_t path_table_oldest(const struct path_table *t);

/* A new entry without observations, in no chain and no list. There is room. */
uint32_t path_table_make(struct path_table *t, uint32_t flow, uint64_t now_ns);

/* Puts it into its chain, under its id. */
void path_table_chain(struct path_table *t, uint32_t i, uint64_t id);

/* What people and the verdict want to know of it. */
void path_table_describe(struct path_entry *e, const struct path_key *key, bool is_alike);

/* The oldest leaves; it is out of its flow's list already. */
void path_table_free_oldest(struct path_table *t);

/* Of the entries with this id that the point has not seen and that are young enough, the
 * one that most points saw, and of these the newest; PATH_NONE: none. *is_known: there is
 * one that is young enough, seen or not; then all of them are marked as alike when the
 * result is none. */
uint32_t path_table_find(struct path_table *t, uint64_t id, uint16_t point,
			 uint64_t now_ns, bool *is_known);

/* Whether the point is among its observations. */
bool path_table_has(const struct path_entry *e, uint16_t point);

/* Adds one, of now_ns. */
void path_table_see(struct path_entry *e, const struct path_seen *seen, uint64_t now_ns);

/* When it was seen first and last. */
uint64_t path_table_begin_ns(const struct path_entry *e);
uint64_t path_table_end_ns(const struct path_entry *e);

#endif
