#ifndef WORKER_COMMON_SLOTS_H
#define WORKER_COMMON_SLOTS_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/*
 * The table that launcher, front and capture processes share: one slot a capture, in
 * anonymous shared memory. What a capture process writes into its slot is untrusted text
 * and numbers to the front.
 *
 *   FREE --front--> ASKED --capture--> COMPILING --> COMMITTED | FAILED
 *
 * has_exited is set by the launcher when the process is gone; the front then frees the
 * slot. Every change is followed by a write to the eventfd that wakes the front.
 */
#define SLOTS_MAX	      64      /* captures at once, whatever the operator says */
#define SLOTS_VALIDATIONS_MAX 2	      /* at once, of them; a third waits */
#define SLOTS_WHY_SIZE	      512     /* a sentence for a client */
#define SLOTS_LEFT_MAX	      24      /* flows left out: LOOPLEFT_MAX */
#define SLOTS_FLOW_BYTES      40      /* sizeof(struct flow) */
#define SLOTS_FLOW_SIZE	      128     /* a flow's name: FLOW_TEXT_MAX */
#define SLOTS_STOP	      SIGUSR1 /* to a capture process: its client wants no more */

enum slot_state {
	SLOT_FREE,
	SLOT_ASKED,
	SLOT_COMPILING,
	SLOT_COMMITTED, /* the answer is the capture process's: its first byte may be out */
	SLOT_FAILED	/* the answer is the front's: status and why */
};

enum slot_end {
	SLOT_END_NONE, /* the process died before it said why */
	SLOT_END_CLIENT,
	SLOT_END_COUNT,
	SLOT_END_DURATION,
	SLOT_END_INTERFACE,
	SLOT_END_SHUTDOWN,
	SLOT_END_STOPPED, /* its client asked for it: GET /captures/ID?stop=1 */
	SLOT_END_LIMIT,	  /* the operator's -max-duration */
	SLOT_END_LOOP,	  /* more flows carry its own stream than it can leave out */
	SLOT_END_FAILED,
	SLOT_END_VALIDATED
};

/* What a client may want to tell apart without reading the words. */
enum slot_problem {
	SLOT_PROBLEM_NONE,
	SLOT_PROBLEM_NO_INTERFACE /* there is none of that name, or it is down */
};

/* A flow that carries, or carried, the stream of this or of another capture. */
struct slot_left {
	_Atomic uint32_t is_out;    /* false: it was let in again */
	_Atomic uint32_t is_proved; /* by this capture: the others leave it out too */
	_Atomic uint64_t packets;
	_Atomic uint64_t bytes;
	uint8_t flow[SLOTS_FLOW_BYTES];
	/* written before n_left counts it, or again while it is not out */
	char name[SLOTS_FLOW_SIZE];
};

/* What a capture has counted, for the client whether it took that or not. */
struct slot_counts {
	uint64_t packets;
	uint64_t bytes;	  /* of these packets, as captured */
	uint64_t offered; /* packets that matched the filter */
	uint64_t dropped;
	uint64_t own_packets; /* left out: their flow carries this capture */
	uint64_t own_bytes;
	uint64_t broken_watermarks;
	uint64_t stalled_ns; /* time the client did not take what was there */
};

/*
 * offered = packets + own_packets + what a loop test let go + the kernel's drops: these two
 * are `dropped` together. What came behind the end of the capture counts nowhere.
 */
struct slot {
	_Atomic uint32_t state;
	_Atomic uint32_t has_exited;
	_Atomic int32_t wait_status; /* as waitpid gives it; valid with has_exited */
	_Atomic uint32_t end;
	_Atomic uint32_t status;     /* HTTP status of FAILED */
	_Atomic uint32_t problem;    /* of FAILED, enum slot_problem */
	_Atomic uint32_t is_counted; /* it captures no more: the counts are final */
	_Atomic uint64_t packets;    /* from here on as in slot_counts */
	_Atomic uint64_t bytes;
	_Atomic uint64_t offered;
	_Atomic uint64_t dropped;
	_Atomic uint64_t own_packets;
	_Atomic uint64_t own_bytes;
	_Atomic uint64_t broken_watermarks;
	_Atomic uint64_t stalled_ns;
	_Atomic uint32_t is_hard; /* it is in a hard test, which others had better join */
	_Atomic uint32_t n_left;
	struct slot_left left[SLOTS_LEFT_MAX];
	char why[SLOTS_WHY_SIZE]; /* written before FAILED, terminated by the reader */
};

struct slots {
	struct slot slot[SLOTS_MAX];
};

/*
 * NULL when there is no memory. *bell is the eventfd that wakes the front: it stays
 * outside of the table, which everybody can write to. Both live as long as the worker.
 */
struct slots *slots_new(int *bell);

/* Wakes the front; nothing is lost when it was awake already. */
void slots_ring(int bell);

/* The front: ASKED, and nothing of who had the slot before. */
void slots_take(struct slot *s);

/* The capture process: on to COMPILING or COMMITTED. The front: FREE again. */
void slots_advance(struct slot *s, enum slot_state state);

/* FAILED: the front answers with the status and, cut to its place, why. */
void slots_fail(struct slot *s, enum slot_end end, unsigned status,
		enum slot_problem problem, struct span why);

/* The launcher: the process is gone. wait_status: as waitpid gives it. */
void slots_exit(struct slot *s, int wait_status);

/* The capture process: how things stand. */
void slots_count(struct slot *s, const struct slot_counts *counts);

/* The capture process: whether the others had better join its hard test. */
void slots_tell_hard(struct slot *s, bool is_hard);

/* The capture process: place i is about another flow, which is not out yet. */
void slots_name_left(struct slot *s, uint32_t i, const void *flow, struct span name);

/* The same: how the flow of place i stands. The places up to i are valid from then on. */
void slots_count_left(struct slot *s, uint32_t i, bool is_out, bool is_proved,
		      uint64_t packets, uint64_t bytes);

/* The capture process: it captures no more, the counts are final. */
void slots_end(struct slot *s, enum slot_end end);

/* The capture process: why its interface failed, in words for the log. */
void slots_explain(struct slot *s, struct span why);

/* "client gone", "count reached": for the log. */
const char *slots_end_text(enum slot_end end);

/* The same in one word that programs may rely on: "client", "count", "limit". */
const char *slots_end_kind(enum slot_end end);

#endif
