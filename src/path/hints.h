#ifndef PATH_HINTS_H
#define PATH_HINTS_H

#include "path/path.h"

/* Where packets from a point went on: to an address, and to any. It names a place, and
 * proves nothing. */
void path_hints_put(struct path *p, uint16_t from, uint16_t to,
		    const struct path_tuple *tuple);

/* The last such point; tuple NULL: whatever the address. PATH_NO_CLASS: none is known. */
uint16_t path_hints_get(const struct path *p, uint16_t from,
			const struct path_tuple *tuple);

#endif
