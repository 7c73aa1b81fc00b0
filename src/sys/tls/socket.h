#ifndef SYS_TLS_SOCKET_H
#define SYS_TLS_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of TLS records from and to a socket. mbedTLS asks for a head of 5 bytes, then for
 * exactly its body: what is read ahead makes one call to the kernel of the two.
 */
#define TLS_SOCKET_AHEAD 4096u /* many small records, or the head of the next large one */
#define TLS_SOCKET_READS 64    /* in one call: no server holds up the others for longer */

struct tls_socket {
	int fd;
	int error;	 /* -errno, once it failed */
	int first;	 /* byte that came; -1: none yet */
	int reads;	 /* left to this call */
	bool is_drained; /* the kernel has no more for this call */
	bool
	    is_blocked; /* BLOCKED was answered in this call; nothing is read ahead then */
	size_t ahead_at;
	size_t ahead_n;
	uint8_t ahead[TLS_SOCKET_AHEAD];
};

enum { TLS_SOCKET_BLOCKED = -1, TLS_SOCKET_FAILED = -2 };

/* fd is non-blocking and stays the caller's. */
void tls_socket_init(struct tls_socket *s, int fd);

/* A call of the session's owner begins: the kernel may be asked again. */
void tls_socket_begin(struct tls_socket *s);

/* Bytes, BLOCKED or FAILED; receiving, 0: the peer has closed. */
int tls_socket_receive(struct tls_socket *s, uint8_t *mem, size_t cap);
int tls_socket_send(struct tls_socket *s, const uint8_t *p, size_t n);

#endif
