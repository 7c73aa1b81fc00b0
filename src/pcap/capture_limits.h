#ifndef PCAP_CAPTURE_LIMITS_H
#define PCAP_CAPTURE_LIMITS_H

#include <stdint.h>

/* Bounds of a capture, for those who ask for one and never hold one. */
#define CAPTURE_NAME_SIZE 16 /* IFNAMSIZ: an interface name with its terminator */
#define CAPTURE_RING_MIN  (512u * 1024) /* bytes; below this libpcap's ring fails */

#define CAPTURE_PAYLOAD_ALL UINT32_MAX /* bytes behind a packet's headers: no bound */

#endif
