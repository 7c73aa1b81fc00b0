#ifndef PCAP_CLASSIC_WRITE_H
#define PCAP_CLASSIC_WRITE_H

#include "pcap/savefile.h"

/* Classic pcap, little-endian, version 2.4 (draft-ietf-opsawg-pcap). */
#define CLASSIC_FILE_HEADER   24
#define CLASSIC_RECORD_HEADER 16

void classic_write_file_header(uint8_t out[static CLASSIC_FILE_HEADER], bool is_nano,
			       uint32_t linktype, uint32_t snaplen);

/* Microseconds are cut, not rounded. Seconds are taken modulo 2^32, as the format is. */
void classic_write_record_header(uint8_t out[static CLASSIC_RECORD_HEADER], bool is_nano,
				 const struct savefile_record *record);

#endif
