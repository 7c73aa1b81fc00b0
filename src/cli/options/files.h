#ifndef CLI_OPTIONS_FILES_H
#define CLI_OPTIONS_FILES_H

#include "cli/options/options.h"

/*
 * Reads what the options name: the filter of -F, in which "#" begins a comment, and the
 * fields of -H @FILE, one a line. What was read stays on the heap for ever. False: `why` is
 * one sentence.
 */
bool options_files_read(struct options *o, struct text *why);

#endif
