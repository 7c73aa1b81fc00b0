#ifndef PATH_REPORT_H
#define PATH_REPORT_H

#include "path/words.h"

/* The shown counts (path_verdict_all) for people, in 80 columns where names are short. */
#define PATH_REPORT_FLOWS 20u /* with losses, a line each; then their number */
void path_report_put(struct text *t, struct path *p);

/* One line of the live view, without a newline: the segments with losses first. */
void path_report_put_line(struct text *t, struct path *p);

#endif
