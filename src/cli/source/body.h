#ifndef CLI_SOURCE_BODY_H
#define CLI_SOURCE_BODY_H

#include "cli/model/end.h"
#include "cli/model/interfaces.h"
#include "http/client.h"
#include "merge/clock_slew.h"
#include "merge/merge.h"
#include "pcap/savefile_reader.h"

/*
 * The captures of one target, one a connection, from bytes to records in the merge:
 *
 *   bytes --> http_client --> savefile_reader --record--> merge
 *                                   |
 *   what the merge has no room for  '--> stash (then nothing is read)
 *
 * It knows no connection, no clock and no log: what its owner has to act on is returned.
 */
#define BODY_READ_MAX	(256u * 1024) /* one read at most */
#define BODY_REASON_MAX 192
#define BODY_TYPE_MAX	48

struct body_options {
	struct merge *merge;
	struct interfaces *interfaces;
	const struct target *target;
	struct clock_slew *slew; /* NULL: times are as they come */
	uint32_t id;		 /* in the merge */
};

struct body {
	struct body_options options;
	struct http_client http;
	bool is_file;		  /* regular: always readable */
	bool is_http;		  /* the bytes are a response, not the capture itself */
	bool is_in;		  /* takes part in the merge */
	bool has_started;	  /* what came began as a capture does, once at least */
	char type[BODY_TYPE_MAX]; /* of a response: what it says it is, escaped */
	bool is_final;		  /* our worker's last block was the last thing read */
	bool is_parked;		  /* a record that the merge had no room for: */
	struct savefile_record record;
	struct span piece;
	uint32_t left;

	/* The bytes at work. Between two events they lie in the stash, or are none. */
	struct span raw;  /* not looked at yet */
	struct span data; /* of the capture, not looked at yet */
	uint8_t *stash;
	uint8_t
	    *place;    /* where the next bytes of the begun record go; NULL: none begun */
	uint32_t open; /* how many will come */
	struct blocks_begun block; /* that comes, to be passed on */

	uint32_t connection;	  /* counts from 1 */
	uint64_t received_before; /* records of the connections before this one */
	uint64_t limit_ns;	  /* times after it are ahead */
	uint64_t newest_ns; /* time of the last record that was not ahead, as it came */
	uint64_t
	    told_ns; /* worker's clock: the newest record's time, or watermark; or 0 */
	struct savefile_statistics statistics; /* of STATISTICS */
	enum end_kind end;		       /* as our worker's last block told it */
	char end_words[SAVEFILE_COMMENT_MAX];  /* with `end`; untrusted */
	char reason[BODY_REASON_MAX]; /* of BAD and of an end that is none: ours alone */
	const char *advice;	      /* about it; NULL: none */
	uint32_t n_ids;
	uint16_t ids[NG_INTERFACES_MAX]; /* in the merged stream, by the connection's */
	struct savefile_reader reader;	 /* last: much of it stays untouched */
};

/* In zeroed memory. What the options point to outlives it. */
void body_init(struct body *b, const struct body_options *options);
void body_fini(struct body *b);

/* Takes part in the merge from now on (merge_ns: the merge's clock), with a new capture;
 * is_file: of a regular file. */
void body_join(struct body *b, bool is_file, uint64_t merge_ns);

/* No more of this capture comes. What the merge holds stays. */
void body_leave(struct body *b);

/* The bytes to come are the body of this response, whose head is done; copied. type: its
 * Content-Type, for the message about one that is no capture. */
void body_begin(struct body *b, const struct http_client *http, struct span type);

/* Bytes to be fed: borrowed until body_feed returns anything but STATISTICS. Only while
 * body_room is not 0, or nothing was read yet. */
void body_put(struct body *b, struct span bytes);

enum body_result {
	BODY_MORE,	 /* all bytes are used up */
	BODY_PARKED,	 /* the merge has no room: the rest is kept */
	BODY_STATISTICS, /* b->statistics of the whole stream; borrowed: call again */
	BODY_ENDED,	 /* the response said so */
	BODY_BAD	 /* b->reason, b->advice: for good */
};

/*
 * Works on what was put, or is kept. Of a stream from the network no time can exceed
 * limit_ns, of the worker's clock: later ones are ahead (merge.h).
 */
enum body_result body_feed(struct body *b, uint64_t merge_ns, uint64_t limit_ns);

enum body_end {
	BODY_END_WHOLE,
	BODY_END_UNPROVED, /* whole as far as one can see: its framing is the close */
	BODY_END_CUT,	   /* b->reason, b->advice */
	BODY_END_OTHER	   /* a whole answer in which no capture began; likewise */
};

/* The bytes ended here: whether they might. */
enum body_end body_eof(struct body *b);

/* Packets of this link type cannot go into the output: says so in b->reason, b->advice. True:
 * no others will come. */
bool body_refuse_linktype(struct body *b, uint32_t linktype);

/* Bytes to read at most; 0: wait for room. */
size_t body_room(const struct body *b);

/* Records that this connection has given to the merge. */
uint64_t body_received(const struct body *b);

/* What was put and not used up is forgotten. */
void body_drop(struct body *b);

/* Our own worker's: it has watermarks, and ends with a last block. */
static inline bool
body_is_ddump(const struct body *b)
{
	return b->reader.is_ddump;
}

/* Times before 1970 came, and became 0. */
static inline bool
body_is_early(const struct body *b)
{
	return b->reader.is_ng && b->reader.u.ng.is_early;
}

/* Bytes of the capture that were taken: how to see that it goes on. */
static inline uint64_t
body_offset(const struct body *b)
{
	return b->reader.offset;
}

#endif
