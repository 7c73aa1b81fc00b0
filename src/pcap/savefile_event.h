#ifndef PCAP_SAVEFILE_EVENT_H
#define PCAP_SAVEFILE_EVENT_H

#include "pcap/savefile.h"

/* What savefile_reader_feed finds; here because both of its halves give it. */
enum savefile_event {
	SAVEFILE_MORE,	    /* in is used up */
	SAVEFILE_START,	    /* format known; r->is_ng, r->is_ddump are valid */
	SAVEFILE_INTERFACE, /* out->interface: the next interface_id (classic: the only) */
	SAVEFILE_RECORD,    /* out->record; out->piece, out->left as below */
	SAVEFILE_PIECE,	    /* more of the last record or block: out->piece, out->left */
	SAVEFILE_STATISTICS, /* out->statistics */
	SAVEFILE_BLOCK,	     /* out->block; out->piece, out->left as of a record */
	SAVEFILE_BAD	     /* out->reason; so is every later call */
};

struct savefile_out {
	struct savefile_interface interface; /* spans borrowed until the next call */
	struct savefile_record record;
	struct savefile_statistics statistics;
	struct savefile_block block;
	struct span piece;  /* of the savefile_record_bytes, or block, borrowed from in */
	uint32_t left;	    /* how many of them follow in SAVEFILE_PIECE events */
	const char *reason; /* a phrase, static */
};

#endif
