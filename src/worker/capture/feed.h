#ifndef WORKER_CAPTURE_FEED_H
#define WORKER_CAPTURE_FEED_H

#include "pcap/capture.h"
#include "sys/loop.h"
#include "worker/capture/loop/loopguard.h"
#include "worker/capture/feed_count.h"
#include "worker/capture/own.h"
#include "worker/common/request.h"
#include "worker/common/slots.h"
#include "worker/capture/stream.h"

enum feed_phase {
	FEED_RUNNING,
	FEED_SETTLING,	/* the end is decided; packets before it are still on their way,
			   in the block that the kernel fills */
	FEED_DRAINING,	/* the queue has to make room for the last words */
	FEED_LEAVING,	/* the last bytes go to the client */
	FEED_LINGERING, /* sent all; the client's own bytes are read away */
	FEED_OVER
};

/* What is to be fed; it stays as it is from feed_run on. */
struct feed_task {
	const struct request *r;
	struct slot *slot;
	int bell; /* rung when the counts are final */
	struct capture *capture;
	struct stream *stream; /* initialised, with what goes before the first packet */
	size_t n_ifindexes;    /* the interfaces asked for; 0: all */
	uint32_t ifindexes[REQUEST_INTERFACES_MAX];
	uint64_t seed; /* random: nobody can guess when output is held */
};

/* Feeds one client from one armed capture until something ends it; zero at first. */
struct feed {
	const struct feed_task *task;
	struct feed_count count;
	struct loopguard guard;
	struct loop loop;
	struct loop_watch ring;
	struct loop_watch client;
	struct loop_watch signals;
	struct loop_timer tick;
	struct loop_timer duration;
	struct loop_timer patience; /* the longest time for the phase, behind RUNNING */
	enum feed_phase phase;
	enum slot_end end;
	const char *new_interface; /* INTERFACE: it has come, or come back; NULL: gone */
	uint64_t tick_ns;
	uint64_t next_tick_real_ns;
	uint64_t heartbeat_number; /* of the last one: wall clock / heartbeat */
	uint64_t end_real_ns;	   /* packets later than this are not the client's */
	uint64_t empty_real_ns;	   /* the ring was seen empty at this time */
	uint64_t stalled_since_ns;
	struct own own; /* the connections that a tunnel may carry */
	size_t batch_bytes;
	bool is_ring_empty;
	bool is_letting_go; /* this batch */
	bool is_counting;   /* likewise: it is for a client that will not get it */
	bool is_client_paused;
};

/* Makes the loop, while system calls are still free. The task is borrowed. 0 or -errno. */
int feed_open(struct feed *f, const struct feed_task *task, int client_fd, int signal_fd);

/* The same for the capture's ring, once it is open. */
int feed_watch(struct feed *f);

/* Returns when the client has everything, or is gone. */
void feed_run(struct feed *f);

#endif
