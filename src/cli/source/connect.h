#ifndef CLI_SOURCE_CONNECT_H
#define CLI_SOURCE_CONNECT_H

#include "cli/source/source.h"

/* The way of a source to its request. Each may end in source_fail. */

/* Has the name looked up, of the target or of the proxy: source_resolved will be called.
 * 0 or -errno. */
int source_connect_look_up(struct source *s);

/* It has no address. */
void source_connect_unresolved(struct source *s, const char *why);

/* Begins to connect to any of the addresses; the list is copied. */
void source_connect_start(struct source *s, const struct net_address *list, size_t n,
			  uint64_t now_ns);
void source_connect_unix(struct source *s, uint64_t now_ns);

/* Goes on; once there is a transport it sends the request. */
void source_connect_step(struct source *s, uint64_t now_ns);

/* Nothing has to be known first: the worker's clock, a lost capture's end. */
bool source_connect_may_ask(const struct source *s);

/* Connected, and the worker's clock is known or need not be: sends the request. */
void source_connect_ask(struct source *s, uint64_t now_ns);

#endif
