#ifndef CLI_MODEL_INTERFACES_H
#define CLI_MODEL_INTERFACES_H

#include "base/text.h"
#include "cli/model/blocks.h"
#include "cli/target/target.h"
#include "merge/clock_offset.h"
#include "pcap/savefile.h"

/*
 * The interfaces of the merged stream: one for each interface of each target, numbered as
 * they show up, the same after a reconnect. It decides what they are called and whether
 * they fit into one file. It knows no connection and no descriptor.
 */
#define INTERFACES_MAX	    65535 /* in all: numbers are 16 bits wide in the merge */
#define INTERFACES_EACH_MAX 4096  /* of one source: it cannot use up all the others' */
#define INTERFACES_TEXT_MAX (1u << 20) /* bytes of one source's texts: likewise */
#define INTERFACES_NONE	    UINT32_MAX
#define INTERFACES_OPEN	    UINT32_MAX	     /* a link type that is not decided yet */
#define INTERFACES_MIXED    (UINT32_MAX - 1) /* each interface keeps its own */

struct interface {
	uint32_t linktype; /* of its packets as they come */
	uint32_t snaplen;  /* of its packets; 0: no limit stated */
	uint32_t written;  /* their link type in the output, once that is decided */
	uint32_t source;
	uint64_t packets; /* written */
	const struct target *target;
	struct span own;	 /* what its source calls it; may be empty */
	struct span name;	 /* in the merged stream: "target/own", unique */
	struct span description; /* its source's */
	struct span filter;
	struct span os;
	struct savefile_statistics told;     /* by its source, in this connection */
	struct savefile_statistics before;   /* in the connections before */
	struct clock_offset_estimate offset; /* for its description, once measured */
	uint32_t connection; /* of its source, in which it was seen last */
	bool
	    is_refused; /* its packets cannot go into the output, whose link type is decided */
	uint32_t block; /* its number in the present file; for the output */
	uint64_t lost;	/* before its packets that were written, as these say */
	uint32_t next;	/* of the same source, or INTERFACES_NONE */
};

struct interfaces_source {
	uint32_t first; /* number of its first, or INTERFACES_NONE */
	uint32_t n;
	size_t text_bytes;
	bool has_drops; /* known of the whole source, not by interface */
	uint64_t drops;
};

struct interfaces {
	uint32_t linktype; /* of the output, or INTERFACES_OPEN, INTERFACES_MIXED */
	bool is_strict;	   /* nothing is converted into it */
	uint32_t n;
	uint32_t cap;
	struct interface *list;
	uint32_t *slots; /* by the names' hashes: a number + 1; 0: free */
	uint32_t n_slots;
	struct interfaces_source *sources;
	struct blocks blocks;
	uint32_t
	    n_units; /* interfaces and blocks: what a file has before the next packet */
};

enum interfaces_result { INTERFACES_OK, INTERFACES_FULL, INTERFACES_NO_MEMORY };

/* False: no memory. Then, too, interfaces_fini is legal. */
bool interfaces_init(struct interfaces *all, uint32_t n_sources, uint32_t linktype,
		     bool is_strict);
void interfaces_fini(struct interfaces *all);

/*
 * A source shows an interface, in a connection of that number (its own count). *number is
 * the interface's: an old one when an earlier connection showed it, by name and link
 * type. Texts are copied, cleaned of what is no printable UTF-8; target is borrowed.
 */
enum interfaces_result interfaces_add(struct interfaces *all, uint32_t source,
				      uint32_t connection, const struct target *target,
				      const struct savefile_interface *given,
				      uint32_t *number);

/* Decides the output's link type, and which interfaces are refused. */
void interfaces_set_linktype(struct interfaces *all, uint32_t linktype);

/* A block that is passed on came, where they are wanted. */
void interfaces_add_block(struct interfaces *all, const struct savefile_block *block,
			  struct span body);

/* The source's counts, each the whole of its connection. */
void interfaces_note_statistics(struct interfaces *all, uint32_t number,
				const struct savefile_statistics *told);

/* Packets of the whole source that the kernel dropped: they stand with its first one. */
void interfaces_note_drops(struct interfaces *all, uint32_t source, uint64_t drops);

/* How many packets a source lost, by the statistics of its interfaces or by the options of
 * its packets: the larger number. False: the source tells neither. */
bool interfaces_lost(const struct interfaces *all, uint32_t source, uint64_t *lost);

/* What all connections told, and as usrdeliv the packets written; time_ns is 0. */
void interfaces_sum(const struct interfaces *all, uint32_t number,
		    struct savefile_statistics *sum);

/* if_description: where it is, without credentials and query, what its source says, and
 * how far its clock is off. */
void interfaces_put_description(struct text *t, const struct interface *i);

/* Why packets of this link type are refused, naming both; returns what takes both. */
const char *interfaces_put_refusal(struct text *t, const struct interfaces *all,
				   uint32_t linktype);

/* "EN10MB (Ethernet)", or the number alone. */
void interfaces_put_linktype(struct text *t, uint32_t linktype);

#endif
