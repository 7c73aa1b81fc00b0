#ifndef PRINT_STAMP_H
#define PRINT_STAMP_H

#include "print/line.h"

/* The time of a packet and a space, as the options say; nothing for PRINT_TIME_NONE.
 * Differences of times can be negative, and have as many hours as they need. */
void stamp_print(struct line *l, struct print *p, uint64_t time_ns, int32_t zone_s);

#endif
