#ifndef SYS_TRANSPORT_H
#define SYS_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes over a connected descriptor (a socket, a fifo, a regular file), whatever carries
 * them: a session that wants to write in order to read (TLS) says so in the result.
 */
struct transport {
	int fd; /* -1: closed */
};

enum transport_result {
	TRANSPORT_DONE,	     /* *n bytes, at least one */
	TRANSPORT_WANTS_IN,  /* nothing now: when the descriptor is readable */
	TRANSPORT_WANTS_OUT, /* when it is writable */
	TRANSPORT_END,	     /* the peer ended its side as it should */
	TRANSPORT_FAILED     /* *error is -errno */
};

/* Takes fd, which is non-blocking, or a regular file's. */
void transport_open(struct transport *t, int fd);

/* Opens a file or fifo for reading: 0, or -errno with t closed. */
int transport_open_file(struct transport *t, const char *path, bool *is_regular);

void transport_close(struct transport *t);

enum transport_result transport_read(struct transport *t, uint8_t *mem, size_t cap,
				     size_t *n, int *error);
enum transport_result transport_write(struct transport *t, const uint8_t *p, size_t size,
				      size_t *n, int *error);

#endif
