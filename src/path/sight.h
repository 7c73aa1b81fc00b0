#ifndef PATH_SIGHT_H
#define PATH_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * When each target was watching, so that a packet that it did not show did not come. All
 * times are corrected: of our clock, the target's less its offset.
 */
#define PATH_SIGHT_INTERVALS 8 /* of one target; more are joined */
#define PATH_SIGHT_NONE	     UINT64_MAX

enum path_blind {		     /* the reasons of "unknown" */
		  PATH_BLIND_DROPS,  /* its kernel dropped packets */
		  PATH_BLIND_GAP,    /* the connection was lost */
		  PATH_BLIND_START,  /* it had not started */
		  PATH_BLIND_OPEN,   /* it had ended, or the run had */
		  PATH_BLIND_MEMORY, /* of ours: the table was full */
		  PATH_BLIND_SHORT,  /* it keeps too few bytes of a packet */
		  PATH_BLIND_MARKS,  /* it does not say how far it is */
		  PATH_BLIND_CLOCK,  /* the offset of its clock is unknown */
		  PATH_BLIND_FILTER, /* it captures another filter than the others */
		  PATH_BLIND_ROUTE,  /* others to this address went on from here */
		  PATH_BLIND_N
};

struct path_interval {
	uint64_t from_ns;
	uint64_t to_ns;
	enum path_blind why;
};

struct path_source {
	uint64_t mark_ns;  /* nothing older will come; 0: not known yet */
	uint64_t bound_ns; /* of its clock's offset */
	uint64_t drops;
	uint32_t connection;
	uint32_t n;
	bool has_begun;
	bool is_lost; /* its connection, or it has not come back with a mark */
	bool is_over;
	bool is_partial; /* it captures some interfaces, or one direction, only */
	struct path_interval list[PATH_SIGHT_INTERVALS];
};

struct path_sight {
	struct path_source *sources;
	uint32_t n;
	uint32_t n_begun;
	uint64_t begun_ns; /* the last beginning of all */
	uint64_t dark_ns;  /* the first and the last moment of every other interval */
	uint64_t bright_ns;
	struct path_interval full; /* our memory was, and nothing of that time is sure */
};

/* What is known of a target now. */
struct path_state {
	uint64_t now_ns;     /* our clock */
	uint64_t mark_ns;    /* its watermark, corrected; 0: none */
	uint64_t bound_ns;   /* PATH_SIGHT_NONE: unknown */
	uint64_t margin_ns;  /* how far before the truth its first mark may lie */
	uint64_t drops;	     /* by its kernel, of all its connections */
	uint32_t connection; /* its number: another one is a gap */
	bool is_file;
	bool is_partial;
	bool has_marks;
	bool is_out; /* delivers nothing now */
	bool is_over;
};

/* sources: n zeroed ones, borrowed. */
void path_sight_init(struct path_sight *s, struct path_source *sources, uint32_t n);

/* Takes what changed. To be called for all before anything is judged. */
void path_sight_update(struct path_sight *s, uint32_t source,
		       const struct path_state *now);

/* A file's record: outside of the first and the last one nothing is known. */
void path_sight_note_file(struct path_sight *s, uint32_t source, uint64_t time_ns);

/* The target was blind from then to then. */
void path_sight_darken(struct path_sight *s, uint32_t source, uint64_t from_ns,
		       uint64_t to_ns, enum path_blind why);

/* Packets of that time were judged too early, or not taken. */
void path_sight_forget(struct path_sight *s, uint64_t from_ns, uint64_t to_ns);

/* The largest bound of a clock that is known. */
uint64_t path_sight_bound_ns(const struct path_sight *s);

/* Which targets may have missed a packet between from and to: a bit each (number modulo
 * 64); *why: bits of enum path_blind. */
uint64_t path_sight_blind(const struct path_sight *s, uint64_t from_ns, uint64_t to_ns,
			  uint16_t *why);

#endif
