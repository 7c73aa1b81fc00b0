#ifndef MERGE_MERGE_H
#define MERGE_MERGE_H

#include "merge/lumps.h"
#include "pcap/savefile.h"

/*
 * The merge: records of many sources in, one sequence in time order out, without clocks,
 * sockets or memory of its own (design.md section 5).
 *
 *   source 0  begin/commit, watermark -> queue --\
 *   source 1  begin/commit, watermark -> queue ---> merge_next -> record | wait | grow
 *   source 2  begin/commit, watermark -> queue --/
 *
 * A watermark t of a source promises: nothing older than t will come from it. A record
 * leaves when no source can still deliver one that belongs before it: every source of a
 * lower number has a watermark > its time, its own and every higher one >= it. So equal
 * times leave in the order of the source numbers, and within a source by arrival.
 *
 * It leaves without that promise
 * - when it is older than the one that left just before it: at once;
 * - when it has waited hold_back_ns since it arrived, together with all that is older
 *   - but never while a regular file could still deliver older ones;
 *   - with is_auto, nor while a live source of explicit watermarks that could do so lags:
 *     its newest watermark came later than its promptest by more than half the hold-back,
 *     or it pauses for longer than that again and again (lumps.h); and bytes of it came
 *     (merge_heard) within the hold-back, its usual pause and a quarter of that added;
 * - when a source has no room and may get no more memory, and is itself the awaited one
 *   or MERGE_FORCE_PATIENCE_NS are over: the oldest of all is forced out - nor this
 *   while a regular file that has room could still deliver older ones.
 *
 * A live source's record whose time is after the limit given for the source is ahead: its
 * stamp is wrong. It leaves at once, before any that waits (with hold-back 0: in its
 * turn), implies no watermark, and is not what others are older than. In a file only the
 * times before it can tell: there a step of more than MERGE_STEP_NS ahead raises the
 * source's watermark when MERGE_STEP_RECORDS in a row are behind it (a pause in the
 * capture is no fault), and a record that leaves more than that ahead of the newest one
 * so far, and of its source's own watermark, is ahead as well.
 *
 * Times UINT64_MAX - 1 and UINT64_MAX count as equal between sources.
 */

/* Time that records of a live source without watermarks may be out of order among
 * themselves: its watermark is its newest record's time less this. */
#define MERGE_SLACK_NS 5000000u

/* How long a source that the others wait for keeps one watermark before a live source
 * with a full queue gets more memory: long enough for the awaited source to be read
 * first. A full source that is itself the awaited one is helped at once; a full file
 * waits, it loses nothing. */
#define MERGE_PATIENCE_NS 5000000u

/*
 * How long it keeps it before the oldest record is forced out, once the bound leaves no
 * memory: order is lost for good, so longer than it takes to read once from every one of
 * 1,000 busy sources (60 ms for 64 KiB each). No packet is lost for it: meanwhile a full
 * source's packets wait in the socket's buffers and in its worker's ring, and the default
 * 16 MiB of that hold 100 ms of 160 MB/s from one worker, or, where blocks leave half
 * empty every 10 ms, 640 ms. It is waited for once a watermark: as long as the source
 * keeps it, everything else is forced at once.
 */
#define MERGE_FORCE_PATIENCE_NS 100000000u

/* A queue counts as full when less than this part of its memory is free in one piece. */
#define MERGE_ROOM_PART 8

/* Bytes of a queue at first, and at most. First less where that is more than this part of
 * its equal share in the bound: the rest is for those who need more, and with many
 * sources what is held stays near the cache. */
#define MERGE_QUEUE_FIRST (64u * 1024)
#define MERGE_FIRST_PART  2
#define MERGE_QUEUE_MAX	  (64u * 1024 * 1024)

/* The default, which is the floor of the automatic hold-back, and that one's ceiling. */
#define MERGE_HOLD_BACK_NS	    200000000u
#define MERGE_HOLD_BACK_AUTO_MAX_NS 2000000000u

/* Longer than clocks are wrong by: time zone, daylight saving. A single wrong stamp is the
 * rule, and wrong ones side by side are rare; the others wait for what proves a pause. */
#define MERGE_STEP_NS	   86400000000000u
#define MERGE_STEP_RECORDS 4

/* A source with explicit watermarks is waited for longer than the hold-back while it lags,
 * until none has come for so long: a heartbeat a second comes at least, however slow. */
#define MERGE_LAG_BEAT_NS 5000000000u

/* Clocks drift apart by so much (200 ppm), which is no lag. */
#define MERGE_LAG_DRIFT_PART 5000

#define MERGE_SOURCES_MAX 65535

/* The largest record's room in a queue. It is granted beyond buffer_bytes, to one source
 * at a time, so that any record can be taken however much memory the others hold. */
#define MERGE_ALLOWANCE (SAVEFILE_SNAPLEN_MAX + SAVEFILE_OPTIONS_MAX + 44u)

struct merge_options {
	uint64_t hold_back_ns; /* 0: records leave in the order of arrival, unsorted */
	bool is_auto;	       /* hold_back_ns is the floor and follows slow sources */
	uint64_t slack_ns;
	uint64_t buffer_bytes; /* of all queues together, an old piece beside its new one
				  included; MERGE_ALLOWANCE may come on top */
};

enum merge_kind {
	MERGE_LIVE, /* the network, or a fifo: may be silent, may stall */
	MERGE_FILE  /* a regular file: can always be read on */
};

/*
 * Exact counts of one source. received = written + what is still held. A record raises
 * at most one of late, ahead, forced and held_back: late if a newer one that was not ahead
 * left before it, for whatever reason it left; ahead if it is that; else forced or
 * held_back if that is why it left.
 */
struct merge_counts {
	uint64_t received;
	uint64_t written;
	uint64_t late;
	uint64_t ahead;
	uint64_t forced;
	uint64_t held_back;
	uint64_t bytes; /* caplen of what was written */
};

struct merge;

/* Memory for merge_new of n sources; the caller owns it and frees it after the last use. */
size_t merge_bytes(uint32_t n_sources);

/* mem is aligned to 8. All sources are out. 1 <= n_sources <= MERGE_SOURCES_MAX. */
struct merge *merge_new(void *mem, uint32_t n_sources,
			const struct merge_options *options);

/*
 * A source joins, or joins again after it ended; what it left in the queue stays. It has
 * no watermark until its first record or merge_watermark; where it is awaited, patience
 * starts anew at now_ns. With is_explicit only merge_watermark counts; otherwise every
 * record implies one as well.
 */
void merge_start(struct merge *m, uint32_t source, enum merge_kind kind, bool is_explicit,
		 uint64_t now_ns);

/* The source will deliver nothing more (until merge_start). A begun record is dropped. */
void merge_end(struct merge *m, uint32_t source);

/* For records of a live source that are committed from now on; at first, and for files,
 * there is no limit. */
void merge_set_limit(struct merge *m, uint32_t source, uint64_t time_ns);

enum merge_begin {
	MERGE_BEGUN,
	MERGE_FULL, /* call merge_next until it gave a record of this source or GROW */

	/* The queue has no memory, or less than this record takes. Call merge_next: it
	 * answers GROW for this source at once, unless the bound leaves no room. Then it
	 * takes back memory of empty queues (GROW of 0 bytes), the longest empty first, and
	 * forces records out at last. */
	MERGE_NEEDS_MEMORY
};

/*
 * Begins a record: *bytes is where the savefile_record_bytes go; then merge_commit.
 * The record arrives at now_ns, which never goes back. Other calls may come between, but
 * no second begin for the source; what is begun keeps its memory until then. FULL and
 * NEEDS_MEMORY (*bytes is NULL) change nothing but what merge_next will do: call again
 * later.
 */
enum merge_begin merge_begin(struct merge *m, uint32_t source,
			     const struct savefile_record *record, uint64_t now_ns,
			     uint8_t **bytes);
void merge_commit(struct merge *m, uint32_t source);

/* Bytes of the source came at now_ns: what is said of it until the next call came then. */
void merge_heard(struct merge *m, uint32_t source, uint64_t now_ns);

/* Nothing was read for a while, until now_ns: a silence of the sources is not theirs. */
void merge_was_away(struct merge *m, uint64_t now_ns);

/* How a source with explicit watermarks delivers: see lumps_kind. */
enum lumps_kind merge_lumps(const struct merge *m, uint32_t source, uint64_t now_ns,
			    uint64_t *gap_ns);

/* How far a source that the others may wait for lags; 0: it does not. */
uint64_t merge_lag_ns(const struct merge *m, uint32_t source);

/* Raises the source's watermark; a lower one than before changes nothing. */
void merge_watermark(struct merge *m, uint32_t source, uint64_t time_ns);

enum merge_result {
	MERGE_RECORD, /* out->source, record, data: borrowed until the next merge_next */
	MERGE_WAIT, /* nothing may leave before out->wake_ns (UINT64_MAX: before input) */
	MERGE_GROW, /* give out->source memory of out->bytes by merge_set_memory, or
			 refuse by merge_refuse_memory; out->bytes 0: take its memory, the
			 queue is empty (merge_set_memory with NULL and 0). Call again */
	MERGE_DONE  /* every source has ended and nothing is held */
};

struct merge_out {
	uint32_t source;
	struct savefile_record record;
	const uint8_t *data;
	bool is_late; /* older than the newest that left and was not ahead */
	bool is_ahead;
	uint64_t wake_ns;
	size_t bytes;
};

enum merge_result merge_next(struct merge *m, uint64_t now_ns, struct merge_out *out);

/* While merge_next must wait: whether it would answer GROW at once, with *out as there. A
 * record arrives when its queue has memory for it. */
bool merge_asks(struct merge *m, struct merge_out *out);

/*
 * Gives the source's queue new memory (aligned to 8, bytes a multiple of 8, owned by the
 * caller, who gets the old piece back as the result, *old_bytes its size, to free).
 * NULL with 0 takes the memory from an empty queue. No record of it may be begun.
 */
void *merge_set_memory(struct merge *m, uint32_t source, void *mem, size_t bytes,
		       size_t *old_bytes);

/* There is no memory: until its queue has run empty the merge forces records out instead
 * of asking for this source. */
void merge_refuse_memory(struct merge *m, uint32_t source);

/* The longest empty queue of those with more than MERGE_QUEUE_FIRST bytes, UINT32_MAX
 * when none: its memory should be taken back when there is time. */
uint32_t merge_spare_memory(const struct merge *m);

/*
 * How many bytes of input (records with headers of at least header_bytes each) the
 * source's queue takes for certain, once it has its first memory; 0 when reading should
 * wait until a record of this source left or it got memory.
 */
size_t merge_read_size(const struct merge *m, uint32_t source, uint32_t header_bytes);

/* After MERGE_WAIT: the source that the oldest record waits for, a file before any other,
 * UINT32_MAX when none: read it first. */
uint32_t merge_awaited(const struct merge *m);

const struct merge_counts *merge_counts(const struct merge *m, uint32_t source);

/* What the queues have been given: at most buffer_bytes + MERGE_ALLOWANCE. */
uint64_t merge_memory(const struct merge *m);

/* The hold-back in force, which auto may have raised. */
uint64_t merge_hold_back_ns(const struct merge *m);

/* The source whose delivery raised it, UINT32_MAX when it stands at its floor. */
uint32_t merge_slowest(const struct merge *m);

/* What auto took last to be enough for this source; 0: it was never looked at, because it
 * has watermarks, is a file, or because auto is off. */
uint64_t merge_source_hold_back_ns(const struct merge *m, uint32_t source);

/* Its watermark, the one of before while it is out; 0: none yet. */
uint64_t merge_mark_ns(const struct merge *m, uint32_t source);

#endif
