#ifndef PCAP_CLASSIC_READER_H
#define PCAP_CLASSIC_READER_H

#include "pcap/savefile_event.h"

/* The classic pcap half of savefile_reader; use that. */
#define CLASSIC_HEAD_MAX 24 /* the file header, and the record header of modified files */

enum classic_state {
	CLASSIC_FILE,
	CLASSIC_INTERFACE, /* the file header is read, its event is still to come */
	CLASSIC_HEAD,
	CLASSIC_DATA
};

struct classic_reader {
	enum classic_state state;
	bool is_big_endian;
	bool is_nano;
	uint8_t minor; /* version 2.minor, at most 4 */
	uint8_t extra; /* bytes behind the record header in "modified" files */
	uint32_t linktype;
	uint32_t snaplen;
	uint32_t left;	    /* bytes of the current packet still to come */
	uint32_t head_size; /* bytes in head */
	uint8_t head[CLASSIC_HEAD_MAX];
};

/* Whether a file that begins with these four bytes is classic pcap. */
bool classic_reader_is_magic(const uint8_t magic[static 4]);

/* The magic counts as fed. */
void classic_reader_init(struct classic_reader *r, const uint8_t magic[static 4]);

/*
 * Bytes behind each record header of a file that begins so: some old writers have 8 (of the
 * modified format) or 4 more under the common magic. 0 unless the first records, read as they
 * should be, make no sense, and read so do.
 */
uint8_t classic_reader_extra(struct span begin);

/*
 * As savefile_reader_feed, piece and left of *out being empty
 * before. Not to be called again after BAD.
 */
enum savefile_event classic_reader_feed(struct classic_reader *r, struct span *in,
					struct savefile_out *out);

/* As savefile_reader_eof. */
const char *classic_reader_eof(const struct classic_reader *r);

#endif
