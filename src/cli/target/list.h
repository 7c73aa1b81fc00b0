#ifndef CLI_TARGET_LIST_H
#define CLI_TARGET_LIST_H

#include "cli/options/options.h"

/*
 * Appends the targets in a file's text to o->targets: one a line; empty lines and those that
 * begin with "#" are skipped, and so is space around a target. *list, the memory of
 * o->targets, was NULL at first and moves; each target is a copy that is kept. True; or false and why.
 */
bool target_list_take(struct options *o, const char ***list, struct span text,
		      struct text *why);

/*
 * Puts into o->targets what they stand for: @FILE for the targets in that file, words of
 * ranges.h that name no file for each of their targets; those of o->targets_path, if there
 * is one ("-": standard input), come last. *list as above. True; or false and why.
 */
bool target_list_read(struct options *o, const char ***list, struct text *why);

#endif
