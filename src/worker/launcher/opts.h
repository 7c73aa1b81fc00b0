#ifndef WORKER_LAUNCHER_OPTS_H
#define WORKER_LAUNCHER_OPTS_H

#include "worker/front/front.h"

/* The worker's command line. */
struct opts {
	const char *listen;
	struct net_address address;
	uint32_t max_captures;
	uint32_t max_connections;
	uint32_t max_buffer;
	uint32_t max_snaplen;
	uint64_t max_duration_ns;
	unsigned unix_mode;
	const char *excludes[CONFIG_EXCLUDES_MAX];
	size_t n_excludes;
	struct span allow_hosts;
	struct span interfaces;
	bool may_resolve;
	bool is_json_log;
	bool wants_check;
	bool is_quiet;
	bool is_verbose;
	bool wants_help;
	bool wants_version;
};

/* NULL, or one sentence about what is wrong (in static memory). */
const char *opts_parse(struct opts *o, int argc, char **argv);

const char *opts_help(void);

#endif
