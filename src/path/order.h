#ifndef PATH_ORDER_H
#define PATH_ORDER_H

#include "path/table.h"

/* A place where packets are seen: an interface of a target, and a direction. */
enum path_direction { PATH_UNKNOWN, PATH_IN, PATH_OUT };

struct path_point {
	uint16_t source;
	uint8_t direction; /* enum path_direction */
	bool has_bound;	   /* its clock's offset is known, to bound_ns */
	uint64_t bound_ns;
	struct span name; /* "target/interface"; borrowed */
};

/* Points that saw the same packet, in the order of its way. */
struct path_order {
	uint16_t n;
	uint16_t unsure; /* bit i: the order of points i and i + 1 is not known */
	uint16_t points[PATH_SEEN_MAX];
};

/*
 * Points of one target by time, In before Out; targets by TTL (one interval lies wholly
 * above the other), else one that only sends is first and one that only receives last,
 * else by time where that differs by more than the clocks may be wrong.
 */
void path_order_of(const struct path_entry *e, const struct path_point *points,
		   struct path_order *order);

#endif
