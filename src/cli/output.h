#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "pcap/savefile.h"

/*
 * The merged stream as bytes of a capture file, in memory that waits to be written:
 * records in, whole records out, all of one link type. It knows no descriptor.
 */
#define OUTPUT_BYTES	  (512u * 1024) /* near the cache; half is for the largest record */
#define OUTPUT_RECORD_MAX (SAVEFILE_SNAPLEN_MAX + 64u) /* with its header */
#define OUTPUT_FLUSH	  (128u * 1024) /* written when so much waits, or nothing comes */

struct output {
	uint32_t linktype;
	bool is_nano;
	bool has_head; /* mem begins with what stands before the first record */
	size_t head; /* first byte that waits; nothing is moved: room comes back when all
			is written */
	size_t tail;
	uint8_t mem[OUTPUT_BYTES];
};

void output_init(struct output *o, uint32_t linktype, bool is_nano);

/* The bytes that stand before the first record. */
void output_put_head(struct output *o);

static inline bool
output_has_room(const struct output *o)
{
	return OUTPUT_BYTES - o->tail >= OUTPUT_RECORD_MAX;
}

/* Needs room. linktype is the record's, which linktype_can_convert to the output's. */
void output_put_record(struct output *o, const struct savefile_record *record,
		       uint32_t linktype, const uint8_t *data);

/* The bytes that wait, borrowed until the next call; n of them were written. */
struct span output_waiting(const struct output *o);
void output_written(struct output *o, size_t n);

/* When no more can be written: *torn is how many bytes at the end of what was written are
 * of a record that is not whole. Returns how many packets are not written as a whole. */
uint64_t output_torn(const struct output *o, size_t *torn);

#endif
