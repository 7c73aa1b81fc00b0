#ifndef CLI_SOURCE_INTERFACE_H
#define CLI_SOURCE_INTERFACE_H

#include "cli/source.h"

/*
 * The interfaces of a source. One that shows up again after a reconnection, by its name
 * and link type, keeps its place; two of one connection are never the same.
 */

/* A new connection: it counts its interfaces from 0. */
void source_interface_restart(struct source *s);

/* The connection's next interface. Returns NULL, or why it cannot be taken, a phrase. */
const char *source_interface_add(struct source *s, const struct savefile_interface *i);

#endif
