#ifndef SYS_SINK_H
#define SYS_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where the merged stream goes: a file, or whatever standard output is. Writing to a
 * pipe or a socket never blocks; the inherited descriptor's O_NONBLOCK, which belongs to
 * others as well, is never touched.
 */
#define SINK_PIPE_BYTES (1024 * 1024) /* a 1 MiB pipe carries four times a 64 KiB one */

enum sink_kind {
	SINK_FILE,   /* never says AGAIN: regular files, /dev/null */
	SINK_PIPE,   /* a pipe or terminal with an open file description of our own */
	SINK_SHARED, /* a pipe that could not be re-opened: writes of PIPE_BUF at most */
	SINK_SOCKET
};

struct sink {
	enum sink_kind kind;
	int fd;
};

/*
 * path NULL: standard output; else the file, made or emptied (a fifo: blocks until it
 * has a reader). 0 or -errno.
 */
int sink_open(struct sink *s, const char *path);

/* Takes the last n bytes back from a regular file; 0, or -errno (-ESPIPE: it is none). */
int sink_take_back(struct sink *s, size_t n);

/* Removes a file: 0 or -errno. */
int sink_remove(const char *path);

/* Closes it: 0, or -errno when data may have been lost (a full disk told late). */
int sink_close(struct sink *s);

/* Whether both name the same regular file, which is there; path NULL: standard output. */
bool sink_is_same_file(const char *path, const char *other);

bool sink_is_terminal(const struct sink *s);

/* Whether the loop can watch s->fd. */
bool sink_is_watchable(const struct sink *s);

/* Bytes written, at least 1; 0: not now; -errno (-EPIPE: the reader has gone). */
long sink_write(struct sink *s, const uint8_t *p, size_t n);

/* Waits until it may take more, for so long at most. */
void sink_wait(const struct sink *s, int milliseconds);

#endif
