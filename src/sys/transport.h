#ifndef SYS_TRANSPORT_H
#define SYS_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/spawn.h"
#include "sys/tls/tls.h"

/*
 * Bytes over a connected descriptor (a socket, a fifo, a regular file, a command), plain or
 * over TLS: a session that wants to write in order to read says so in the result.
 */
struct transport {
	int fd;		     /* -1: closed */
	struct tls *tls;     /* NULL: plain */
	struct spawn *child; /* what is at the other end; NULL: nothing of ours */
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

/* Runs a command: 0, or -errno with t closed. */
int transport_open_child(struct transport *t, struct spawn_set *set,
			 const struct spawn_options *o);

/*
 * Goes over to TLS: transport_handshake until DONE, before anything else. host is whom the
 * certificate must be for. False: no memory, or host is too long.
 */
bool transport_start_tls(struct transport *t, const struct tls_config *config,
			 const char *host);
enum transport_result transport_handshake(struct transport *t);

/* The next read has something to say though the descriptor may stay silent. */
bool transport_has_pending(const struct transport *t);

/* Why a TLS session failed, and what to say; CAUSE_NONE of a plain one. */
enum tls_cause transport_cause(const struct transport *t);
const char *transport_reason(struct transport *t, int error);

/* Whether a command has ended in failure: how, untrusted, to out. */
bool transport_has_failed(const struct transport *t, struct text *out);

/* A command's input ends here, and it too in a while. What it writes can be read. */
void transport_stop_child(struct transport *t);

/* Ends TLS as it should be ended, if that needs no waiting; leaves a command. */
void transport_close(struct transport *t);

enum transport_result transport_read(struct transport *t, uint8_t *mem, size_t cap,
				     size_t *n, int *error);
enum transport_result transport_write(struct transport *t, const uint8_t *p, size_t size,
				      size_t *n, int *error);

#endif
