/* Ports by bind: every kernel has it, and others keep off what is bound. */
#include "sys/ports.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"

/* Linux' own values where the kernel does not tell. */
static void
read_range(uint64_t *first, uint64_t *last)
{
	int fd = open("/proc/sys/net/ipv4/ip_local_port_range", O_RDONLY | O_CLOEXEC);
	char line[64];
	ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof(line));
	struct span rest = span_of(line, n > 0 ? (size_t)n - 1 : 0);
	struct span word = span_split(&rest, '\t');

	if (fd >= 0)
		close(fd);
	if (num_parse_u64(word, UINT16_MAX, first) &&
	    num_parse_u64(rest, UINT16_MAX, last) && *first >= 1024 && *first <= *last)
		return;
	*first = 32768;
	*last = 60999;
}

void
ports_init(struct ports *p, size_t n_connections)
{
	uint64_t first;
	uint64_t last;
	uint64_t size = PORTS_MAX;
	uint32_t random = 0;

	read_range(&first, &last);
	if (n_connections < PORTS_MAX / 2)
		size = 2 * n_connections;
	if (size < PORTS_MIN)
		size = PORTS_MIN;
	if (size > last - first + 1)
		size = last - first + 1;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = 0;
	p->first = (uint16_t)(first + random % (last - first + 2 - size));
	p->last = (uint16_t)(p->first + size - 1);
	p->next = (uint16_t)(p->first + (random >> 16) % size);
}

static uint16_t
take(struct ports *p)
{
	uint16_t port = p->next;

	p->next = port == p->last ? p->first : (uint16_t)(port + 1);
	return port;
}

static int
bind_port(int fd, int family, uint16_t port)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a;
	socklen_t size = sizeof(a.v4);

	memset(&a, 0, sizeof(a));
	a.any.sa_family = (sa_family_t)family;
	if (family == AF_INET6) {
		a.v6.sin6_port = htons(port);
		size = sizeof(a.v6);
	} else {
		a.v4.sin_port = htons(port);
	}
	return bind(fd, &a.any, size) < 0 ? -errno : 0;
}

/* SO_REUSEADDR: connections to different peers may share a port. */
int
ports_bind(struct ports *p, int fd, int family)
{
	int one = 1;
	int rc = -EADDRINUSE;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	for (unsigned i = 0; rc == -EADDRINUSE && i <= (unsigned)p->last - p->first; i++)
		rc = bind_port(fd, family, take(p));
	return rc;
}
