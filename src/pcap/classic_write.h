#ifndef PCAP_CLASSIC_WRITE_H
#define PCAP_CLASSIC_WRITE_H

#include "pcap/savefile.h"

/* Classic pcap, little-endian, version 2.4 (draft-ietf-opsawg-pcap). */
#define CLASSIC_FILE_HEADER   24
#define CLASSIC_RECORD_HEADER 16
#define CLASSIC_TIME_MAX      UINT64_C(4294967295999999999) /* 2106-02-07T06:28:15 */

void classic_write_file_header(uint8_t out[static CLASSIC_FILE_HEADER], bool is_nano,
			       uint32_t linktype, uint32_t snaplen);

/* Microseconds are cut, not rounded. Times beyond CLASSIC_TIME_MAX become it. */
void classic_write_record_header(uint8_t out[static CLASSIC_RECORD_HEADER], bool is_nano,
				 const struct savefile_record *record);

#endif
