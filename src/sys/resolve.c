/* getaddrinfo in threads. The order of the addresses is its (RFC 6724). */
#include "sys/resolve.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define RESOLVE_STACK (256 * 1024) /* musl's default of 128 KiB is near what DNS takes */

int
resolve_init(struct resolve *r)
{
	memset(r, 0, sizeof(*r));
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
	case EAI_AGAIN:
		return "the name server does not answer; check /etc/resolv.conf or try again";
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

/* Copies the addresses; false when there is no memory. */
static bool
copy(struct resolve_request *q, const struct addrinfo *list)
{
	size_t n = 0;

	for (const struct addrinfo *a = list; a && n < RESOLVE_ADDRESSES_MAX;
	     a = a->ai_next)
		n++;
	q->list = calloc(n + 1, sizeof(*q->list));
	for (const struct addrinfo *a = list; q->list && a && q->n < n; a = a->ai_next) {
		if (a->ai_addrlen > sizeof(q->list->sa))
			continue;
		memcpy(&q->list[q->n].sa, a->ai_addr, a->ai_addrlen);
		q->list[q->n++].size = a->ai_addrlen;
	}
	return q->list != NULL;
}

/* flags AI_NUMERICHOST: asks nobody, and true only for literals. */
static bool
look_up(struct resolve_request *q, int flags)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
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
	q->reason = copy(q, list) ? NULL : "out of memory";
	if (!q->reason && q->n == 0)
		q->reason = "no such host";
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
		look_up(q, 0);
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

int
resolve_start(struct resolve *r, struct span host, uint16_t port, uint32_t id)
{
	struct resolve_request *q;

	if (host.n > RESOLVE_HOST_MAX)
		return -EINVAL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	memcpy(q->host, host.p, host.n);
	q->port = port;
	q->id = id;
	if (look_up(q, AI_NUMERICHOST)) {
		give_done(r, q);
		return 0;
	}
	if (put_waiting(r, q) && start_thread(r) < 0)
		run(r); /* no thread to be had: a blocking look-up is better than none */
	return 0;
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
