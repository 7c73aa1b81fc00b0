#ifndef CLI_MODEL_SUMMARY_H
#define CLI_MODEL_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

/* What became of every packet of a target. */
struct summary_counts {
	uint64_t offered;     /* packets that matched the filter on the target's host */
	uint64_t received;    /* of these: came to ddump */
	uint64_t written;     /* of these: went into the output */
	uint64_t not_written; /* the others that came */
	uint64_t not_fetched; /* captured by the worker, never came */
	uint64_t drops;	      /* by the kernel */
	uint64_t own;	      /* left out by the worker: they carried the capture */
	uint64_t late;
	uint64_t ahead; /* their time stamps lie in the future */
	uint64_t forced;
	uint64_t held_back;
	uint64_t bytes; /* captured bytes of what was written */
	uint64_t gaps;	/* times that it was lost and came back */
	uint64_t gaps_ns;
	uint64_t hold_back_ns; /* that the source was given by itself; 0: none */

	/* False: offered, not_fetched, drops and own are lower bounds. */
	bool is_exact;
	bool has_drops; /* false: nothing is known of these four */
	bool is_file;	/* no worker counts: what is not known is not mentioned */
};

/* Adds up, beginning with an exact zero that is_file; a total has_drops if any part has,
 * and is_file if all are. The hold-back is no sum: it stays. */
void summary_add(struct summary_counts *total, const struct summary_counts *c);

#endif
