#ifndef CLI_REPORT_STATS_FILE_H
#define CLI_REPORT_STATS_FILE_H

#include "cli/model/view.h"
#include "sys/whole_file.h"

/* --stats-json, before the run and behind it. */
struct stats_file {
	struct whole_file file;
	uint64_t begin_ns; /* of the wall clock */
};

/* path NULL: nothing is to be written. 0 or -errno. */
int stats_file_open(struct stats_file *f, const char *path);

/* Writes the summary; views NULL: the run never began, and the file stays as it was. 0 or
 * -errno. Legal without an open file. */
int stats_file_close(struct stats_file *f, const struct views *views, unsigned status,
		     uint64_t hold_back_ns);

#endif
