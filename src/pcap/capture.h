#ifndef PCAP_CAPTURE_H
#define PCAP_CAPTURE_H

#include "base/text.h"
#include "pcap/capture_limits.h"
#include "pcap/savefile.h"
#include "pcap/splice.h"

/*
 * A live capture on Linux: libpcap opens the packet socket, its ring and compiles
 * filters; attaching, locking and counting are ours, since pcap_setfilter falls back to
 * user space silently (design.md section 3). Order of use: open, compile as often as
 * needed, arm, read.
 */
#define CAPTURE_BLOCK_MS 10 /* how long the kernel keeps a block that is not full */

struct capture_options {
	const char *interface; /* NULL: every interface, by the cooked `any` socket */
	uint32_t linktype;     /* SLL or SLL2 (cooked), anything else: the native one */
	bool is_promiscuous;   /* native only */
	uint32_t snaplen;      /* 1 to SAVEFILE_SNAPLEN_MAX */
	uint32_t payload_max;  /* bytes kept behind headers_end; CAPTURE_PAYLOAD_ALL */
	uint32_t ring_bytes;   /* halved until the kernel has the memory */
};

struct capture_statistics {
	uint64_t received; /* packets that passed the filter, dropped ones included */
	uint64_t dropped;  /* of these: lost because the ring was full */
};

enum capture_result {
	CAPTURE_OK,
	CAPTURE_DENIED,	     /* no CAP_NET_RAW */
	CAPTURE_NO_DEVICE,   /* no such interface, or it is gone or down */
	CAPTURE_BAD_FILTER,  /* the filter does not compile; the text says why */
	CAPTURE_TOO_COMPLEX, /* the kernel cannot run the program */
	CAPTURE_FAILED	     /* anything else */
};

struct capture;

/*
 * Opens the socket and its ring with nothing passing yet. *c is to be closed by
 * capture_close. On failure *c is NULL and why has one sentence.
 */
enum capture_result capture_open(struct capture **c, const struct capture_options *o,
				 struct text *why);
void capture_close(struct capture *c);

/* "TPACKET_V3": how the kernel hands packets over; a static string. */
const char *capture_ring(const struct capture *c);

/* The link type that packets will have, a LINKTYPE_ value (not a DLT_ one). */
uint32_t capture_linktype(const struct capture *c);

/*
 * Compiles a filter for the capture's link type into out (room for SPLICE_MAX), BAD_FILTER
 * with libpcap's words. The text is a C string; an empty one gives an empty program.
 */
enum capture_result capture_compile(struct capture *c, const char *filter,
				    bool is_optimized, struct splice_program *out,
				    struct text *why);

/*
 * Attaches the program, locks it for ever, and sets the counters to zero. Every packet
 * from now on that it matches is read or counted as dropped.
 */
enum capture_result capture_arm(struct capture *c, const struct splice_program *program,
				struct text *why);

/* Readable when a block of packets is there. */
int capture_fd(const struct capture *c);

/*
 * Called for each packet; data is borrowed for the call. Returning false ends the batch
 * behind this packet, which counts as taken.
 */
typedef bool capture_packet_fn(void *arg, const struct savefile_record *record,
			       const uint8_t *data);

/*
 * Hands out the packets that the ring holds. CAPTURE_OK: *is_empty tells whether the ring
 * was seen empty (else fn ended the batch).
 */
enum capture_result capture_read(struct capture *c, capture_packet_fn *fn, void *arg,
				 bool *is_empty, struct text *why);

/* Totals since capture_arm, exact beyond 32 bits if asked at least every 2^32 packets. */
void capture_statistics(struct capture *c, struct capture_statistics *out);

/* The interface's present name; false when there is none of this index. */
bool capture_interface_name(const struct capture *c, uint32_t ifindex,
			    char name[static CAPTURE_NAME_SIZE]);

/* The index of the interface that has this name now; 0: there is none. */
uint32_t capture_interface_index(const struct capture *c, const char *name);

/* libpcap's version text, static. */
const char *capture_library(void);

#endif
