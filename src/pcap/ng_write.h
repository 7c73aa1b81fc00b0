#ifndef PCAP_NG_WRITE_H
#define PCAP_NG_WRITE_H

#include "pcap/ng_options.h"

/*
 * pcapng, little-endian, as design.md section 6 fixes it: one section, if_tsresol 9 in
 * every interface block, no custom blocks. Each function writes whole blocks or, for a
 * packet, what stands before and behind its bytes. They return the size written.
 */
#define NG_SECTION_MAX	   512
#define NG_INTERFACE_MAX   8832 /* texts are cut to fit, at a UTF-8 character */
#define NG_DESCRIPTION_MAX 320
#define NG_STATISTICS_MAX  384
#define NG_PACKET_HEAD	   28 /* block type to original length */
#define NG_PACKET_TAIL_MAX 24 /* padding, epb_flags, end of options, block length */

/* Section Header Block, section length unknown; userappl is shb_userappl, may be empty. */
size_t ng_write_section(uint8_t out[static NG_SECTION_MAX], struct span hardware,
			struct span os, struct span userappl);

size_t ng_write_interface(uint8_t out[static NG_INTERFACE_MAX],
			  const struct savefile_interface *interface);

/* The comment is cut to SAVEFILE_COMMENT_MAX, at a UTF-8 character. */
size_t ng_write_statistics(uint8_t out[static NG_STATISTICS_MAX],
			   const struct savefile_statistics *statistics);

/*
 * Enhanced Packet Block around record->caplen bytes: head, the bytes, tail. epb_flags is
 * written when record->flags is not 0; record->options is not looked at.
 *
 * The comments among options are written behind the flags, as they came; options may be
 * NULL, and is the same for head and tail. The tail is then longer than its maximum by
 * options->rest.n at most. To pass on a record that was read, and perhaps converted:
 *
 *   options = ng_options_of(read, data);
 *   changed = *read; changed.flags = ng_options_flags(read, data);
 *   linktype_convert(..., &changed, ...);
 *   ng_write_packet_head(p, &changed, &options); the bytes;
 *   ng_write_packet_tail(p, &changed, &options);
 */
void ng_write_packet_head(uint8_t out[static NG_PACKET_HEAD],
			  const struct savefile_record *record,
			  const struct ng_options *options);
size_t ng_write_packet_tail(uint8_t out[static NG_PACKET_TAIL_MAX],
			    const struct savefile_record *record,
			    const struct ng_options *options);

#endif
