#ifndef CLI_REPORT_ROSTER_H
#define CLI_REPORT_ROSTER_H

#include "base/text.h"

/*
 * The line that says who captures and why the others do not:
 *
 *   capturing on 4 of 8 targets (db2: 403 Forbidden; db3: ended; db4: lost: the stream
 *   was cut; and 1 more)
 *
 * Names and reasons are escaped already. Those that do not fit the line's memory are
 * counted; a reason longer than ROSTER_REASON_MAX is cut, it has had a line of its own.
 */
#define ROSTER_REASON_MAX 100

struct roster {
	struct text *line;
	uint32_t n_named;
	uint32_t n_more;
};

/* The line is empty, with room for 64 bytes at least. */
void roster_begin(struct roster *r, struct text *line, uint32_t n_capturing, uint32_t n);

/* One that does not capture; state: of one that is still tried, "lost", else NULL. */
void roster_add(struct roster *r, const char *name, const char *state,
		const char *reason);

void roster_end(struct roster *r);

#endif
