#ifndef CLI_RUN_APP_H
#define CLI_RUN_APP_H

#include "cli/options/options.h"
#include "cli/run/fault.h"

/* Runs the program that the command line asks for, to its end. */
enum app_status app_run(const struct options *options);

#endif
