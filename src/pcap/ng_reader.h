#ifndef PCAP_NG_READER_H
#define PCAP_NG_READER_H

#include "pcap/savefile_event.h"

/*
 * The pcapng half of savefile_reader; use that. Any byte order, any number of sections
 * and interfaces up to NG_INTERFACES_MAX in all, packets of all three block types; other
 * blocks and options are skipped by their length.
 */
#define NG_INTERFACES_MAX 4096 /* a source may show as many; more is BAD */
#define NG_BLOCK_KEPT \
	10240			 /* bytes of a non-packet block that are looked at:
					 our worker's longest, with 8 KiB of filter */
#define NG_BLOCK_MAX (16u << 20) /* a longer block is taken for damage */

enum ng_state {
	NG_HEAD, /* a block begins */
	NG_DATA, /* inside a record's bytes */
	NG_REST	 /* behind what is looked at: padding, options, the second length */
};

/* What an Interface Description Block says about the packets that name it. */
struct ng_interface {
	int64_t tsoffset_s;
	uint32_t snaplen;
	uint16_t linktype;
	uint8_t tsresol; /* as in if_tsresol, see ng_time.h */
};

struct ng_reader {
	enum ng_state state;
	bool is_big_endian;
	bool is_started; /* the first section header was seen */
	bool is_ddump;	 /* the present section is from our own worker */
	bool is_early;	 /* a packet's time was before 1970: it has become 0 */
	uint32_t n_interfaces;
	uint32_t section_first; /* interface_id of the section's interface 0 */
	uint32_t block_size;
	uint32_t left; /* bytes of the record still to come */
	uint32_t rest; /* bytes of the block behind them, the second length included */
	uint32_t kept_size;
	uint64_t time_ns; /* of the last packet: simple packet blocks have none */
	uint8_t kept[NG_BLOCK_KEPT];
	struct ng_interface
	    interfaces[NG_INTERFACES_MAX]; /* last: pages stay untouched */
};

/* As in classic_reader.h. */
bool ng_reader_is_magic(const uint8_t magic[static 4]);
void ng_reader_init(struct ng_reader *r, const uint8_t magic[static 4]);
enum savefile_event ng_reader_feed(struct ng_reader *r, struct span *in,
				   struct savefile_out *out);
const char *ng_reader_eof(const struct ng_reader *r);

#endif
