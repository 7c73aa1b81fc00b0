#ifndef CLI_RUN_PROXIES_H
#define CLI_RUN_PROXIES_H

#include "cli/run/fault.h"
#include "cli/target/proxy.h"
#include "cli/target/target.h"

/*
 * The proxy of this run: of --proxy, for all targets of the network, else of https_proxy or
 * HTTPS_PROXY, for https targets that no_proxy or NO_PROXY does not name. *is_used: there is
 * one, and a target for it. What is wrong is logged.
 */
enum app_status proxies_choose(struct proxy *p, const struct options *o,
			       const struct target *list, size_t n, bool *is_used);

#endif
