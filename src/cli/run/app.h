#ifndef CLI_RUN_APP_H
#define CLI_RUN_APP_H

#include "cli/options/options.h"

/* The exit status of ddump. */
enum app_status {
	APP_OK = 0,
	APP_FAILED = 1, /* no target could be started, or the output failed */
	APP_USAGE = 2,
	APP_PARTIAL = 3 /* done, but a target failed for good */
};

/* Runs the program that the command line asks for, to its end. */
enum app_status app_run(const struct options *options);

#endif
