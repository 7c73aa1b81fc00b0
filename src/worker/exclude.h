#ifndef WORKER_EXCLUDE_H
#define WORKER_EXCLUDE_H

#include "base/text.h"
#include "worker/request.h"

/*
 * The filters that keep a capture's own traffic out (design.md section 7), as texts for
 * libpcap made of addresses and numbers only. Each is compiled by itself and spliced.
 */
#define EXCLUDE_TEXTS_MAX 4
#define EXCLUDE_TEXT_SIZE 512 /* two IPv6 addresses and two ports in one filter */

struct exclude {
	size_t n;
	char texts[EXCLUDE_TEXTS_MAX][EXCLUDE_TEXT_SIZE];
};

void exclude_build(struct exclude *e, const struct request *r);

#endif
