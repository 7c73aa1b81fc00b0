#ifndef MERGE_HOLD_BACK_H
#define MERGE_HOLD_BACK_H

#include "merge/merge.h"
#include "merge/pace.h"

/* How long a record waits for older ones: as long as the slowest source needs. Both
 * structs are written by hold_back.c alone; merge.c reads them. */
struct hold_back_source {
	struct pace pace;
	uint64_t paced_ns;  /* what its pace called for last */
	struct lumps lumps; /* explicit watermarks: how it delivers */
	int64_t age_ns;	    /* of its watermark, as pace.h has it: differences count */
	int64_t age_least_ns;
	bool is_lagging; /* it is behind now */
	bool is_lumpy;	 /* it pauses, and will be behind */
};

struct hold_back {
	uint64_t ns;	    /* the hold-back in force */
	uint64_t review_ns; /* when hold_back_review looked */
	uint64_t away_ns;   /* see merge_was_away */
	uint32_t slowest;   /* the source that ns is for; see merge_slowest */
	uint32_t n_lagging; /* sources that lag or pause */
};

void hold_back_init(struct merge *m);

/* The source is out, or begins anew: nothing is known of it. */
void hold_back_forget(struct merge *m, uint32_t source);

/* For auto: a record of a source without watermarks came; it may raise the hold-back. */
void hold_back_arrival(struct merge *m, uint32_t source, uint64_t now_ns,
		       uint64_t time_ns);

/* Bytes of the source came; then an explicit watermark of it has risen. */
void hold_back_heard(struct merge *m, uint32_t source, uint64_t now_ns);
void hold_back_beat(struct merge *m, uint32_t source);

/* Once a second: it comes down with the slowest source. */
void hold_back_review(struct merge *m, uint64_t now_ns);

/* Until when to wait for the source because it lags; 0: it does not. */
uint64_t hold_back_lag_end(const struct merge *m, uint32_t source);

#endif
