#ifndef CLI_TARGET_LIST_H
#define CLI_TARGET_LIST_H

#include "cli/options/options.h"

/*
 * Appends the targets of o->targets_path, if there is one ("-": standard input), to
 * o->targets: one a line; empty lines and those that begin with "#" are skipped, and so is
 * space around a target. *list, the caller's memory for targets, may move. True; or false
 * and why.
 */
bool target_list_read(struct options *o, const char ***list, struct text *why);

#endif
