#ifndef SUPPORT_SPLIT_H
#define SUPPORT_SPLIT_H

#include <stddef.h>

#include "base/span.h"

/* Called with the same bytes cut into pieces; how says in words how they were cut. */
typedef void split_run(void *ctx, const struct span *pieces, size_t count,
		       const char *how);

/*
 * Calls run with the n bytes at p whole, byte by byte, and cut in two at every point.
 * Every piece ends on a no-access page. Above SPLIT_MANY bytes only some of the points
 * are taken, always those next to either end.
 */
#define SPLIT_MANY 2048
void split_all(const void *p, size_t n, split_run *run, void *ctx);

#endif
