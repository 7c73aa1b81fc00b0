#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "base/text.h"

/* The lines that say at the end what became of every packet. */
struct summary_counts {
	uint64_t received; /* records that came */
	uint64_t written;
	uint64_t late;
	uint64_t forced;
	uint64_t held_back;
	uint64_t bytes; /* captured bytes of what was written */
	uint64_t gaps;	/* times that it was lost and came back */
	uint64_t gaps_ns;
	uint64_t drops;	       /* by the kernel, as far as told */
	bool has_drops;	       /* false: the source does not tell */
	uint64_t hold_back_ns; /* that the source was given by itself; 0: none */
};

/* "received 5, written 5, late 0, dropped by kernel 0, bytes 310", and what else is not
 * 0. */
void summary_put(struct text *t, const struct summary_counts *c);

/* Adds up; a total has_drops if any part has. The hold-back is no sum: it stays. */
void summary_add(struct summary_counts *total, const struct summary_counts *c);

#endif
