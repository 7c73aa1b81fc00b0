#ifndef SYS_RESOLVE_H
#define SYS_RESOLVE_H

#include <pthread.h>

#include "sys/names.h"

/*
 * Name look-up that blocks nobody: a few threads do it, finished requests come back over an
 * eventfd. A look-up cannot be cancelled: an owner that has lost interest ignores what
 * comes back.
 */
#define RESOLVE_HOST_MAX NAMES_HOST_MAX
#define RESOLVE_ADDRESSES_MAX \
	8192		       /* of one name: two DNS messages of 64 KiB hold fewer */
#define RESOLVE_THREADS_MAX 16 /* look-ups at once; others wait their turn */

struct resolve_request {
	struct resolve_request *next;
	uint32_t id; /* the owner's */
	uint16_t port;
	bool is_all;
	char host[RESOLVE_HOST_MAX + 1];
	const char *reason; /* of no addresses: a static phrase; else NULL */
	const char
	    *missing; /* of all addresses, a family's: a static phrase; else NULL */
	size_t n;
	size_t cap;
	struct net_address *list;
};

struct resolve {
	int fd;	    /* readable when resolve_take has something */
	int family; /* of names: AF_UNSPEC, AF_INET or AF_INET6 */
	pthread_mutex_t lock;
	struct resolve_request *waiting;
	struct resolve_request **waiting_end;
	struct resolve_request *done;
	unsigned n_threads;
};

/* 0 or -errno. There is no fini: threads may still be inside a look-up at exit. */
int resolve_init(struct resolve *r, int family);

/*
 * Asks for the addresses of host (a name, or an IPv4 or IPv6 literal with an optional
 * zone); -ENOMEM, -EINVAL for a host that is too long, or 0: then resolve_take gives the
 * answer, some time.
 */
int resolve_start(struct resolve *r, struct span host, uint16_t port, uint32_t id);

/* The same for every address that a name has, each once, in the order of their numbers,
 * IPv4 first: the same from run to run, while name servers shuffle them. */
int resolve_start_all(struct resolve *r, struct span host, uint16_t port, uint32_t id);

/* A finished request, for resolve_free; NULL when there is none (any more). */
struct resolve_request *resolve_take(struct resolve *r);
void resolve_free(struct resolve_request *q);

#endif
