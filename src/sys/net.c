/* Socket addresses and listening sockets; it knows nothing of what is sent. */
#include "sys/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/num.h"

static const struct sockaddr_in *
in4(const struct net_address *a)
{
	return (const struct sockaddr_in *)&a->sa;
}

static const struct sockaddr_in6 *
in6(const struct net_address *a)
{
	return (const struct sockaddr_in6 *)&a->sa;
}

static const struct sockaddr_un *
un(const struct net_address *a)
{
	return (const struct sockaddr_un *)&a->sa;
}

static const char *
parse_unix(struct span path, struct net_address *a)
{
	struct sockaddr_un *u = (struct sockaddr_un *)&a->sa;

	if (path.n == 0)
		return "unix: needs a path";
	if (path.n >= sizeof(u->sun_path))
		return "the socket's path is too long (107 bytes at most)";
	u->sun_family = AF_UNIX;
	memcpy(u->sun_path, path.p, path.n);
	a->size = sizeof(*u);
	return NULL;
}

static const char *
parse_v6(struct span host, uint16_t port, struct net_address *a)
{
	struct sockaddr_in6 *s = (struct sockaddr_in6 *)&a->sa;
	char text[INET6_ADDRSTRLEN + IF_NAMESIZE + 1] = "";
	char *zone;

	if (host.n >= sizeof(text))
		return "not an IPv6 address";
	memcpy(text, host.p, host.n);
	zone = strchr(text, '%');
	if (zone) {
		*zone++ = '\0';
		s->sin6_scope_id = if_nametoindex(zone);
		if (s->sin6_scope_id == 0)
			return "no interface of the zone's name";
	}
	if (inet_pton(AF_INET6, text, &s->sin6_addr) != 1)
		return "not an IPv6 address";
	s->sin6_family = AF_INET6;
	s->sin6_port = htons(port);
	a->size = sizeof(*s);
	return NULL;
}

static const char *
parse_v4(struct span host, uint16_t port, struct net_address *a)
{
	struct sockaddr_in *s = (struct sockaddr_in *)&a->sa;
	char text[INET_ADDRSTRLEN] = "";

	if (host.n >= sizeof(text))
		return "neither an address nor a name of /etc/hosts";
	memcpy(text, host.p, host.n);
	if (inet_pton(AF_INET, text, &s->sin_addr) != 1)
		return "neither an address nor a name of /etc/hosts";
	s->sin_family = AF_INET;
	s->sin_port = htons(port);
	a->size = sizeof(*s);
	return NULL;
}

const char *
net_parse_listen(struct span s, struct net_address *a)
{
	struct span host = s;
	uint64_t port;
	size_t colon = s.n;

	memset(a, 0, sizeof(*a));
	if (span_starts(s, span_str("unix:")))
		return parse_unix(span_of(s.p + 5, s.n - 5), a);
	while (colon > 0 && s.p[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return "not ADDR:PORT; a port alone is written :8475";
	if (!num_parse_u64(span_of(s.p + colon, s.n - colon), 65535, &port))
		return "not a port (0 to 65535)";
	host.n = colon - 1;
	if (host.n == 0)
		return parse_v6(span_str("::"), (uint16_t)port, a);
	if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		return parse_v6(span_of(host.p + 1, host.n - 2), (uint16_t)port, a);
	return parse_v4(host, (uint16_t)port, a);
}

/* A path that nobody listens on any more is left over from a run that was killed. */
static bool
is_stale(const struct net_address *a)
{
	struct stat st;
	int fd;
	bool stale;

	if (lstat(un(a)->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	stale = connect(fd, (const struct sockaddr *)&a->sa, a->size) < 0 &&
		errno == ECONNREFUSED;
	close(fd);
	return stale;
}

static int
bind_unix(int fd, const struct net_address *a, unsigned mode)
{
	mode_t old;
	int rc;

	if (is_stale(a))
		unlink(un(a)->sun_path);
	old = umask(0777 & ~mode);
	rc = bind(fd, (const struct sockaddr *)&a->sa, a->size) < 0 ? -errno : 0;
	umask(old);
	return rc;
}

static int
open_socket(struct net_address *a)
{
	int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(a->sa.ss_family, type, 0);
	struct sockaddr_in v4 = {.sin_family = AF_INET};

	if (fd >= 0 || errno != EAFNOSUPPORT || !net_is_wildcard(a))
		return fd < 0 ? -errno : fd;
	v4.sin_port = htons(net_port(a));
	memset(a, 0, sizeof(*a));
	memcpy(&a->sa, &v4, sizeof(v4));
	a->size = sizeof(v4);
	fd = socket(AF_INET, type, 0);
	return fd < 0 ? -errno : fd;
}

int
net_listen(struct net_address *a, unsigned unix_mode)
{
	int fd = open_socket(a);
	int one = 1;
	int zero = 0;
	int rc;

	if (fd < 0)
		return fd;
	if (a->sa.ss_family == AF_UNIX) {
		rc = bind_unix(fd, a, unix_mode);
	} else {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		if (a->sa.ss_family == AF_INET6 && net_is_wildcard(a))
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
		rc = bind(fd, (struct sockaddr *)&a->sa, a->size) < 0 ? -errno : 0;
	}
	if (rc == 0 && listen(fd, NET_BACKLOG) < 0)
		rc = -errno;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

void
net_unmap(struct net_address *a)
{
	const struct sockaddr_in6 *s = in6(a);
	struct sockaddr_in v4 = {.sin_family = AF_INET};

	if (a->sa.ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&s->sin6_addr))
		return;
	v4.sin_port = s->sin6_port;
	memcpy(&v4.sin_addr, s->sin6_addr.s6_addr + 12, 4);
	memset(a, 0, sizeof(*a));
	memcpy(&a->sa, &v4, sizeof(v4));
	a->size = sizeof(v4);
}

int
net_accept(int fd, struct net_address *peer)
{
	int c;

	memset(peer, 0, sizeof(*peer));
	peer->size = sizeof(peer->sa);
	c = accept4(fd, (struct sockaddr *)&peer->sa, &peer->size,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (c < 0)
		return -errno;
	net_unmap(peer);
	return c;
}

bool
net_is_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static int
ask(int fd, struct net_address *a, int (*fn)(int, struct sockaddr *, socklen_t *))
{
	memset(a, 0, sizeof(*a));
	a->size = sizeof(a->sa);
	if (fn(fd, (struct sockaddr *)&a->sa, &a->size) < 0) {
		a->size = 0;
		return -errno;
	}
	net_unmap(a);
	return 0;
}

int
net_local(int fd, struct net_address *a)
{
	return ask(fd, a, getsockname);
}

int
net_peer(int fd, struct net_address *a)
{
	return ask(fd, a, getpeername);
}

void
net_format_host(struct text *t, const struct net_address *a)
{
	char host[INET6_ADDRSTRLEN] = "";

	if (a->sa.ss_family == AF_INET)
		inet_ntop(AF_INET, &in4(a)->sin_addr, host, sizeof(host));
	else if (a->sa.ss_family == AF_INET6)
		inet_ntop(AF_INET6, &in6(a)->sin6_addr, host, sizeof(host));
	text_str(t, host);
}

void
net_format(struct text *t, const struct net_address *a)
{
	if (a->sa.ss_family == AF_UNIX) {
		const char *path = un(a)->sun_path;
		bool is_named = a->size > sizeof(sa_family_t) && path[0] != '\0';

		text_str(t, is_named ? "unix:" : "unix");
		if (is_named)
			text_escape(
			    t, span_of(path, strnlen(path, sizeof(un(a)->sun_path))));
		return;
	}
	if (a->sa.ss_family == AF_INET6)
		text_char(t, '[');
	net_format_host(t, a);
	if (a->sa.ss_family == AF_INET6)
		text_char(t, ']');
	text_char(t, ':');
	text_u64(t, net_port(a));
}

uint16_t
net_port(const struct net_address *a)
{
	if (a->sa.ss_family == AF_INET)
		return ntohs(in4(a)->sin_port);
	if (a->sa.ss_family == AF_INET6)
		return ntohs(in6(a)->sin6_port);
	return 0;
}

void
net_set_port(struct net_address *a, uint16_t port)
{
	if (a->sa.ss_family == AF_INET)
		((struct sockaddr_in *)&a->sa)->sin_port = htons(port);
	else if (a->sa.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&a->sa)->sin6_port = htons(port);
}

bool
net_is_same_host(const struct net_address *a, const struct net_address *b)
{
	if (a->sa.ss_family != b->sa.ss_family)
		return false;
	if (a->sa.ss_family == AF_INET)
		return in4(a)->sin_addr.s_addr == in4(b)->sin_addr.s_addr;
	return a->sa.ss_family == AF_INET6 &&
	       memcmp(&in6(a)->sin6_addr, &in6(b)->sin6_addr,
		      sizeof(in6(a)->sin6_addr)) == 0;
}

bool
net_is_wildcard(const struct net_address *a)
{
	if (a->sa.ss_family == AF_INET)
		return in4(a)->sin_addr.s_addr == htonl(INADDR_ANY);
	return a->sa.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&in6(a)->sin6_addr);
}

bool
net_is_loopback(const struct net_address *a)
{
	if (a->sa.ss_family == AF_INET)
		return ntohl(in4(a)->sin_addr.s_addr) >> 24 == 127;
	if (a->sa.ss_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&in6(a)->sin6_addr);
	return true;
}

void
net_set_stream_options(int fd)
{
	int one = 1;
	int idle = NET_VANISHED_S - 5;
	int interval = 2;
	int count = 2;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
	net_set_user_timeout(fd, NET_VANISHED_S);
}

void
net_set_user_timeout(int fd, unsigned seconds)
{
	unsigned ms = seconds * 1000;

	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

unsigned
net_unacknowledged(int fd)
{
	struct tcp_info info = {0};
	socklen_t size = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0
		   ? info.tcpi_unacked
		   : 0;
}
