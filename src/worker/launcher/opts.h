#ifndef WORKER_LAUNCHER_OPTS_H
#define WORKER_LAUNCHER_OPTS_H

#include "base/flag.h"
#include "worker/front/front.h"

/* The worker's command line. Strings are borrowed from argv. */
struct opts {
	const char *listen;
	struct net_address address;
	uint32_t max_captures;
	uint32_t max_connections;
	uint32_t max_buffer;
	uint32_t max_snaplen;
	uint32_t max_payload; /* CAPTURE_PAYLOAD_ALL: no limit */
	uint64_t max_duration_ns;
	unsigned unix_mode;
	const char *excludes[CONFIG_EXCLUDES_MAX];
	size_t n_excludes;
	const char *allow_hosts; /* "": not given */
	const char *interfaces;	 /* likewise */
	const char *name;	 /* likewise */
	bool may_resolve;
	bool is_json_log;
	bool is_stdio;
	bool has_listen; /* it was given */
	bool wants_check;
	bool is_quiet;
	bool is_verbose;
};

/* BAD: why is one sentence. */
enum flag_result opts_parse(struct opts *o, int argc, char **argv, struct text *why);

#define OPTS_HELP_MAX 4096
void opts_put_help(struct text *out);

#endif
