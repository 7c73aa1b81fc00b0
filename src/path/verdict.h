#ifndef PATH_VERDICT_H
#define PATH_VERDICT_H

#include "path/path.h"

/* What the groups of one flow mean, with all that is known of it by now. */

/* Adds the flow's packets to the counts: to kept ones, or to those that are shown. */
void path_verdict_flow(struct path *p, uint32_t main, bool is_kept);

/* Makes the shown counts anew. */
void path_verdict_all(struct path *p);

#endif
