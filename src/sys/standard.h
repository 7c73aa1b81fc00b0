#ifndef SYS_STANDARD_H
#define SYS_STANDARD_H

#include <stdbool.h>

/*
 * A descriptor of ours must not become 0, 1 or 2 by accident: what is written there would
 * go into a file or to a peer. Each of them that is closed becomes /dev/null, open with
 * these flags of open(2); call it first of all.
 */
void standard_fill(int flags);

/* Whether the process has a terminal that can be asked on. */
bool standard_has_terminal(void);

#endif
