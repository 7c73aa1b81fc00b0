#ifndef CLI_TARGET_NO_PROXY_H
#define CLI_TARGET_NO_PROXY_H

#include "base/span.h"

/*
 * Whether the value of no_proxy names a host: a list with commas or spaces, as curl(1) takes
 * it. "*" is every host; example.com and .example.com are that domain and all below it; an
 * address is itself, 10.0.0.0/8 and fd00::/8 are networks. A port behind ":" must be the
 * same. host: a name or an address, without brackets and zone. Pure.
 */
bool no_proxy_has(struct span list, struct span host, uint16_t port);

#endif
