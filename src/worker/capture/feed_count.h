#ifndef WORKER_CAPTURE_FEED_COUNT_H
#define WORKER_CAPTURE_FEED_COUNT_H

#include "worker/capture/feed.h"

/* Into the slot, as it stands now. */
void feed_count_publish(struct feed *f);

/* Leaves out the flows that carry the stream of another capture of this worker, by its
 * proof. */
void feed_count_share(struct feed *f, uint64_t now_ns);

/* As feed_count_publish when nothing is captured any more, whatever the client still takes of it: the
 * front is woken. */
void feed_count_publish_last(struct feed *f);

/* A statistics block that promises (merge/merge.h): nothing older will come. pcapng. */
void feed_count_put_heartbeat(struct feed *f);

/* The last statistics blocks, of the whole stream at the very end, and the last chunk. */
void feed_count_put_last(struct feed *f);

#endif
