#ifndef PATH_SUMS_H
#define PATH_SUMS_H

#include "path/path.h"

/* The shown counts are the kept ones. */
void path_sums_begin(struct path *p);

/* Adds a group that has its verdict to the counts, shown or kept. full: the group of its
 * flow that most points saw; NULL: the flow has no points. */
void path_sums_put(struct path *p, const struct path_group *full,
		   const struct path_group *g, bool is_kept);

#endif
