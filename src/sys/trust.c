/* Where a machine keeps the certificates it trusts. Knows paths, not certificates. */
#include "sys/trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static const char *const usual_files[] = {
    "/etc/ssl/certs/ca-certificates.crt", /* Debian, Alpine, Arch, Gentoo */
    "/etc/pki/tls/certs/ca-bundle.crt",	  /* Fedora, RHEL */
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* RHEL */
    "/etc/ssl/ca-bundle.pem",				 /* SUSE */
    "/var/lib/ca-certificates/ca-bundle.pem",		 /* SUSE */
    "/etc/pki/tls/cacert.pem",
    "/etc/ssl/cert.pem", /* Alpine without its package, BSD */
    NULL,
};

static const char *const usual_dirs[] = {
    "/etc/ssl/certs",
    "/etc/pki/tls/certs",
    "/var/lib/ca-certificates/pem",
    NULL,
};

void
trust_wipe(char *bytes, size_t n)
{
	if (bytes != NULL)
		explicit_bzero(bytes, n);
	free(bytes);
}

void
trust_clear(void *mem, size_t n)
{
	explicit_bzero(mem, n);
}

bool
trust_is_exposed(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       (st.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

/* Twice the room, and one byte for the NUL: 0 or -errno. */
static int
grow(char **mem, size_t *cap)
{
	size_t want = *cap > 0 ? 2 * *cap : 16 * 1024;
	char *more;

	if (want > TRUST_FILE_BYTES)
		return -EFBIG;
	more = malloc(want + 1);
	if (more == NULL)
		return -ENOMEM;
	if (*mem != NULL)
		memcpy(more, *mem, *cap);
	trust_wipe(*mem, *cap); /* a key's first bytes stay nowhere */
	*mem = more;
	*cap = want;
	return 0;
}

static int
read_all(int fd, char **bytes, size_t *n)
{
	size_t cap = 0;
	ssize_t got = 1;
	int rc = 0;

	while (rc == 0 && got > 0) {
		if (*n == cap && (rc = grow(bytes, &cap)) < 0)
			break;
		got = read(fd, *bytes + *n, cap - *n);
		*n += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		rc = -errno;
	if (rc == 0) {
		(*bytes)[*n] = 0;
		return 0;
	}
	trust_wipe(*bytes, cap);
	*bytes = NULL;
	return rc;
}

static int
read_path(const char *path, char **bytes, size_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc;

	*bytes = NULL;
	*n = 0;
	if (fd < 0)
		return -errno;
	rc = read_all(fd, bytes, n);
	close(fd);
	return rc;
}

static void
put_problem(struct text *why, const char *path, int rc)
{
	text_escape(why, span_str(path));
	text_str(why, ": ");
	text_str(why, strerror(-rc));
	text_str(why, "; give a file that can be read");
}

bool
trust_read(const char *what, const char *path, char **bytes, size_t *n, struct text *why)
{
	int rc = read_path(path, bytes, n);

	if (rc == 0)
		return true;
	text_str(why, what);
	text_char(why, ' ');
	put_problem(why, path, rc);
	return false;
}

static int
load_file(const char *path, struct trust_taker *taker, size_t *taken)
{
	char *bytes;
	size_t n;
	int rc = read_path(path, &bytes, &n);

	if (rc == 0)
		*taken += taker->take(taker, bytes, n);
	free(bytes);
	return rc;
}

/* Regular, and not a link to a sibling (X.pem and the hash of its name, say). */
static bool
is_file_of_its_own(const char *path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof target);
	struct stat st;

	if (n > 0 && memchr(target, '/', (size_t)n) == NULL)
		return false;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int
load_dir(const char *path, struct trust_taker *taker, size_t *taken)
{
	char file[PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(path);

	if (dir == NULL)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		int n = snprintf(file, sizeof file, "%s/%s", path, entry->d_name);

		if (n > 0 && (size_t)n < sizeof file && is_file_of_its_own(file))
			load_file(file, taker, taken);
	}
	closedir(dir);
	return 0;
}

static int
load(const char *path, struct trust_taker *taker, size_t *taken)
{
	struct stat st;

	*taken = 0;
	if (stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? load_dir(path, taker, taken)
				   : load_file(path, taker, taken);
}

size_t
trust_load(const char *path, struct trust_taker *taker, struct text *why)
{
	size_t taken;
	int rc = load(path, taker, &taken);

	if (rc < 0) {
		text_str(why, "trusted certificates ");
		put_problem(why, path, rc);
	} else if (taken == 0) {
		text_str(why, "no certificate in ");
		text_escape(why, span_str(path));
		text_str(why, "; give a PEM file, or a directory of such");
	}
	return taken;
}

static size_t
try_place(const char *path, struct trust_taker *taker, struct text *tried)
{
	size_t taken;
	int rc = load(path, taker, &taken);

	text_str(tried, tried->n > 0 ? ", " : "");
	if (rc == 0 || rc == -ENOENT)
		text_escape(tried, span_str(path));
	else
		put_problem(tried, path, rc);
	return taken;
}

/* The entries of a list with colons, one after the other. */
static size_t
try_list(const char *list, struct trust_taker *taker, struct text *tried)
{
	struct span rest = span_str(list);
	char path[PATH_MAX];
	size_t sum = 0;

	while (rest.n > 0) {
		struct span part = span_split(&rest, ':');

		if (part.n == 0 || part.n >= sizeof path)
			continue;
		memcpy(path, part.p, part.n);
		path[part.n] = 0;
		sum += try_place(path, taker, tried);
	}
	return sum;
}

static const char *
variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != 0 ? value : NULL;
}

static size_t
try_usual(struct trust_taker *taker, struct text *tried)
{
	const char *file = variable("SSL_CERT_FILE"), *dirs = variable("SSL_CERT_DIR");
	size_t sum = 0, i;

	if (file != NULL)
		sum += try_place(file, taker, tried);
	for (i = 0; file == NULL && sum == 0 && usual_files[i] != NULL; i++)
		sum += try_place(usual_files[i], taker, tried);
	if (dirs != NULL)
		return sum + try_list(dirs, taker, tried);
	if (file == NULL && sum > 0)
		return sum;
	for (i = 0; usual_dirs[i] != NULL; i++)
		sum += try_place(usual_dirs[i], taker, tried);
	return sum;
}

size_t
trust_load_default(struct trust_taker *taker, struct text *why)
{
	char mem[1024];
	struct text tried;
	size_t sum;

	text_init(&tried, mem, sizeof mem);
	sum = try_usual(taker, &tried);
	if (sum > 0)
		return sum;
	text_str(why, "no trusted certificates on this machine, tried ");
	text_put(why, text_span(&tried));
	text_str(why, "; give -ca FILE");
	return 0;
}
