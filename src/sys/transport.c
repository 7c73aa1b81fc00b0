/* The plain transport. It knows nothing of what the bytes are. */
#include "sys/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void
transport_open(struct transport *t, int fd)
{
	t->fd = fd;
}

int
transport_open_file(struct transport *t, const char *path, bool *is_regular)
{
	struct stat st;
	int rc = 0;

	*is_regular = false;
	t->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0)
		return -errno;
	if (fstat(t->fd, &st) < 0)
		rc = -errno;
	else if (S_ISDIR(st.st_mode))
		rc = -EISDIR;
	else
		*is_regular = S_ISREG(st.st_mode);
	if (rc < 0)
		transport_close(t);
	return rc;
}

void
transport_close(struct transport *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static enum transport_result
failure(enum transport_result wants, int *error)
{
	if (errno == EAGAIN || errno == EINTR)
		return wants;
	*error = -errno;
	return TRANSPORT_FAILED;
}

enum transport_result
transport_read(struct transport *t, uint8_t *mem, size_t cap, size_t *n, int *error)
{
	ssize_t rc = read(t->fd, mem, cap);

	*n = rc > 0 ? (size_t)rc : 0;
	*error = 0;
	if (rc > 0)
		return TRANSPORT_DONE;
	return rc == 0 ? TRANSPORT_END : failure(TRANSPORT_WANTS_IN, error);
}

enum transport_result
transport_write(struct transport *t, const uint8_t *p, size_t size, size_t *n, int *error)
{
	ssize_t rc = write(t->fd, p, size);

	*n = rc > 0 ? (size_t)rc : 0;
	*error = 0;
	return rc >= 0 ? TRANSPORT_DONE : failure(TRANSPORT_WANTS_OUT, error);
}
