#ifndef CLI_OPTIONS_HELP_H
#define CLI_OPTIONS_HELP_H

#include "base/flag.h"

#define HELP_MAX 12288

/* What --help prints: the rows of the table in groups, with what their words mean. */
void help_put(const struct flag_table *table, struct text *out);

#endif
