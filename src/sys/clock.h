#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include "base/text.h"

/* Nanoseconds of CLOCK_MONOTONIC: for deadlines and arrival times. */
uint64_t clock_monotonic_ns(void);

/* Nanoseconds of CLOCK_BOOTTIME: it is never set, and goes on while the host sleeps. */
uint64_t clock_boottime_ns(void);

/* Nanoseconds since the epoch of CLOCK_REALTIME: the clock of packet time stamps. */
uint64_t clock_realtime_ns(void);

/* Puts a time of CLOCK_REALTIME as "2026-11-23T01:30:00.25Z" (RFC 3339, UTC). */
void clock_put_utc(struct text *t, uint64_t realtime_ns);

#endif
