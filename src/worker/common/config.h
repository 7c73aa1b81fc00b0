#ifndef WORKER_COMMON_CONFIG_H
#define WORKER_COMMON_CONFIG_H

#include "worker/common/request.h"
#include "worker/common/slots.h"

/* What the operator decided, and what follows from it; the same in every process. */
#define CONFIG_EXCLUDES_MAX 8 /* -exclude filters */

struct config {
	int listen_fd; /* -1 with -stdio */
	bool is_stdio; /* standard input and output are the only connection */
	struct net_address listener;
	struct slots *slots;
	int bell;		  /* wakes the front: a slot has changed */
	uint32_t max_captures;	  /* 1 to SLOTS_MAX - SLOTS_VALIDATIONS_MAX */
	uint32_t max_connections; /* that are not running captures */
	bool may_resolve;
	struct request_limits limits;
	const char *excludes[CONFIG_EXCLUDES_MAX]; /* always applied */
	size_t n_excludes;
	struct span allow_hosts; /* comma list of Host names; empty: see foreign.h */
	struct span own_names;	 /* comma list of what this machine is called */
	struct span interfaces; /* comma list of those that may be captured; empty: all */
	const char *library;	/* libpcap's version */
	struct span name;	/* of this host, for clients; empty: none that is legal */
};

/* Whether a name may be told to clients: up to 63 letters, digits, dots, underscores and
 * hyphens. */
#define CONFIG_NAME_MAX 63
bool config_is_name(struct span name);

/* A Host field's value without its port; an IPv6 address keeps its brackets. */
struct span config_host_name(struct span host);

/* Whether this machine is known by the name in a Host field's value. */
bool config_is_own_name(const struct config *c, struct span host);

/* Whether a Host field's value (with or without a port) is among allow_hosts, if any are. */
bool config_allows_host(const struct config *c, struct span host);

/* Whether an interface may be captured; "any" stands for all that may. */
bool config_allows_interface(const struct config *c, struct span name);

#endif
