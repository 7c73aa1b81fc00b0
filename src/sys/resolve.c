/* Look-ups in threads. */
#include "sys/resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RESOLVE_STACK (256 * 1024) /* musl's default of 128 KiB is near what DNS takes */

int
resolve_init(struct resolve *r, int family)
{
	memset(r, 0, sizeof(*r));
	r->family = family;
	r->waiting_end = &r->waiting;
	pthread_mutex_init(&r->lock, NULL);
	r->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return r->fd < 0 ? -errno : 0;
}

/* For struct names. */
static bool
put_address(void *owner, const struct net_address *a)
{
	struct resolve_request *q = owner;

	if (q->n == q->cap) {
		size_t cap = q->cap > 0 ? 2 * q->cap : 8;
		struct net_address *more = realloc(q->list, cap * sizeof(*more));

		if (!more) {
			q->reason = "out of memory";
			return false;
		}
		q->list = more;
		q->cap = cap;
	}
	q->list[q->n++] = *a;
	return q->n < RESOLVE_ADDRESSES_MAX;
}

/* IPv4 before IPv6, then by number. */
static int
compare(const void *one, const void *other)
{
	const struct net_address *a = one;
	const struct net_address *b = other;

	if (a->sa.ss_family != b->sa.ss_family)
		return a->sa.ss_family == AF_INET ? -1 : 1;
	return memcmp(&a->sa, &b->sa, a->size);
}

static void
sort(struct resolve_request *q)
{
	size_t n = 0;

	if (q->n > 0)
		qsort(q->list, q->n, sizeof(*q->list), compare);
	for (size_t i = 0; i < q->n; i++)
		if (n == 0 || compare(&q->list[n - 1], &q->list[i]) != 0)
			q->list[n++] = q->list[i];
	q->n = n;
}

/* Whether the kernel has a route to a. */
static bool
is_routed(const struct net_address *a)
{
	int fd = socket(a->sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has_route =
	    fd >= 0 && connect(fd, (const struct sockaddr *)&a->sa, a->size) == 0;

	if (fd >= 0)
		close(fd);
	return has_route;
}

static size_t
find_family(const struct resolve_request *q, int family)
{
	size_t i = 0;

	while (i < q->n && q->list[i].sa.ss_family != family)
		i++;
	return i;
}

/* The first address is tried first, and then the families take turns (sys/connect.h): IPv6
 * (RFC 6724 section 2.1) where there is a route. */
static void
prefer(struct resolve_request *q)
{
	size_t i = find_family(q, AF_INET6);
	struct net_address first;

	if (i < q->n && !is_routed(&q->list[i]))
		i = find_family(q, AF_INET);
	if (i == q->n)
		return;
	first = q->list[i];
	memmove(&q->list[1], &q->list[0], i * sizeof(first));
	q->list[0] = first;
}

static void
look_up(struct resolve_request *q, int family)
{
	struct names names = {.host = q->host,
			      .port = q->port,
			      .family = family,
			      .is_all = q->is_all,
			      .put = put_address,
			      .owner = q};
	const char *reason = names_find(&names);

	if (!q->reason)
		q->reason = reason;
	if (q->reason)
		q->n = 0;
	q->missing = names.missing;
	if (q->is_all)
		sort(q);
	else
		prefer(q);
}

/* The next request that waits; NULL ends the thread, which then counts no more. */
static struct resolve_request *
take_waiting(struct resolve *r)
{
	struct resolve_request *q;

	pthread_mutex_lock(&r->lock);
	q = r->waiting;
	if (q)
		r->waiting = q->next;
	else
		r->n_threads--;
	if (!r->waiting)
		r->waiting_end = &r->waiting;
	pthread_mutex_unlock(&r->lock);
	return q;
}

static void
give_done(struct resolve *r, struct resolve_request *q)
{
	uint64_t one = 1;

	pthread_mutex_lock(&r->lock);
	q->next = r->done;
	r->done = q;
	pthread_mutex_unlock(&r->lock);
	if (write(r->fd, &one, sizeof(one)) < 0)
		return; /* full: it is readable already */
}

static void *
run(void *arg)
{
	struct resolve *r = arg;
	struct resolve_request *q;

	while ((q = take_waiting(r)) != NULL) {
		look_up(q, r->family);
		give_done(r, q);
	}
	return NULL;
}

static int
start_thread(struct resolve *r)
{
	pthread_attr_t attr;
	pthread_t thread;
	int error = pthread_attr_init(&attr);

	if (error)
		return -error;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, RESOLVE_STACK);
	error = pthread_create(&thread, &attr, run, r);
	pthread_attr_destroy(&attr);
	return -error;
}

/* Queues q; whether one more thread is to be started for it, which is counted here. */
static bool
put_waiting(struct resolve *r, struct resolve_request *q)
{
	bool is_more;

	pthread_mutex_lock(&r->lock);
	*r->waiting_end = q;
	r->waiting_end = &q->next;
	is_more = r->n_threads < RESOLVE_THREADS_MAX;
	if (is_more)
		r->n_threads++;
	pthread_mutex_unlock(&r->lock);
	return is_more;
}

static int
start(struct resolve *r, struct span host, const struct resolve_request *about)
{
	struct resolve_request *q;
	struct net_address literal;

	if (host.n > RESOLVE_HOST_MAX)
		return -EINVAL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	*q = *about;
	memcpy(q->host, host.p, host.n);
	if (names_literal(q->host, q->port, &literal)) {
		put_address(q, &literal);
		give_done(r, q);
		return 0;
	}
	if (put_waiting(r, q) && start_thread(r) < 0)
		run(r); /* no thread to be had: a blocking look-up is better than none */
	return 0;
}

int
resolve_start(struct resolve *r, struct span host, uint16_t port, uint32_t id)
{
	struct resolve_request about = {.port = port, .id = id};

	return start(r, host, &about);
}

int
resolve_start_all(struct resolve *r, struct span host, uint16_t port, uint32_t id)
{
	struct resolve_request about = {.port = port, .id = id, .is_all = true};

	return start(r, host, &about);
}

struct resolve_request *
resolve_take(struct resolve *r)
{
	struct resolve_request *q;
	uint64_t count;

	pthread_mutex_lock(&r->lock);
	q = r->done;
	if (q)
		r->done = q->next;
	else if (read(r->fd, &count, sizeof(count)) < 0)
		q = NULL;
	pthread_mutex_unlock(&r->lock);
	return q;
}

void
resolve_free(struct resolve_request *q)
{
	if (q)
		free(q->list);
	free(q);
}
