#ifndef WORKER_CAPTURE_FEED_NAMES_H
#define WORKER_CAPTURE_FEED_NAMES_H

#include "worker/capture/feed.h"

/* The interface of a packet in pcapng; its block is written with its first packet. */
uint32_t feed_names_of(const struct feed *f, const struct savefile_record *record,
		       const uint8_t *data);

/* At each tick: those that were renamed get a block of their new name with their next
 * packet. */
#define FEED_NAMES_LOOKS 32 /* interfaces at a tick, in turn: a system call each */
void feed_names_look(const struct feed *f);

#endif
