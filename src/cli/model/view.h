#ifndef CLI_MODEL_VIEW_H
#define CLI_MODEL_VIEW_H

#include "cli/model/summary.h"
#include "merge/clock_offset.h"

/* What reports see of a target: values, taken when they are asked for. */
enum view_state {
	VIEW_CONNECTING,
	VIEW_CAPTURING,
	VIEW_LOST, /* tried again */
	VIEW_ENDED,
	VIEW_FAILED
};

#define VIEW_UNKNOWN UINT64_MAX

struct view {
	const char *name;   /* borrowed from the target */
	const char *reason; /* of LOST, FAILED and is_limited, borrowed; may be empty */
	enum view_state state;
	bool is_network;
	bool has_answered;  /* once at least */
	bool has_clock;	    /* offset means something */
	bool is_corrected;  /* its times are, by the offset */
	bool is_limited;    /* it ended because its operator allows no more */
	bool is_unverified; /* it ended, and nothing proves that this was the end */
	bool is_at_least;   /* drops, not_fetched and own are lower bounds */
	struct clock_offset_estimate offset;
	uint64_t lag_ns;      /* of its stream behind now; VIEW_UNKNOWN */
	uint64_t n_unwritten; /* packets that left the merge, and went nowhere */
	struct summary_counts counts;
};

/* All targets, one at a time. */
struct views {
	const void *of;
	uint32_t n;
	void (*at)(const void *of, uint32_t i, struct view *v);
};

#endif
