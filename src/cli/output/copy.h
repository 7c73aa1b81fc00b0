#ifndef CLI_OUTPUT_COPY_H
#define CLI_OUTPUT_COPY_H

#include "cli/output/printer.h"
#include "sys/sink.h"

/*
 * Lines on standard output beside a file (-w FILE --print). The file is the capture: what
 * standard output does not take is left out in whole lines, and counted. It logs nothing.
 */
#define COPY_PACKETS_MAX 4096 /* whose lines wait */
#define COPY_BYTES	 (1024u * 1024 + PRINT_MAX)
#define COPY_WAIT_MS	 2000 /* for a slow reader at the end */

struct copy {
	struct sink sink;
	struct printer printer;
	bool is_gone; /* the reader has */
	uint64_t n_left_out;
	uint32_t n_packets; /* in mem, written or not */
	size_t written;
	size_t n;
	uint32_t ends[COPY_PACKETS_MAX]; /* of their lines */
	uint8_t mem[COPY_BYTES];
};

/* In zeroed memory: 0 or -errno. */
int copy_open(struct copy *c, const struct print_options *options, bool has_color);

void copy_put(struct copy *c, const struct interfaces *all,
	      const struct savefile_record *record, const uint8_t *data);

/* Writes as much as is taken now. */
void copy_flush(struct copy *c);

/* Waits for the reader, COPY_WAIT_MS at most, and counts what is not out as a whole. */
void copy_close(struct copy *c);

#endif
