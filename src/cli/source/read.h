#ifndef CLI_SOURCE_READ_H
#define CLI_SOURCE_READ_H

#include "cli/source/source.h"

/* Reading the packets of a source, in SOURCE_BODY. The state may change with it. */

/* One read, as large as the merge has room. */
void source_read(struct source *s, uint64_t now_ns);

/* Feeds s->raw, or what is stashed. */
void source_read_feed(struct source *s, uint64_t now_ns);

/* Tries again what is stashed; whether any of it went. */
bool source_read_feed_stash(struct source *s, uint64_t now_ns);

#endif
