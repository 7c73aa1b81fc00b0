/* The socket below a TLS session. Knows no TLS. */
#include "sys/tls/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

void
tls_socket_init(struct tls_socket *s, int fd)
{
	memset(s, 0, sizeof *s);
	s->fd = fd;
	s->first = -1;
}

void
tls_socket_begin(struct tls_socket *s)
{
	s->reads = TLS_SOCKET_READS;
	s->is_drained = false;
	s->is_blocked = false;
}

static int
blocked(struct tls_socket *s)
{
	s->is_blocked = true;
	return TLS_SOCKET_BLOCKED;
}

static int
failed(struct tls_socket *s)
{
	if (errno == EAGAIN || errno == EINTR)
		return blocked(s);
	s->error = -errno;
	return TLS_SOCKET_FAILED;
}

static int
take_ahead(struct tls_socket *s, uint8_t *mem, size_t cap)
{
	size_t n = s->ahead_n < cap ? s->ahead_n : cap;

	memcpy(mem, s->ahead + s->ahead_at, n);
	s->ahead_at += n;
	s->ahead_n -= n;
	return (int)n;
}

int
tls_socket_receive(struct tls_socket *s, uint8_t *mem, size_t cap)
{
	struct iovec parts[2] = {{mem, cap}, {s->ahead, sizeof s->ahead}};
	ssize_t rc;

	if (s->ahead_n > 0)
		return take_ahead(s, mem, cap);
	if (s->is_drained || s->reads == 0)
		return blocked(s);
	s->reads--;
	rc = readv(s->fd, parts, 2);
	if (rc < 0)
		return failed(s);
	if (rc > 0 && s->first < 0)
		s->first = mem[0];
	/* Less than asked for is all there was: one call less that would say EAGAIN. */
	s->is_drained = (size_t)rc < cap + sizeof s->ahead;
	s->ahead_at = 0;
	s->ahead_n = (size_t)rc > cap ? (size_t)rc - cap : 0;
	return (int)((size_t)rc - s->ahead_n);
}

int
tls_socket_send(struct tls_socket *s, const uint8_t *p, size_t n)
{
	ssize_t rc = send(s->fd, p, n, MSG_NOSIGNAL);

	return rc >= 0 ? (int)rc : failed(s);
}
