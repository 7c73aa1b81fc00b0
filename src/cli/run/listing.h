#ifndef CLI_RUN_LISTING_H
#define CLI_RUN_LISTING_H

#include "cli/link/env.h"
#include "cli/run/fault.h"
#include "cli/target/target.h"

/*
 * -D: the interfaces of all targets instead of their packets, over the way that packets
 * would take.
 */
#define LISTING_BODY_MAX (1u << 20) /* of an answer; a worker tells of 1024 interfaces */

struct listing;

/* NULL: no memory. The targets, env and options are borrowed. */
struct listing *listing_new(const struct net_env *env, const struct options *o,
			    const struct target *list, uint32_t n);
void listing_free(struct listing *l);

/* A name was looked up for the target q->id; takes q. */
void listing_resolved(struct listing *l, struct resolve_request *q, uint64_t now_ns);

/* Asks all, waits for all unless *is_stopped, and prints; what fails is logged. */
enum app_status listing_run(struct listing *l, const bool *is_stopped);

#endif
