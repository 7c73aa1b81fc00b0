#ifndef PATH_FIGURES_H
#define PATH_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Delays: how often each length occurred, in steps of 3 % from 1 us to 64 s. Clocks may make
 * one negative: all are kept longer by a shift, which is at least as much.
 */
#define PATH_FIGURES_STEPS  32u
#define PATH_FIGURES_POWERS 27u
#define PATH_FIGURES_PLACES (PATH_FIGURES_STEPS * PATH_FIGURES_POWERS)

struct path_figures {
	uint64_t n;
	int64_t min_ns, max_ns; /* exact */
	uint64_t bound_ns;	/* the largest error of any of them */
	bool has_bound;
	int64_t shift_ns;
	uint32_t places[PATH_FIGURES_PLACES];
};

/* delay_ns +- bound_ns; has_bound false: the clocks may be wrong by any time. */
void path_figures_add(struct path_figures *f, int64_t delay_ns, uint64_t bound_ns,
		      bool has_bound);

/* The delay that permille of them do not exceed; min for 0, max for 1000. */
int64_t path_figures_at(const struct path_figures *f, uint32_t permille);

#endif
