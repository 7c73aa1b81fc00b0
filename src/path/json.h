#ifndef PATH_JSON_H
#define PATH_JSON_H

#include "path/words.h"

#define PATH_JSON_FLOWS 1000u /* the rest is in the totals alone */

/* The shown counts (path_verdict_all) as one JSON object and a newline. The text is cut
 * where it has no room. */
#define PATH_JSON_MAX (8u * 1024 * 1024)
void path_json_put(struct text *t, struct path *p, unsigned exit_status);

#endif
