#ifndef SYS_NAME_FILES_H
#define SYS_NAME_FILES_H

#include "base/text.h"

/* The texts of /etc/hosts (hosts(5)) and /etc/resolv.conf (resolv.conf(5)). Pure. */

/* The next address, as written, of name in the rest of a hosts file: ASCII letters of either
 * case, a trailing dot belongs to the name. False: no more. */
bool name_files_next(struct span *hosts, struct span name, struct span *address);

#define NAME_FILES_SERVERS_MAX 3 /* resolv.conf(5): the first three are asked */

struct name_files_conf {
	struct span servers[NAME_FILES_SERVERS_MAX]; /* borrowed, addresses as written */
	unsigned n_servers;
	struct span search; /* domains between blanks; borrowed */
	unsigned ndots;
	unsigned timeout_s;
	unsigned attempts;
};

/* What is absent or malformed has its default: 127.0.0.1, ndots 1, 5 s, 2 attempts. */
void name_files_conf(struct name_files_conf *c, struct span text);

/*
 * The i-th full name to ask for host, into *name: as given before the search list if it has
 * ndots dots, else behind it; only as given if it ends with a dot. False: no more.
 */
bool name_files_candidate(const struct name_files_conf *c, struct span host, unsigned i,
			  struct text *name);

#endif
