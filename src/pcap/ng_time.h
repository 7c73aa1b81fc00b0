#ifndef PCAP_NG_TIME_H
#define PCAP_NG_TIME_H

#include <stdint.h>

/*
 * Nanoseconds since the epoch of a pcapng time stamp (draft-ietf-opsawg-pcapng section
 * 4.2): ticks of 10^-n s, or 2^-n s if bit 7 of tsresol is set, n being the lower 7 bits;
 * offset_s is added. Exact up to the cut of what is below a nanosecond; what passes the
 * ends becomes 0 or SAVEFILE_TIME_MAX.
 */
uint64_t ng_time_to_ns(uint64_t ticks, uint8_t tsresol, int64_t offset_s);

#endif
