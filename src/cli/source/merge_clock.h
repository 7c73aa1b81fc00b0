#ifndef CLI_SOURCE_MERGE_CLOCK_H
#define CLI_SOURCE_MERGE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* The merge's clock stands still while the output does, so that nobody's records grow too
 * old to wait only because nobody reads the result. */
struct merge_clock { /* zeroed at first */
	bool is_blocked;
	uint64_t skew_ns;   /* what it is behind */
	uint64_t frozen_ns; /* what it says while blocked */
};

static inline uint64_t
merge_clock_ns(const struct merge_clock *c, uint64_t now_ns)
{
	return c->is_blocked ? c->frozen_ns : now_ns - c->skew_ns;
}

static inline void
merge_clock_set_blocked(struct merge_clock *c, bool is_blocked, uint64_t now_ns)
{
	if (is_blocked && !c->is_blocked)
		c->frozen_ns = merge_clock_ns(c, now_ns);
	if (!is_blocked && c->is_blocked)
		c->skew_ns = now_ns - c->frozen_ns;
	c->is_blocked = is_blocked;
}

#endif
