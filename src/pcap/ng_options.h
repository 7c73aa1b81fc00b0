#ifndef PCAP_NG_OPTIONS_H
#define PCAP_NG_OPTIONS_H

#include "pcap/savefile.h"

/*
 * Options of pcapng blocks (draft-ietf-opsawg-pcapng section 3.5), one after the other;
 * and those of a record, for whoever writes it.
 */
struct ng_option {
	uint16_t code;
	struct span value; /* borrowed from the options */
};

struct ng_options {
	struct span rest;
	bool is_big_endian;
};

/*
 * Takes the next option. False at the end of the list, with nothing left, and where an
 * option passes the end, with o as it was.
 */
bool ng_options_next(struct ng_options *o, struct ng_option *option);

/* The options of a record whose bytes are at data, borrowed from there; none if it came
 * without. */
struct ng_options ng_options_of(const struct savefile_record *record,
				const uint8_t *data);

/* The record's epb_flags, wherever they stand; 0 when there are none. */
uint32_t ng_options_flags(const struct savefile_record *record, const uint8_t *data);

/* epb_dropcount among a packet's options: the packets lost just before it; 0: none. */
uint64_t ng_options_lost(struct ng_options options);

#endif
