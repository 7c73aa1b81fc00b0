#ifndef PCAP_WHOLE_H
#define PCAP_WHOLE_H

#include "pcap/savefile.h"

/* How much of a file that our own writers made is whole, when it ends anywhere. */
enum whole_format {
	WHOLE_CLASSIC_HEAD, /* begins with the file header */
	WHOLE_CLASSIC,	    /* begins with a record */
	WHOLE_NG	    /* begins with a block */
};

/*
 * The length of the longest beginning of bytes that ends with a record or block, and the
 * number of packets in it.
 */
size_t whole_prefix(enum whole_format format, struct span bytes, uint64_t *n_packets);

/* The bytes from `at` to the end of the record or block that it lies in; 0: it lies
 * between two, or nothing of the next is there. */
size_t whole_rest(enum whole_format format, struct span bytes, size_t at);

#endif
