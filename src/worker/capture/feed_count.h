#ifndef WORKER_CAPTURE_FEED_COUNT_H
#define WORKER_CAPTURE_FEED_COUNT_H

#include "pcap/savefile.h"
#include "worker/common/slots.h"

/* What one capture has counted: for its slot, and for the statistics blocks of its stream. */
struct feed_count {
	struct slot_counts sum;	 /* offered and dropped: as published last */
	uint64_t n_read;	 /* packets that the ring gave */
	uint64_t n_behind;	 /* of them: behind the end, nobody's */
	uint64_t let_go;	 /* of them, see loopguard_may_drop */
	uint64_t kernel_dropped; /* when the counts were published last */
	uint64_t watermark_ns;
	uint64_t newest_ns;
	uint64_t shared_ns; /* when feed_count_share looked last */
};

struct feed;

/* Where a packet of the ring goes; each is counted by one of these. */
void feed_count_behind(struct feed_count *c);
void feed_count_own(struct feed_count *c, uint32_t caplen);
void feed_count_let_go(struct feed_count *c);
void feed_count_packet(struct feed_count *c, uint32_t caplen);

/* The time of a packet that goes into the stream: it must keep what the last watermark said. */
void feed_count_time(struct feed_count *c, uint64_t time_ns);

/* The client read nothing for so long, although bytes waited for it. */
void feed_count_stall(struct feed_count *c, uint64_t ns);

/* Into the slot, as it stands now. */
void feed_count_publish(struct feed *f);

/* Leaves out the flows that carry the stream of another capture of this worker, by its
 * proof. */
void feed_count_share(struct feed *f, uint64_t now_ns);

/* As feed_count_publish when nothing is captured any more, whatever the client still takes
 * of it: the front is woken. */
void feed_count_publish_last(struct feed *f);

/* A statistics block that promises (merge/merge.h): nothing older will come. pcapng. */
void feed_count_put_heartbeat(struct feed *f);

/* The last statistics blocks, of the whole stream at the very end, and the last chunk. */
void feed_count_put_last(struct feed *f);

#endif
