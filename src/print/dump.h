#ifndef PRINT_DUMP_H
#define PRINT_DUMP_H

#include "print/line.h"

/* The bytes of a packet behind its line, each row begun with a newline; at most
 * PRINT_DUMP_MAX of them, and then how many more there are. */
void dump_print(struct line *l, enum print_dump dump, struct span s);

#endif
