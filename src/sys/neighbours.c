/* The processes of a pipeline, from /proc. */
#include "sys/neighbours.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/num.h"

#define PATH_SIZE     64  /* "/proc/4294967295/fd/1" */
#define STAT_SIZE     512 /* of /proc/PID/stat: the group stands near its beginning */
#define DEV_TTY_MAJOR 5	  /* /dev/tty, minor 0: everybody's own terminal */

struct look {
	struct stat terminal;
	struct stat pipe;
	uint64_t group;
	bool has_reader;
	bool is_loud;
	bool is_unknown;
};

static int
stat_fd(pid_t pid, int fd, struct stat *st)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "/proc/%ld/fd/%d", (long)pid, fd);
	return stat(path, st) < 0 ? -errno : 0;
}

/* "PID (name) S PPID PGRP ...", where the name may have any character; 0: not told. */
static uint64_t
parse_group(const char *text)
{
	const char *name_end = strrchr(text, ')');
	struct span rest = span_str(name_end ? name_end : "");
	struct span field = {0};
	uint64_t group;

	for (int i = 0; i < 4; i++)
		field = span_split(&rest, ' ');
	return num_parse_u64(field, INT_MAX, &group) ? group : 0;
}

static uint64_t
group_of(pid_t pid)
{
	char path[PATH_SIZE];
	char text[STAT_SIZE];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return parse_group(text);
}

static bool
is_terminal(const struct look *l, const struct stat *st)
{
	return S_ISCHR(st->st_mode) && (st->st_rdev == l->terminal.st_rdev ||
					st->st_rdev == makedev(DEV_TTY_MAJOR, 0));
}

/* A descriptor that is closed, and a process that has just gone, are -ENOENT. */
static void
look_at(struct look *l, pid_t pid)
{
	struct stat in;
	struct stat out;
	int rc = stat_fd(pid, STDOUT_FILENO, &out);

	if (rc < 0 && rc != -ENOENT)
		l->is_unknown = true;
	if (rc == 0 && is_terminal(l, &out))
		l->is_loud = true;
	if (stat_fd(pid, STDIN_FILENO, &in) == 0 && in.st_dev == l->pipe.st_dev &&
	    in.st_ino == l->pipe.st_ino)
		l->has_reader = true;
}

static bool
look_at_all(struct look *l)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (!dir)
		return false;
	while ((entry = readdir(dir)) != NULL) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid > 0 && pid != getpid() && group_of(pid) == l->group)
			look_at(l, pid);
	}
	closedir(dir);
	return true;
}

enum neighbours
neighbours_look(int terminal_fd, int pipe_fd)
{
	struct look l = {.group = (uint64_t)getpgrp()};

	if (fstat(terminal_fd, &l.terminal) < 0 || fstat(pipe_fd, &l.pipe) < 0 ||
	    !look_at_all(&l))
		return NEIGHBOURS_UNKNOWN;
	if (l.is_loud)
		return NEIGHBOURS_LOUD;
	return l.is_unknown || !l.has_reader ? NEIGHBOURS_UNKNOWN : NEIGHBOURS_QUIET;
}
