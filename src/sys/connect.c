/* Happy Eyeballs without timers or threads of its own: the owner steps it. */
#include "sys/connect.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

static void
on_attempt(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct connect_attempt *a =
	    (struct connect_attempt *)((char *)w -
				       offsetof(struct connect_attempt, watch));

	(void)ready;
	a->connect->on_ready(a->connect, now_ns);
}

/* The next address at or after *at of another (or the same) family as `family`. */
static bool
find(const struct net_address *list, size_t n, size_t *at, int family, bool is_same)
{
	for (; *at < n; ++*at)
		if ((list[*at].sa.ss_family == family) == is_same)
			return true;
	return false;
}

/* Families take turns, beginning with the first address's; order within a family stays. */
static void
interleave(struct connect *c, const struct net_address *list, size_t n)
{
	size_t at[2] = {0, 0};
	bool is_same = true;
	int first = n > 0 ? list[0].sa.ss_family : 0;

	while (c->n < CONNECT_ADDRESSES_MAX) {
		bool has = find(list, n, &at[is_same], first, is_same);

		if (has)
			c->list[c->n++] = list[at[is_same]++];
		else if (!find(list, n, &at[!is_same], first, !is_same))
			return;
		is_same = !is_same;
	}
}

void
connect_start(struct connect *c, struct loop *loop, struct ports *ports,
	      const struct net_address *list, size_t n,
	      void (*on_ready)(struct connect *c, uint64_t now_ns))
{
	memset(c, 0, sizeof(*c));
	c->loop = loop;
	c->ports = ports;
	c->on_ready = on_ready;
	c->error = -EADDRNOTAVAIL;
	interleave(c, list, n);
	for (size_t i = 0; i < CONNECT_ADDRESSES_MAX; i++) {
		loop_watch_init(&c->attempts[i].watch, on_attempt);
		c->attempts[i].connect = c;
	}
}

static void
drop(struct connect *c, size_t i)
{
	int fd = c->attempts[i].watch.fd;

	if (fd < 0)
		return;
	loop_remove(c->loop, &c->attempts[i].watch);
	close(fd);
	c->n_open--;
}

/* A socket that connects to a, from a port of the range or any; or -errno. */
static int
begin(const struct net_address *a, struct ports *ports)
{
	int family = a->sa.ss_family;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int rc = fd < 0 ? -errno : 0;

	if (rc == 0 && ports)
		rc = ports_bind(ports, fd, family);
	if (rc == 0 && connect(fd, (const struct sockaddr *)&a->sa, a->size) < 0 &&
	    errno != EINPROGRESS)
		rc = -errno;
	if (rc == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return rc;
}

/* A connection to the same peer may have the port still, closed or not. */
static int
begin_anyhow(const struct net_address *a, struct ports *ports)
{
	int rc = -EADDRNOTAVAIL;

	if (!ports || ports->first == 0 || a->sa.ss_family == AF_UNIX)
		return begin(a, NULL);
	for (unsigned i = 0; rc == -EADDRNOTAVAIL && i < CONNECT_PORTS_MAX; i++)
		rc = begin(a, ports);
	return rc == -EADDRNOTAVAIL || rc == -EADDRINUSE ? begin(a, NULL) : rc;
}

/* Begins the next attempt; the error stays behind when it fails at once. */
static void
try_next(struct connect *c, uint64_t now_ns)
{
	size_t i = c->next++;
	int fd = begin_anyhow(&c->list[i], c->ports);
	int rc = fd < 0 ? fd : 0;

	c->next_ns = now_ns + CONNECT_DELAY_NS;
	if (rc == 0)
		rc = loop_add(c->loop, &c->attempts[i].watch, fd, LOOP_OUT);
	if (rc == 0) {
		c->n_open++;
		return;
	}
	if (fd >= 0)
		close(fd);
	c->error = rc;
	c->last = i;
	c->next_ns = now_ns;
}

/* Whether attempt i is connected; one that failed is dropped. */
static bool
is_connected(struct connect *c, size_t i)
{
	struct pollfd p = {.fd = c->attempts[i].watch.fd, .events = POLLOUT};
	int error = 0;
	socklen_t size = sizeof(error);

	if (p.fd < 0 || poll(&p, 1, 0) <= 0)
		return false;
	if (getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error == 0)
		return true;
	c->error = -error;
	c->last = i;
	drop(c, i);
	return false;
}

enum connect_result
connect_step(struct connect *c, uint64_t now_ns, int *fd)
{
	bool is_failed = false;

	*fd = -1;
	for (size_t i = 0; i < c->next; i++) {
		size_t before = c->n_open;

		if (is_connected(c, i)) {
			c->last = i;
			*fd = c->attempts[i].watch.fd;
			loop_remove(c->loop, &c->attempts[i].watch);
			c->n_open--;
			connect_cancel(c);
			return CONNECT_DONE;
		}
		is_failed |= c->n_open < before;
	}
	if (is_failed)
		c->next_ns = now_ns;
	while (c->next < c->n && (c->n_open == 0 || now_ns >= c->next_ns))
		try_next(c, now_ns);
	return c->n_open > 0 ? CONNECT_MORE : CONNECT_FAILED;
}

uint64_t
connect_deadline(const struct connect *c)
{
	return c->next < c->n ? c->next_ns : LOOP_NEVER;
}

void
connect_cancel(struct connect *c)
{
	for (size_t i = 0; i < c->next; i++)
		drop(c, i);
	c->next = c->n;
}
