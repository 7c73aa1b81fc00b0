#ifndef SYS_DNS_ANSWER_H
#define SYS_DNS_ANSWER_H

#include "base/span.h"

/*
 * The addresses in what a name server answered (RFC 1035 section 4.1), for names with more
 * of them than the C library gives (musl: 48). Whose they are is not looked at: they follow
 * from what was asked, over aliases too. Pure; every byte is untrusted.
 */
#define DNS_ANSWER_MAX 65535 /* over TCP */
#define DNS_TYPE_A     1
#define DNS_TYPE_AAAA  28

struct dns_answer {
	struct span message; /* borrowed */
	size_t at;
	unsigned left; /* records not looked at */
	uint16_t type;
};

/* For records of one type; false: it is no answer, or not a good one. */
bool dns_answer_init(struct dns_answer *a, struct span message, uint16_t type);

/* The next address, of 4 or 16 bytes; false: no more, or the rest is damaged. */
bool dns_answer_next(struct dns_answer *a, struct span *address);

#endif
