/* Opening and writing the output. It knows nothing of records. */
#include "sys/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A description of our own for the pipe or terminal behind fd, so that it can be
 * non-blocking. */
static void
use_pipe(struct sink *s)
{
	int fd;

	fd = open(s->fd == STDOUT_FILENO ? "/proc/self/fd/1" : "",
		  O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	fcntl(s->fd, F_SETPIPE_SZ, SINK_PIPE_BYTES);
	s->kind = fd < 0 ? SINK_SHARED : SINK_PIPE;
	if (fd < 0)
		return;
	close(s->fd);
	s->fd = fd;
}

int
sink_open(struct sink *s, const char *path)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
	struct stat st;

	s->kind = SINK_FILE;
	s->fd = path ? open(path, flags, 0666) : STDOUT_FILENO;
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return -errno;
	if (S_ISSOCK(st.st_mode))
		s->kind = SINK_SOCKET;
	else if (!path && (S_ISFIFO(st.st_mode) || isatty(s->fd) == 1))
		use_pipe(s);
	else if (S_ISFIFO(st.st_mode)) {
		s->kind = SINK_PIPE;
		fcntl(s->fd, F_SETPIPE_SZ, SINK_PIPE_BYTES);
		fcntl(s->fd, F_SETFL, O_NONBLOCK);
	}
	return 0;
}

int
sink_take_back(struct sink *s, size_t n)
{
	off_t at = lseek(s->fd, 0, SEEK_CUR);
	struct stat st;

	if (at < 0 || fstat(s->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || at < (off_t)n)
		return -ESPIPE;
	if (ftruncate(s->fd, at - (off_t)n) < 0)
		return -errno;
	return lseek(s->fd, at - (off_t)n, SEEK_SET) < 0 ? -errno : 0;
}

int
sink_remove(const char *path)
{
	return unlink(path) < 0 ? -errno : 0;
}

int
sink_close(struct sink *s)
{
	int rc = s->fd >= 0 && close(s->fd) < 0 ? -errno : 0;

	s->fd = -1;
	return rc;
}

bool
sink_is_same_file(const char *path, const char *other)
{
	struct stat one;
	struct stat two;

	if ((path ? stat(path, &one) : fstat(STDOUT_FILENO, &one)) < 0 ||
	    stat(other, &two) < 0)
		return false;
	return S_ISREG(one.st_mode) && one.st_dev == two.st_dev &&
	       one.st_ino == two.st_ino;
}

bool
sink_is_terminal(const struct sink *s)
{
	return isatty(s->fd) == 1;
}

bool
sink_is_watchable(const struct sink *s)
{
	return s->kind != SINK_FILE;
}

static long
write_some(const struct sink *s, const uint8_t *p, size_t n)
{
	struct pollfd out = {.fd = s->fd, .events = POLLOUT};

	if (s->kind == SINK_SOCKET)
		return send(s->fd, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (s->kind == SINK_SHARED) {
		if (poll(&out, 1, 0) <= 0) {
			errno = EAGAIN;
			return -1;
		}
		n = n < PIPE_BUF ? n : PIPE_BUF;
	}
	return write(s->fd, p, n);
}

void
sink_wait(const struct sink *s, int milliseconds)
{
	poll(&(struct pollfd){.fd = s->fd, .events = POLLOUT}, 1, milliseconds);
}

long
sink_write(struct sink *s, const uint8_t *p, size_t n)
{
	long rc = write_some(s, p, n);
	int error = errno;

	if (rc > 0)
		return rc;
	if (rc == 0)
		return -EIO;
	if (error == EAGAIN && s->kind == SINK_FILE)
		sink_wait(s, -1);
	return error == EAGAIN || error == EINTR ? 0 : -error;
}
