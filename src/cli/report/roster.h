#ifndef CLI_REPORT_ROSTER_H
#define CLI_REPORT_ROSTER_H

#include "cli/model/news.h"

/*
 * The line that says who captures and why the others do not:
 *
 *   capturing on 4 of 9 targets (db2, db7 and db8: 403 Forbidden; db3: ended; and 1 more)
 *
 * Those that do not fit the line's memory are counted.
 */

/* others: those that do not capture, by reason; n_more: those that it had no room for. The
 * line is empty, with room for 64 bytes at least. */
void roster_put(struct text *line, uint32_t n_capturing, uint32_t n,
		const struct news *others, uint32_t n_more);

#endif
