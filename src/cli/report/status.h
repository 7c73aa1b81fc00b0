#ifndef CLI_REPORT_STATUS_H
#define CLI_REPORT_STATUS_H

#include "cli/model/view.h"

/*
 * What a terminal shows while ddump runs, as lines of text: a head, a line for each
 * target, and one for all.
 *
 *   target    state        pkt/s  byte/s  drops  late    lag   clock
 *   db1       capturing     1.2k    340k      0     0   61ms  +1.3ms
 *   db2       lost: the stream was cut
 *   total     1 of 2        1.2k    340k      5     0   61ms
 *     at least: dropped 5, not fetched 17
 *
 * A line like the last one stands below a target, and below all, when packets of it are
 * not shown; below targets only where all of them have room.
 * Where not all have room: those in trouble, then the busiest, and how many are left out.
 */
#define STATUS_WIDTH_MAX  250 /* columns; beyond it nothing is shown */
#define STATUS_HEIGHT_MAX 100
#define STATUS_BYTES	  (STATUS_HEIGHT_MAX * (STATUS_WIDTH_MAX + 1))

struct status_row {
	const char *name;   /* borrowed; what is not printable ASCII is shown as ? */
	const char *reason; /* of LOST and FAILED, likewise */
	enum view_state state;
	bool has_offset;
	int64_t offset_ns;  /* its clock less ours */
	uint64_t packets_s; /* written, in a second */
	uint64_t bytes_s;
	uint64_t drops; /* by the kernel; UNKNOWN */
	uint64_t not_fetched;
	uint64_t not_written;
	uint64_t own;	  /* traffic of the capture, left out by the worker */
	bool is_at_least; /* drops, not_fetched and own are lower bounds */
	uint64_t late;
	uint64_t lag_ns; /* behind now; UNKNOWN */
};

/* Of all: sums, and the largest lag. */
struct status_total {
	uint32_t n;
	uint32_t n_capturing;
	struct status_row row;
};

void status_sum(struct status_total *total, const struct status_row *rows, uint32_t n);

/*
 * Puts the lines for a screen of this size, separated by \n: at least one, shorter than
 * width, fewer than height if that is more than one. out has room for STATUS_BYTES. is_paused: the
 * output takes nothing, so that nothing is read.
 */
void status_put(struct text *out, const struct status_row *rows, uint32_t n,
		bool is_paused, unsigned width, unsigned height);

/* "7 of 8 targets, 1.2k packets/s, 340k bytes/s, 0 dropped by kernel, 0 late": for a log. */
void status_put_sentence(struct text *out, const struct status_row *rows, uint32_t n);

/* A count in at most four characters, rounded down: 999, 1.2k, 12k, 3.4M, 18E. */
void status_put_count(struct text *t, uint64_t count);

/* A time likewise, in at most five up to 27 years: 350us, 1.3ms, 61ms, 1.2s, 99m, 123d. */
void status_put_time(struct text *t, uint64_t ns);

/* The same with its sign: +1.3ms, -61ms, 0us. */
void status_put_offset(struct text *t, int64_t ns);

/* How fast a count grows: the mean of now and before. Zeroed at first. */
struct status_rate {
	uint64_t count;
	uint64_t per_s;
};

/* The count now, and the time since the last one (0: nothing happens). */
void status_rate_update(struct status_rate *r, uint64_t count, uint64_t elapsed_ns);

#endif
