#ifndef CLI_OUTPUT_NAMES_FILE_H
#define CLI_OUTPUT_NAMES_FILE_H

#include "cli/model/interfaces.h"
#include "print/names.h"

/* Names of addresses (--names), as hosts(5): an address, a name, and what is not read. */
struct names_file {
	struct print_names names;
	struct print_name *list; /* owned: its text stays on the heap for ever */
};

/* Parses a file's text, borrowed for ever; the first name of an address counts. False: `why`
 * names the line; f is then empty, as it is when zeroed. */
bool names_file_parse(struct names_file *f, struct span text, struct text *why);

/* The same with the text of a file; NULL: no names. What is wrong is logged. */
bool names_file_read(struct names_file *f, const char *path);

/* As Name Resolution Blocks for every file of the output, if it has a place for them. */
void names_file_put(const struct names_file *f, struct interfaces *all);

void names_file_fini(struct names_file *f);

#endif
