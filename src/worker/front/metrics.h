#ifndef WORKER_FRONT_METRICS_H
#define WORKER_FRONT_METRICS_H

#include "base/text.h"
#include "sys/links.h"
#include "worker/front/record.h"

/* What /metrics tells (Prometheus text format 0.0.4). The front alone writes it. */
#define METRICS_STATUS_MIN 400
#define METRICS_STATUS_MAX 599

struct metrics {
	uint64_t started;
	uint64_t ended[SLOT_END_VALIDATED + 1]; /* by enum slot_end */
	uint64_t validations;
	uint64_t crashed; /* of those ended without a word */
	uint64_t rejected[METRICS_STATUS_MAX - METRICS_STATUS_MIN + 1];
	/* sums over captures that have ended */
	uint64_t packets;
	uint64_t bytes;
	uint64_t dropped;
	uint64_t own_packets;
	uint64_t own_bytes;
	uint64_t stalled_ns;
	uint64_t broken_watermarks;
};

/* A capture or a validation was asked for; a capture has ended; a request was answered. */
void metrics_add_start(struct metrics *m, bool is_validation);
void metrics_add_end(struct metrics *m, const struct record *r);
void metrics_add_answer(struct metrics *m, unsigned status);

/* running holds the sums over captures that run; links may be NULL; library is
 * libpcap's version, trusted text. */
void metrics_put(struct text *t, const struct metrics *m, const struct metrics *running,
		 size_t n_running, size_t n_connections, const struct links *links,
		 const char *library);

#endif
