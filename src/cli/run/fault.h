#ifndef CLI_RUN_FAULT_H
#define CLI_RUN_FAULT_H

#include "cli/output/writer.h"

/* The exit status of ddump. */
enum app_status {
	APP_OK = 0,
	APP_FAILED = 1, /* no target could be started, or the output failed */
	APP_USAGE = 2,
	APP_PARTIAL = 3 /* done, but a target failed for good */
};

/* Error lines about the set-up and the output. */

/* "SUBJECT: what", the subject escaped. */
void fault_say(struct span subject, const char *what);
enum app_status fault_errno(const char *subject, int error); /* APP_FAILED */
void fault_writer(const struct writer *w);
enum app_status fault_stats(const char *path, int error); /* APP_FAILED */

#endif
