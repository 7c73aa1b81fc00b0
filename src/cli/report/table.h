#ifndef CLI_REPORT_TABLE_H
#define CLI_REPORT_TABLE_H

#include "cli/model/view.h"

/*
 * What became of every packet, for a person:
 *
 *   target  received  written  dropped  late    bytes   clock
 *   db1        8,875    8,875        0     0   8.7 MB  +1.3ms
 *   db2           12       11      >=5     0   1.2 kB       -
 *     not written 1, not fetched >=17, gaps 1 (1.5 s)
 *   total      8,887    8,886      >=5     0   8.7 MB
 *
 * Up to TABLE_TARGETS_MAX targets in their order; of more, those in trouble, then the busiest,
 * and the rest added up. "total" stands below more than one.
 */
#define TABLE_TARGETS_MAX 50
#define TABLE_WIDTH	  73 /* of 80 columns, behind "ddump: " */
#define TABLE_BYTES	  49152

/* Lines with \n between them. out has room for TABLE_BYTES. */
void table_put(struct text *out, const struct views *views);

/* "8,875"; "310 B", "8.7 kB", "12 MB": of 1000. */
void table_put_count(struct text *t, uint64_t n);
void table_put_bytes(struct text *t, uint64_t n);

#endif
