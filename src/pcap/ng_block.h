#ifndef PCAP_NG_BLOCK_H
#define PCAP_NG_BLOCK_H

#include "pcap/ng_reader.h"

/* What stands inside blocks and options; for ng_reader.c only. */

/* Whether ng_block_read has a use for the block: section, interface, statistics. */
bool ng_block_is_read(uint32_t type);

/*
 * Reads a block without its second length. is_cut: longer than what block holds; options
 * behind are not seen. START (for the first section), INTERFACE, STATISTICS, MORE
 * (nothing to tell), or BAD with out->reason. Spans in *out are borrowed from block.
 */
enum savefile_event ng_block_read(struct ng_reader *r, uint32_t type, struct span block,
				  bool is_cut, struct savefile_out *out);

#endif
