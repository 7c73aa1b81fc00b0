#ifndef PATH_RANGE_H
#define PATH_RANGE_H

#include "path/table.h"

/*
 * TCP's bytes in one direction of a flow: entries in a list sorted by sequence number (32
 * bits, serial arithmetic), cut wherever a record of any point begins or ends, so that a
 * record of 64 KiB at one point and its 45 segments at another are the same bytes.
 */
#define PATH_RANGE_STEPS   4096u /* of one walk; behind it the flow is not judged */
#define PATH_RANGE_NEW	   1024u /* entries made for one observation, at most */
#define PATH_RANGE_CURSORS 8u
#define PATH_RANGE_PASSES  32u /* times that the same bytes are sent within the wait */

struct path_ranges { /* filled with 0xff: no entry */
	uint32_t first;
	uint32_t cursor[PATH_RANGE_CURSORS]; /* where the point was last */
	uint16_t point[PATH_RANGE_CURSORS];
};

/* [lo, hi) was seen at a point. The table has room for PATH_RANGE_NEW entries. False: too
 * many steps; part of it may have been taken. */
bool path_range_take(struct path_table *t, struct path_ranges *r, uint32_t flow,
		     const struct path_key *key, const struct path_seen *seen,
		     uint64_t now_ns);

/* The entry leaves the list, before it leaves the table. */
void path_range_drop(struct path_table *t, struct path_ranges *r, uint32_t i);

#endif
