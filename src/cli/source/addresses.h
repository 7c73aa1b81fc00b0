#ifndef CLI_SOURCE_ADDRESSES_H
#define CLI_SOURCE_ADDRESSES_H

#include "base/span.h"

/* The addresses of a worker's host, as its GET /interfaces tells: without loopback, link-local
 * ones and multicast. */
#define ADDRESSES_MAX 64u

struct addresses {
	uint32_t n;
	bool is_news; /* not looked at yet */
	struct {
		uint8_t version;
		uint8_t bytes[16]; /* IPv4: 4, the rest 0 */
	} list[ADDRESSES_MAX];
};

/* Takes those of an answer, which may be cut off. It trusts no byte of it. */
void addresses_take(struct addresses *a, struct span body);

#endif
