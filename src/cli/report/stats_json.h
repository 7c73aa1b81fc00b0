#ifndef CLI_REPORT_STATS_JSON_H
#define CLI_REPORT_STATS_JSON_H

#include "base/text.h"
#include "cli/model/summary.h"

/*
 * The summary for scripts, one JSON object (RFC 8259), in parts: the head, each target,
 * the tail. Times are ns; what is not known is null.
 */
#define STATS_JSON_PART_MAX \
	8192 /* bytes of a part: a name and a reason, each byte escaped */

struct stats_json_run {
	const char *version;
	const char *start; /* RFC 3339 */
	const char *end;
	unsigned exit_status;
	uint64_t hold_back_ns; /* in force at the end */
};

struct stats_json_target {
	const char *name;
	const char *state;
	const char *reason; /* NULL: none */
	bool has_offset;    /* of its clock less ours: the interval is known */
	int64_t offset_ns;
	uint64_t bound_ns;
	bool is_unverified; /* nothing proves that its end was one */
	struct summary_counts counts;
};

void stats_json_put_head(struct text *t, const struct stats_json_run *run);

/* number counts from 0. */
void stats_json_put_target(struct text *t, uint32_t number,
			   const struct stats_json_target *target);

void stats_json_put_tail(struct text *t, uint32_t n, const struct summary_counts *total);

#endif
