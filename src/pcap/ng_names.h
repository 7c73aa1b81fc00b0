#ifndef PCAP_NG_NAMES_H
#define PCAP_NG_NAMES_H

#include "pcap/savefile.h"

/*
 * The body of a Name Resolution Block (pcapng section 4.5), little-endian, without the end
 * of its records: as a source would bring it, to be passed on (ng_passed.h).
 */
#define NG_NAMES_NAME_MAX   255
#define NG_NAMES_RECORD_MAX (4 + 16 + NG_NAMES_NAME_MAX + 1 + 3)

/* The record of an address of n bytes (4 or 16) and its name, at most NG_NAMES_NAME_MAX
 * bytes. Returns the size. */
size_t ng_names_put(uint8_t out[static NG_NAMES_RECORD_MAX], const uint8_t *address,
		    size_t n, struct span name);

/* The block around a body of this size. */
struct savefile_block ng_names_block(uint32_t size);

#endif
