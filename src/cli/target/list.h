#ifndef CLI_TARGET_LIST_H
#define CLI_TARGET_LIST_H

#include "cli/options/options.h"

/*
 * Appends the targets in a file's text to o->targets: one a line; empty lines and those that
 * begin with "#" are skipped, and so is space around a target. *list, the caller's memory for
 * targets, may move; each target is a copy that is kept. True; or false and why.
 */
bool target_list_take(struct options *o, const char ***list, struct span text,
		      struct text *why);

/* The same with the text of o->targets_path, if there is one ("-": standard input). */
bool target_list_read(struct options *o, const char ***list, struct text *why);

#endif
