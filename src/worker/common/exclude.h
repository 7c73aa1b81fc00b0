#ifndef WORKER_COMMON_EXCLUDE_H
#define WORKER_COMMON_EXCLUDE_H

#include "base/text.h"
#include "worker/common/request.h"

/*
 * The filters that keep a capture's own traffic out (design.md section 7), as texts for
 * libpcap made of addresses and numbers only. Each is compiled by itself and spliced.
 */
#define EXCLUDE_TEXTS_MAX 4
#define EXCLUDE_TEXT_SIZE 8192 /* 64 ports, both ways, 32 bytes each, and two addresses */

struct exclude {
	size_t n;
	bool
	    is_by_remote_ports_alone; /* a NAT hides the client's own ports: worth a log */
	char texts[EXCLUDE_TEXTS_MAX][EXCLUDE_TEXT_SIZE];
};

void exclude_build(struct exclude *e, const struct request *r);

#endif
