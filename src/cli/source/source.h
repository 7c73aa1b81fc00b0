#ifndef CLI_SOURCE_SOURCE_H
#define CLI_SOURCE_SOURCE_H

#include "cli/link/dial.h"
#include "cli/model/end.h"
#include "cli/model/interfaces.h"
#include "cli/model/lag.h"
#include "cli/model/ledger.h"
#include "cli/link/refusal.h"
#include "cli/model/summary.h"
#include "cli/target/target.h"
#include "http/client.h"
#include "merge/clock_offset.h"
#include "merge/merge.h"
#include "pcap/savefile_reader.h"
#include "sys/resolve.h"

/*
 * One source of packets: from a target to records in the merge.
 *
 *   socket --scratch--> http_client --body--> savefile_reader --record--> merge
 *                                                  |
 *            what the merge has no room for <-- stash (then nothing is read)
 */
enum source_state {
	SOURCE_NEW,
	SOURCE_RESOLVING,
	SOURCE_CONNECTING, /* up to a transport: dial.h */
	SOURCE_PREPARING, /* until the worker's clock is known, or a lost capture's end */
	SOURCE_SENDING,
	SOURCE_HEAD,	/* waits for the head of the answer */
	SOURCE_REFUSED, /* the answer is not 200: collects what it says */
	SOURCE_BODY,	/* packets */
	SOURCE_WAITING, /* lost: until it is tried again */
	SOURCE_ENDED,	/* as it should, or because the user wants no more */
	SOURCE_FAILED
};

#define SOURCE_SCRATCH	  (256u * 1024)		/* one read at most */
#define SOURCE_SILENCE_NS UINT64_C(15000000000) /* without a heartbeat: it is gone */
#define SOURCE_STOP_NS	  2000000000u /* to take what was captured until the end */
#define SOURCE_GRACE_NS \
	300000000u		       /* the same where the worker cannot stop it:
					 more than a block, a heartbeat and a way */
#define SOURCE_PREPARE_NS  1000000000u /* a capture begins so much later at most */
#define SOURCE_REASON_MAX  512	       /* of a failure, for the message */
#define SOURCE_REQUEST_MAX (HTTP_HEAD_MAX)

struct clock_slew;
struct source;
struct source_clock;
struct source_tally;

/* What all sources share. */
struct source_context {
	struct loop *loop;
	struct resolve *resolve;
	struct merge *merge;
	struct interfaces *interfaces;
	const struct options *options;
	struct ports *ports;	      /* of our end of connections */
	const char *ports_field;      /* both ends' ports, for the requests */
	const struct tls_config *tls; /* NULL: no target is https */
	struct proxy *proxy;	      /* NULL: none */
	struct source *changed;	      /* what something happened to: to be settled */
	uint8_t *scratch; /* SOURCE_SCRATCH bytes for one read; nothing stays there */

	bool has_probes; /* there are descriptors for the clocks of workers, too */
	struct clock_offset_reference reference;       /* our clock */
	struct clock_offset_reference first_reference; /* as it was at the start */

	bool has_told_unknown_counts; /* that a worker's last counts cannot be had */

	/* The merge's clock stands still while the output does, so that nobody's records
	 * grow too old to wait only because nobody reads the result. */
	bool is_blocked;
	uint64_t skew_ns;   /* what it is behind */
	uint64_t frozen_ns; /* what it says while blocked */
};

/* What is needed only until the body begins. */
struct source_exchange {
	struct source *source;
	struct dial dial;
	size_t request_size;
	size_t request_sent;
	struct refusal refusal;
	uint8_t head[HTTP_RESPONSE_HEAD_MAX];
	char request[SOURCE_REQUEST_MAX];
};

struct source {
	struct loop_watch watch;
	struct source_context *context;
	const struct target *target;
	struct source *next_changed;
	uint32_t id; /* in the merge */
	enum source_state state;
	bool is_listed;
	bool is_file;	   /* regular: always readable, never watched */
	bool is_http;	   /* the bytes are a response, not the capture itself */
	bool is_late;	   /* --wait: the others began without it */
	bool is_in;	   /* takes part in the merge */
	bool has_answered; /* packets may come, or came */
	bool has_started;  /* what it sent began as a capture does, once at least */
	bool is_final;	   /* our worker's last block was the last thing read */
	bool was_pending;  /* what the owner of all sources has seen so far */
	bool was_over;
	bool was_capturing;
	bool was_counting;
	bool is_stopping;   /* what was captured until the end of the run is taken */
	bool is_limited;    /* it ended because its operator allows no more */
	enum end_kind end;  /* as our worker's last block told it */
	bool is_unverified; /* it ended, and nothing proves that this was the end */
	unsigned
	    wants; /* LOOP_IN or _OUT: what the transport waits for; 0: as the state */
	uint64_t deadline_ns; /* of the state */
	uint64_t now_ns;      /* of the event at work */

	uint64_t first_ns;   /* when it was tried first */
	uint64_t up_ns;	     /* when it answered last */
	uint64_t heard_ns;   /* when bytes came last */
	uint64_t told_ns;    /* worker's clock: the newest record's time, or watermark */
	uint64_t lost_ns;    /* 0: it is not lost */
	uint64_t gap_ns;     /* where the gap begins */
	uint64_t backoff_ns; /* the last delay */
	uint64_t n_gaps;     /* that are over */
	uint64_t gaps_ns;
	struct transport transport;

	/* The bytes at work. Between two events they lie in the stash, or are none. */
	struct span raw;  /* of the transport, not looked at yet */
	struct span data; /* of the capture, not looked at yet */
	bool is_parked;	  /* a record that the merge had no room for: */
	struct savefile_record record;
	struct span piece;
	uint32_t left;
	uint8_t *stash;
	uint8_t
	    *place;    /* where the next bytes of the begun record go; NULL: none begun */
	uint32_t open; /* how many will come */

	uint32_t connection;	  /* counts from 1 */
	uint32_t n_left_told;	  /* lines about flows that its worker leaves out */
	uint64_t received_before; /* records of the connections before this one */
	uint64_t n_unwritten;	  /* packets that left the merge, and went nowhere */
	struct lag lag;
	bool has_told_ahead; /* that its time stamps lie in the future */
	struct ledger ledger;
	struct source_tally *tally; /* NULL: a file */

	struct source_clock *clock; /* NULL: a file */
	struct clock_slew *slew;    /* NULL: its times are as they come */
	uint64_t newest_ns; /* time of the last record that was not ahead, as it came */
	uint64_t limit_ns;  /* times after it are ahead */
	struct source_exchange *exchange;
	struct http_client http;
	char reason[SOURCE_REASON_MAX];
	char end_words[SAVEFILE_COMMENT_MAX]; /* with `end`; untrusted */
	uint32_t n_ids;
	uint16_t ids[NG_INTERFACES_MAX]; /* in context->interfaces, by the connection's */
	struct savefile_reader reader;	 /* last: much of it stays untouched */
};

/* Embedded in a zeroed array. */
void source_init(struct source *s, struct source_context *context,
		 const struct target *target, uint32_t id);

/* Begins: everything later happens in the loop, or in source_settle. */
void source_start(struct source *s, uint64_t now_ns);

/* The name was looked up; q stays the caller's. */
void source_resolved(struct source *s, const struct resolve_request *q, uint64_t now_ns);

/* When source_expire is to be called; LOOP_NEVER. */
uint64_t source_deadline(const struct source *s);

/* Does what time asks for. */
void source_expire(struct source *s, uint64_t now_ns);

/*
 * After every change, and while source_is_waiting, after records left the merge: puts
 * what is stashed into it, reads a file on, sets what is waited for and the deadline.
 * True when the merge got something.
 */
bool source_settle(struct source *s, uint64_t now_ns);

/* Reads it, or feeds what is stashed, before its turn: the others wait for it. True when
 * the merge may know more now. */
bool source_read_ahead(struct source *s, uint64_t now_ns);

/* Whether it will go on when the merge has room: to be settled again. */
bool source_is_waiting(const struct source *s);

/* Neither answered nor ended yet; nor one that --wait goes on trying. */
bool source_is_pending(const struct source *s);
bool source_is_over(const struct source *s);

/*
 * The user wants no more. With wants_rest it goes on until all is there that was captured
 * before now, for SOURCE_STOP_NS at most; without, its connection is closed at once. Then
 * it is over, and may still be counting.
 */
void source_stop(struct source *s, bool wants_rest, uint64_t now_ns);

/* Closes everything, quietly. What the merge holds stays. */
void source_cancel(struct source *s);

/* The worker is still asked for the last counts. */
bool source_is_counting(const struct source *s);

void source_count(const struct source *s, struct summary_counts *counts);

/* How far the worker's clock is from ours, now. */
void source_offset(const struct source *s, struct clock_offset_estimate *e);

/* Frees what it holds, after the last use of the merge. */
void source_fini(struct source *s);

/*
 * For the files of this module: a failure for good. Logs "NAME: what detail: advice"
 * (advice may be NULL; detail is untrusted) and closes everything.
 */
void source_fail(struct source *s, const char *what, struct span detail,
		 const char *advice);

/* For a failure or loss: "what detail" is why. */
void source_set_reason(struct source *s, const char *what, struct span detail);

/* Records that this connection has given to the merge. */
uint64_t source_received(const struct source *s);

/* The worker told the counts of a capture; of the last one, perhaps, that it ended by the
 * operator's limit. */
void source_note_counted(struct source *s, bool is_limit);

/* It does not tell the counts of the last one. */
void source_note_uncounted(struct source *s);

/* A stream that is whole is over: the state follows from why its worker ended it. */
void source_end_as_told(struct source *s);

/* Closes everything, to be started again at until_ns. */
void source_wait(struct source *s, uint64_t until_ns);

/* Ended well, or cancelled: closes everything. */
void source_end(struct source *s);

/* Takes part in the merge from now on, with a new capture. */
void source_join_merge(struct source *s, uint64_t now_ns);

/* It is to be settled. */
void source_note_change(struct source *s);

/* The merge's clock. */
uint64_t source_merge_ns(const struct source_context *c, uint64_t now_ns);

#endif
