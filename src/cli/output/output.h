#ifndef CLI_OUTPUT_OUTPUT_H
#define CLI_OUTPUT_OUTPUT_H

#include "cli/model/interfaces.h"
#include "cli/output/printer.h"
#include "pcap/format.h"

/*
 * The merged stream as bytes of capture files, in memory that waits to be written:
 * records in, whole records out, all of one link type. It knows no descriptor.
 *
 *   output_put_head, then records, each when output_is_ready; output_put_tail: one file
 */
#define OUTPUT_BYTES \
	(512u * 1024) /* near the cache; the most is for the largest record */
#define OUTPUT_RECORDS (OUTPUT_BYTES / 16u) /* the least record is a header */
#define OUTPUT_FLUSH   (128u * 1024) /* written when so much waits, or nothing comes */

struct output_options {
	const struct format *format;
	bool is_nano; /* classic pcap; pcapng always is */

	/* SLL2 headers say the index that output_put_record is given. */
	bool has_indexes;
	struct span os;		 /* of this machine, for the section header; borrowed */
	struct printer *printer; /* of format_text; borrowed */
};

struct output {
	struct output_options options;
	struct interfaces *interfaces;
	uint32_t n_described; /* interfaces of the lowest numbers stand in the file, */
	uint32_t n_blocks;    /* in so many blocks: without those that are refused */
	uint32_t n_passed;  /* of the blocks that are passed on, the first of them all */
	uint32_t n_units;   /* n_described + n_passed */
	uint32_t n_ended;   /* of them, how many have their last statistics */
	uint64_t newest_ns; /* time of a record */
	bool has_head;	    /* mem begins with a file's head */
	uint32_t n_records; /* in mem, written or not */
	size_t head; /* first byte that waits; nothing is moved: room comes back when all
			is written */
	size_t tail;
	uint16_t sources[OUTPUT_RECORDS]; /* of these records */
	bool is_late[OUTPUT_RECORDS];
	bool is_next_late;
	uint32_t ends[OUTPUT_RECORDS]; /* where they end in mem: of format_text */
	uint8_t mem[OUTPUT_BYTES];
};

/* interfaces is borrowed: it says the link type, and gets the packets counted. */
void output_init(struct output *o, const struct output_options *options,
		 struct interfaces *interfaces);

static inline bool
output_has_room(const struct output *o)
{
	return OUTPUT_BYTES - o->tail >= FORMAT_UNIT_MAX && o->n_records < OUTPUT_RECORDS;
}

/*
 * A file begins; legal again at any time, for a new file. Needs room, and for 
 * the link type is decided. All interfaces known so far follow by output_describe.
 */
void output_put_head(struct output *o);

/* Whether records become lines: of any link type, without a head. */
static inline bool
output_is_text(const struct output *o)
{
	return o->options.printer != NULL;
}

/* Whether the format has a place for interfaces. */
static inline bool
output_has_interfaces(const struct output *o)
{
	return o->options.format->put_interface != NULL;
}

/* Whether all interfaces and blocks that are known stand in the file: then a record may follow. */
static inline bool
output_is_ready(const struct output *o)
{
	return o->n_units == o->interfaces->n_units || !output_has_interfaces(o);
}

/* Writes interfaces and blocks until it is ready, or out of room. The link type is decided. */
void output_describe(struct output *o);

/* Needs room, and is ready. index: see has_indexes. */
void output_put_record(struct output *o, const struct savefile_record *record,
		       uint32_t index, const uint8_t *data);

/* The next record is late: output_unwritten knows it then. */
void output_note_late(struct output *o);

/* What ends a complete file, as far as there is room. True when that is all of it. */
bool output_put_tail(struct output *o);

/* The bytes that wait, borrowed until the next call; n of them were written. */
struct span output_waiting(const struct output *o);
void output_written(struct output *o, size_t n);

/* When no more can be written: *torn is how many bytes at the end of what was written are
 * of a record that is not whole. Returns how many packets are not written as a whole. */
uint64_t output_torn(const struct output *o, size_t *torn);

/* Of what waits: the rest of the record that is written in part; borrowed as above. */
struct span output_begun(const struct output *o);

/* The source of the i-th of them, counted from the last one, and whether it was late. */
uint32_t output_unwritten(const struct output *o, uint64_t i, bool *is_late);

#endif
