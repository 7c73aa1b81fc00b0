#ifndef SYS_NET_H
#define SYS_NET_H

#include <sys/socket.h>

#include "base/text.h"

/* Sockets: addresses, listening, accepting, and the options both programs set. */

#define NET_DEFAULT_PORT 8475
#define NET_BACKLOG	 511

struct net_address {
	struct sockaddr_storage sa;
	socklen_t size; /* 0: none */
};

/*
 * ADDR:PORT, :PORT, [v6]:PORT, PORT alone is refused; unix:PATH. An empty ADDR is the
 * IPv6 wildcard that takes IPv4 as well. NULL, or what is wrong (a static phrase).
 */
const char *net_parse_listen(struct span s, struct net_address *a);

/*
 * A non-blocking listening socket on a. IPv6 wildcard falls back to IPv4 where the
 * kernel has no IPv6. For a unix socket: a stale path is replaced, a live one is
 * -EADDRINUSE, the mode is unix_mode. Returns the descriptor or -errno.
 */
int net_listen(struct net_address *a, unsigned unix_mode);

/* accept4, non-blocking and close-on-exec; the peer's address in *peer. -errno. */
int net_accept(int fd, struct net_address *peer);

/* Whether something waits to be read or accepted now. */
bool net_is_readable(int fd);

/* The socket's own and its peer's address; 0 or -errno. IPv4-mapped ones become IPv4. */
int net_local(int fd, struct net_address *a);
int net_peer(int fd, struct net_address *a);

/* "192.0.2.1:80", "[2001:db8::1]:80", "unix" or "unix:path". */
void net_format(struct text *t, const struct net_address *a);

/* Address alone, without port and brackets; empty for unix sockets. */
void net_format_host(struct text *t, const struct net_address *a);

/* 0 for unix sockets. */
uint16_t net_port(const struct net_address *a);
void net_set_port(struct net_address *a, uint16_t port);

/* ::ffff:a.b.c.d becomes a.b.c.d: to everybody who reads or filters packets it is. */
void net_unmap(struct net_address *a);

/* The same IP address, whatever the ports. */
bool net_is_same_host(const struct net_address *a, const struct net_address *b);
bool net_is_wildcard(const struct net_address *a);
bool net_is_loopback(const struct net_address *a); /* unix sockets too */

/*
 * TCP_NODELAY, keepalive after 10 s (2 probes 2 s apart), TCP_USER_TIMEOUT
 * 15 s: a peer that vanished is noticed within NET_VANISHED_S. No-op on unix sockets.
 */
#define NET_VANISHED_S 15
void net_set_stream_options(int fd);

/* TCP_USER_TIMEOUT in seconds; 0: the system's own. */
void net_set_user_timeout(int fd, unsigned seconds);

/* TCP segments sent and not acknowledged; 0 for other sockets. */
unsigned net_unacknowledged(int fd);

#endif
