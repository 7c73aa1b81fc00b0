#ifndef CLI_RUN_PUMP_H
#define CLI_RUN_PUMP_H

#include "cli/model/ifindexes.h"
#include "cli/output/copy.h"
#include "cli/output/paths.h"
#include "cli/output/writer.h"
#include "cli/run/choose.h"
#include "cli/source/fleet.h"
#include "sys/pool.h"

/* The merge gives records, the writer takes them. All pointers are borrowed. */
struct pump {
	const struct options *options;
	struct fleet *fleet;
	struct merge *merge;
	struct interfaces *interfaces;
	struct ifindexes *ifindexes; /* by target; NULL: headers keep their own */
	struct writer *writer;
	struct paths *paths;	/* NULL: no --path */
	uint64_t paths_look_ns; /* when they were looked at last */
	struct copy *copy;	/* of the packets, printed beside the file; NULL: none */
	struct pool pool;	/* of the merge's queues */
	struct choose choose;
	uint64_t start_ns;
	uint64_t ready_ns;
	uint64_t wake_ns;	  /* of the merge's clock; LOOP_NEVER */
	uint64_t spare_ns;	  /* when memory was taken back last */
	bool has_told_early;	  /* times before 1970 */
	bool has_told_far;	  /* times after what the format can say */
	uint64_t n_left_out_told; /* blocks that did not pass */
	bool is_ready;		  /* all targets have answered or failed */
	bool is_settled;	  /* --path: what was sent before the end is judged */
	bool is_done;		  /* the merge is empty and stays so */
};

/* The sources have started: what can be said of the output's link type at once. */
void pump_start(struct pump *p, uint64_t now_ns);
void pump_set_ready(struct pump *p, uint64_t now_ns);

/* All that the merge gives now goes to the writer; LAST, FAILED, GONE: it is to end. Before
 * it is ready, may_wait keeps packets for a while. */
enum writer_result pump_give(struct pump *p, bool may_wait, uint64_t now_ns);

/* The same while nothing is given any more. */
enum writer_result pump_flush(struct pump *p, uint64_t now_ns);

/* Notes what a file says at its end, as far as it is known now: before the writer ends it. */
void pump_note_drops(struct pump *p);

/* --path: what is known of all sources now, and what can be judged with it. is_last: no
 * packet will come any more. Returns up to when every source has shown what it has. */
uint64_t pump_look_at_paths(struct pump *p, bool is_last);

/* Packets that the output took and could not write go back to their sources' counts. */
void pump_count_unwritten(struct pump *p);

#endif
