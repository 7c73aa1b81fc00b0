/* Plain or TLS. It knows nothing of what the bytes are. */
#include "sys/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void
transport_open(struct transport *t, int fd)
{
	*t = (struct transport){.fd = fd};
}

int
transport_open_file(struct transport *t, const char *path, bool *is_regular)
{
	struct stat st;
	int rc = 0;

	*is_regular = false;
	transport_open(t, open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	if (t->fd < 0)
		return -errno;
	if (fstat(t->fd, &st) < 0)
		rc = -errno;
	else if (S_ISDIR(st.st_mode))
		rc = -EISDIR;
	else
		*is_regular = S_ISREG(st.st_mode);
	if (rc < 0) {
		close(t->fd);
		t->fd = -1;
	}
	return rc;
}

int
transport_open_child(struct transport *t, struct spawn_set *set,
		     const struct spawn_options *o)
{
	struct spawn *child;
	int fd;
	int rc = spawn_start(set, o, &child, &fd);

	transport_open(t, rc < 0 ? -1 : fd);
	t->child = rc < 0 ? NULL : child;
	return rc;
}

bool
transport_has_failed(const struct transport *t, struct text *out)
{
	struct span last;
	int status;

	if (!t->child || !spawn_has_ended(t->child, &status) || status == 0)
		return false;
	last = spawn_last_line(t->child);
	text_str(out, WIFEXITED(status) ? "ended with status " : "was ended by signal ");
	text_u64(out,
		 (uint64_t)(WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status)));
	text_str(out, last.n > 0 ? ": " : "");
	text_put(out, last);
	return true;
}

void
transport_stop_child(struct transport *t)
{
	if (t->child)
		spawn_stop(t->child);
}

bool
transport_start_tls(struct transport *t, const struct tls_config *config,
		    const char *host)
{
	t->tls = tls_open(config, t->fd, host);
	return t->tls != NULL;
}

/* The two enums name the same things in the same order. */
static enum transport_result
result_of(enum tls_result result)
{
	_Static_assert((int)TLS_DONE == (int)TRANSPORT_DONE &&
			   (int)TLS_FAILED == (int)TRANSPORT_FAILED,
		       "tls.h promises it");
	return (enum transport_result)(int)result;
}

enum transport_result
transport_handshake(struct transport *t)
{
	return result_of(tls_handshake(t->tls));
}

bool
transport_has_pending(const struct transport *t)
{
	return t->tls && tls_has_pending(t->tls);
}

enum tls_cause
transport_cause(const struct transport *t)
{
	return t->tls ? tls_cause(t->tls) : TLS_CAUSE_NONE;
}

const char *
transport_reason(struct transport *t, int error)
{
	return t->tls ? tls_reason(t->tls) : strerror(-error);
}

void
transport_close(struct transport *t)
{
	tls_close(t->tls);
	t->tls = NULL;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	if (t->child)
		spawn_leave(t->child);
	t->child = NULL;
}

static enum transport_result
failure(enum transport_result wants, int *error)
{
	if (errno == EAGAIN || errno == EINTR)
		return wants;
	*error = -errno;
	return TRANSPORT_FAILED;
}

/* A fifo that no writer has opened yet reads as its end, too; but poll tells of an end. */
static bool
is_end(int fd)
{
	struct pollfd in = {.fd = fd, .events = POLLIN};

	return poll(&in, 1, 0) != 0;
}

enum transport_result
transport_read(struct transport *t, uint8_t *mem, size_t cap, size_t *n, int *error)
{
	ssize_t rc;

	if (t->tls)
		return result_of(tls_read(t->tls, mem, cap, n, error));
	rc = read(t->fd, mem, cap);
	*n = rc > 0 ? (size_t)rc : 0;
	*error = 0;
	if (rc > 0)
		return TRANSPORT_DONE;
	if (rc == 0)
		return is_end(t->fd) ? TRANSPORT_END : TRANSPORT_WANTS_IN;
	return failure(TRANSPORT_WANTS_IN, error);
}

enum transport_result
transport_write(struct transport *t, const uint8_t *p, size_t size, size_t *n, int *error)
{
	ssize_t rc;

	if (t->tls)
		return result_of(tls_write(t->tls, p, size, n, error));
	rc = write(t->fd, p, size);
	*n = rc > 0 ? (size_t)rc : 0;
	*error = 0;
	return rc >= 0 ? TRANSPORT_DONE : failure(TRANSPORT_WANTS_OUT, error);
}
