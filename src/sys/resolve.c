/* getaddrinfo in threads. The order of the addresses is its (RFC 6724). */
#include "sys/resolve.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "sys/dns_answer.h"

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

static const char *
reason_of(int error)
{
	switch (error) {
	case EAI_NONAME:
		return "no such host";
	case EAI_NODATA:
		return "the name has no such address";
	case EAI_AGAIN:
		return "the name server does not answer (/etc/resolv.conf)";
	case EAI_FAIL:
		return "the name server refused to answer";
	case EAI_MEMORY:
		return "out of memory";
	case EAI_FAMILY:
		return "an address of no known family";
	default:
		return "name look-up failed";
	}
}

static bool
add(struct resolve_request *q, const void *address, size_t size)
{
	struct net_address *to;

	if (q->n == q->cap) {
		size_t cap = q->cap > 0 ? 2 * q->cap : 8;
		struct net_address *more = realloc(q->list, cap * sizeof(*more));

		if (!more)
			return false;
		q->list = more;
		q->cap = cap;
	}
	to = &q->list[q->n];
	memset(to, 0, sizeof(*to));
	memcpy(&to->sa, address, size);
	to->size = (socklen_t)size;
	q->n++;
	return true;
}

/* Copies the addresses; false when there is no memory. */
static bool
copy(struct resolve_request *q, const struct addrinfo *list)
{
	for (const struct addrinfo *a = list; a && q->n < RESOLVE_ADDRESSES_MAX;
	     a = a->ai_next)
		if (a->ai_addrlen <= sizeof(q->list->sa) &&
		    !add(q, a->ai_addr, a->ai_addrlen))
			return false;
	return true;
}

static bool
add_record(struct resolve_request *q, struct span address)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(q->port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(q->port)};

	if (address.n == sizeof(v4.sin_addr)) {
		memcpy(&v4.sin_addr, address.p, address.n);
		return add(q, &v4, sizeof(v4));
	}
	memcpy(&v6.sin6_addr, address.p, address.n);
	return add(q, &v6, sizeof(v6));
}

/* Asks for one type of address; what cannot be had is not there. */
static void
query(struct resolve_request *q, const char *name, uint16_t type, uint8_t *mem)
{
	int n = res_query(name, C_IN, type, mem, DNS_ANSWER_MAX);
	struct dns_answer answer;
	struct span address;

	if (n <= 0 ||
	    !dns_answer_init(
		&answer, span_of(mem, n < DNS_ANSWER_MAX ? (size_t)n : DNS_ANSWER_MAX),
		type))
		return;
	while (q->n < RESOLVE_ADDRESSES_MAX && dns_answer_next(&answer, &address))
		if (!add_record(q, address))
			return;
}

/* What the library cut off; it has found which of the search domains the name is in. */
static void
add_rest(struct resolve_request *q, const char *name, int family)
{
	uint8_t *mem = malloc(DNS_ANSWER_MAX);

	if (mem && family != AF_INET6)
		query(q, name, DNS_TYPE_A, mem);
	if (mem && family != AF_INET)
		query(q, name, DNS_TYPE_AAAA, mem);
	free(mem);
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

static const char *
take_list(struct resolve_request *q, const struct addrinfo *list, int family)
{
	if (!copy(q, list))
		return "out of memory";
	if (q->is_all && q->n >= RESOLVE_LIBRARY_MAX && list->ai_canonname)
		add_rest(q, list->ai_canonname, family);
	if (q->is_all)
		sort(q);
	return q->n > 0 ? NULL : "no such host";
}

/* flags AI_NUMERICHOST: asks nobody, and true only for literals. */
static bool
look_up(struct resolve_request *q, int family, int flags)
{
	struct addrinfo hints = {
	    .ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
	struct addrinfo *list = NULL;
	char port[8];
	struct text t;
	int error;

	text_init(&t, port, sizeof(port));
	text_u64(&t, q->port);
	error = getaddrinfo(q->host, text_cstr(&t), &hints, &list);
	if (error) {
		q->reason = reason_of(error);
		return false;
	}
	q->reason = take_list(q, list, family);
	freeaddrinfo(list);
	return true;
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
		look_up(q, r->family, q->is_all ? AI_CANONNAME : 0);
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

	if (host.n > RESOLVE_HOST_MAX)
		return -EINVAL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	*q = *about;
	memcpy(q->host, host.p, host.n);
	if (look_up(q, AF_UNSPEC, AI_NUMERICHOST)) {
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
