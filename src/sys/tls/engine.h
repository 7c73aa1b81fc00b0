#ifndef SYS_TLS_ENGINE_H
#define SYS_TLS_ENGINE_H

#include "sys/tls/reason.h"
#include "sys/tls/socket.h"

/*
 * The seam between sessions (tls_session.c) and the library (tls.c): one attempt each, no
 * memory of what failed.
 */
struct tls_engine;

/* Whom the certificate must be for, and where complaints about it go. */
struct tls_engine_peer {
	char host[256];
	uint8_t address[16];
	size_t address_n; /* 0: host is a name */
	struct text *reason;
};

/* Both are borrowed until the engine is freed. NULL: no memory. */
struct tls_engine *tls_engine_new(const struct tls_config *config,
				  struct tls_socket *socket,
				  const struct tls_engine_peer *peer);
void tls_engine_free(struct tls_engine *e);

enum tls_engine_status {
	TLS_ENGINE_DONE,
	TLS_ENGINE_WANTS_IN, /* or skipped a message: then the socket was not blocked */
	TLS_ENGINE_WANTS_OUT,
	TLS_ENGINE_CLOSED, /* by close_notify */
	TLS_ENGINE_FAILED  /* *facts, but for is_open, error and first */
};

enum tls_engine_status tls_engine_handshake(struct tls_engine *e,
					    struct tls_reason_facts *facts);

/* DONE: *n bytes, at least one; read takes from one record, write makes at most one. */
enum tls_engine_status tls_engine_read(struct tls_engine *e, uint8_t *mem, size_t cap,
				       size_t *n, struct tls_reason_facts *facts);
enum tls_engine_status tls_engine_write(struct tls_engine *e, const uint8_t *p,
					size_t size, size_t *n,
					struct tls_reason_facts *facts);
void tls_engine_say_goodbye(struct tls_engine *e);

/* Decrypted bytes wait. */
bool tls_engine_has_pending(const struct tls_engine *e);
void tls_engine_describe(const struct tls_engine *e, struct text *out);

#endif
