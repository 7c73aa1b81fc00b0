#ifndef SYS_NAMES_H
#define SYS_NAMES_H

#include "sys/net.h"

/* The addresses of a name: /etc/hosts, else the name servers of /etc/resolv.conf, as
 * getaddrinfo of glibc does with "hosts: files dns". Blocks; for threads. */

#define NAMES_HOST_MAX 255	  /* RFC 1035: 253, and a zone for literals */
#define NAMES_FILE_MAX (8u << 20) /* /etc/hosts; the rest is not read */

struct names {
	const char *host;
	uint16_t port;
	int family;  /* AF_UNSPEC, AF_INET or AF_INET6 */
	bool is_all; /* waits until every name server has said everything */
	/* Takes an address; false: no more are wanted. */
	bool (*put)(void *owner, const struct net_address *a);
	void *owner;
	const char *missing; /* of a family, beside addresses of the other; else NULL */
};

/* An IPv4 or IPv6 literal with an optional zone; false: it is none. */
bool names_literal(const char *text, uint16_t port, struct net_address *a);

/* Whether /etc/hosts has it (and which addresses, in the order of the file). */
bool names_find_in_hosts(struct names *n);

/* NULL: every address was put; else why there is none, a static phrase. */
const char *names_find(struct names *n);

#endif
