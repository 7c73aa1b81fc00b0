#ifndef PCAP_SAVEFILE_READER_H
#define PCAP_SAVEFILE_READER_H

#include "pcap/classic_reader.h"
#include "pcap/ng_reader.h"
#include "pcap/savefile_event.h"

/*
 * Reads classic pcap (either byte order, micro- or nanoseconds, also the "modified"
 * magic) or pcapng, told apart by the first four bytes, from bytes that arrive in pieces
 * of any size. Nothing is buffered but headers: the bytes of a packet are handed out
 * where they lie, in one piece when they arrived in one.
 *
 * pcapng: a packet's options stand behind its bytes. They are the last of the record's
 * bytes when there is a comment or a drop count among them, or when the block did not lie in the span
 * from end to end; else flags is all that is kept of them. Either way ng_options.h reads
 * the same from the record.
 */
enum savefile_format { SAVEFILE_UNKNOWN, SAVEFILE_CLASSIC, SAVEFILE_NG, SAVEFILE_FAILED };

struct savefile_reader {
	enum savefile_format format;
	bool is_ng;
	bool is_other;	 /* after BAD: the first bytes are of neither format */
	bool is_ddump;	 /* the section's shb_userappl begins with "ddump-worker/" */
	uint64_t offset; /* bytes taken so far; after BAD: where what is damaged begins */
	const char *reason; /* of BAD */
	const char *unpack; /* of BAD, the program that unpacks what came; NULL: none */
	uint8_t extra;	    /* of a classic file, see savefile_reader_look */
	uint32_t magic_size;
	uint8_t magic[4];
	union {
		struct classic_reader classic;
		struct ng_reader ng;
	} u;
};

void savefile_reader_init(struct savefile_reader *r);

/* Before the first bytes of a file are fed, as many of them as there are: see
 * classic_reader_extra. */
void savefile_reader_look(struct savefile_reader *r, struct span begin);

/* Takes bytes off *in; call until MORE or BAD. *out is valid until the next call. */
enum savefile_event savefile_reader_feed(struct savefile_reader *r, struct span *in,
					 struct savefile_out *out);

/* Whether all packets of a stream that has begun have one link type: it is classic pcap, or
 * our worker's. */
static inline bool
savefile_reader_has_one_linktype(const struct savefile_reader *r)
{
	return !r->is_ng || r->is_ddump;
}

/*
 * The input ended here. NULL when it may: between records (and behind the file header).
 * Else what was cut, as a phrase; after BAD its reason.
 */
const char *savefile_reader_eof(const struct savefile_reader *r);

#endif
