#ifndef CLI_OUTPUT_PATHS_H
#define CLI_OUTPUT_PATHS_H

#include "cli/model/interfaces.h"
#include "cli/options/options.h"
#include "path/path.h"
#include "sys/sink.h"
#include "sys/whole_file.h"

/*
 * --path: the merged records go to the core (path/path.h), the report to standard output.
 * It knows no source; what is known of each is told.
 */
struct paths_source {
	int64_t offset_ns; /* its clock less ours */
	bool is_file;
	bool has_told_short;
};

struct paths {
	struct path *path;
	size_t bytes; /* of its memory */
	const struct interfaces *interfaces;
	uint16_t
	    *points; /* three an interface, by enum path_direction; + 1, 0: none yet */
	uint32_t points_cap;
	struct paths_source *sources;
	struct whole_file json;
	uint64_t left;	 /* records until the count is reached */
	uint64_t end_ns; /* 0: not yet */
};

/* 0 or -errno. paths_close is legal behind it. */
int paths_open(struct paths *p, const struct options *options, uint32_t n_sources,
	       const struct interfaces *interfaces);
void paths_close(struct paths *p);

/* One record. True: the source's packets are cut off before what is compared, which is to
 * be said once. */
bool paths_take(struct paths *p, const struct savefile_record *record,
		const uint8_t *data);

/* What is known of a source; its mark_ns is of its own clock, offset_ns ahead of ours. */
void paths_update(struct paths *p, uint32_t source, const struct path_state *state,
		  int64_t offset_ns);

/* Every source has shown what it has before this time; UINT64_MAX: all are over. */
void paths_judge(struct paths *p, uint64_t safe_ns);

/* From now on (our clock) no packet is new. */
void paths_end(struct paths *p, uint64_t now_ns);

/* Whether all packets from before the end have been judged. */
bool paths_is_settled(const struct paths *p, uint64_t safe_ns);

/* Writes the report, without -w to the sink, and the JSON; 0 or -errno, of *failed. */
int paths_report(struct paths *p, struct sink *sink, const struct options *options,
		 unsigned exit_status, const char **failed);

#endif
