/* Files that appear at once. It knows nothing of what is in them. */
#include "sys/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLAGS (O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)

static bool
is_renamed(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 || S_ISREG(st.st_mode);
}

static void
forget(struct whole_file *f)
{
	free(f->temporary);
	*f = (struct whole_file){.fd = -1};
}

int
whole_file_open(struct whole_file *f, const char *path)
{
	size_t n = strlen(path);
	int rc;

	*f = (struct whole_file){.path = path, .fd = -1};
	if (strcmp(path, "-") == 0)
		f->fd = STDOUT_FILENO;
	if (f->fd >= 0 || !is_renamed(path))
		return 0;
	f->temporary = malloc(n + sizeof(".tmp"));
	if (!f->temporary) {
		forget(f);
		return -ENOMEM;
	}
	memcpy(f->temporary, path, n);
	memcpy(f->temporary + n, ".tmp", sizeof(".tmp"));
	unlink(f->temporary); /* a link that somebody left there is not followed */
	f->fd = open(f->temporary, FLAGS | O_EXCL, 0666);
	if (f->fd >= 0)
		return 0;
	rc = -errno;
	forget(f);
	return rc;
}

int
whole_file_write(struct whole_file *f, const char *p, size_t n)
{
	if (f->fd < 0)
		f->fd = open(f->path, FLAGS, 0666);
	if (f->fd < 0)
		return -errno;
	while (n > 0) {
		ssize_t rc = write(f->fd, p, n);

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc < 0)
			return -errno;
		p += rc;
		n -= (size_t)rc;
	}
	return 0;
}

int
whole_file_close(struct whole_file *f, bool is_good)
{
	int rc = 0;

	if (f->fd >= 0 && f->fd != STDOUT_FILENO && close(f->fd) < 0)
		rc = -errno;
	if (f->temporary && is_good && rc == 0 && rename(f->temporary, f->path) < 0)
		rc = -errno;
	if (f->temporary && (!is_good || rc < 0))
		unlink(f->temporary);
	forget(f);
	return rc;
}
