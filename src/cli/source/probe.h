#ifndef CLI_SOURCE_PROBE_H
#define CLI_SOURCE_PROBE_H

#include "cli/source/clock.h"

/*
 * Exchanges with the /clock of a source's worker, over a connection of their own that is
 * kept: a burst when the worker has answered, or before with --align-clocks, then one
 * every CLOCK_OFFSET_PERIOD_NS.
 *
 *   IDLE --due--> DIALING --> SENDING <--> READING --burst is over--> READY
 *    ^                           ^                                      |
 *    '-- closed, late, odd       '------------------ due ---------------'
 *
 * It never fails its source: what goes wrong ends the burst, and is tried again.
 */
#define PROBE_PATIENCE_NS 5000000000u /* for an exchange; an answer so late says little */
#define PROBE_REFUSED_NS \
	UINT64_C(300000000000) /* there is no /clock: a newer worker, some day */
#define PROBE_HEAD_MAX 2048u   /* of an answer, with the fields that proxies add */
#define PROBE_READ_MAX 4096u   /* at once */

/* The capture is, or will be, connected to this address (of the proxy, where there is
 * one): with --align-clocks a burst is due. Until source_probe_stop no other one can be
 * given. */
void source_probe_start(struct source *s, const struct net_address *address,
			uint64_t now_ns);

/* The worker behind that address is one that may have a clock: a burst is due, if there
 * was none yet. */
void source_probe_allow(struct source *s, uint64_t now_ns);

/* Closes its connection; legal at any time. */
void source_probe_stop(struct source *s);

/* Whether the first burst is due or under way. */
bool source_probe_is_measuring(const struct source *s);

/* As source_deadline, source_expire and source_settle. */
uint64_t source_probe_deadline(const struct source *s);
void source_probe_expire(struct source *s, uint64_t now_ns);
void source_probe_settle(struct source *s);

#endif
