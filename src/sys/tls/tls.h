#ifndef SYS_TLS_TLS_H
#define SYS_TLS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

/*
 * The client side of TLS 1.2 and 1.3 over a connected, non-blocking socket. The server's
 * certificate counts only when it is of X.509 version 3, valid now, for servers, chained by
 * SHA-2 signatures and keys of at least RSA 2048 or P-256 to a trusted one, and names the
 * host as subjectAltName (RFC 9525; dNSName for names, iPAddress for addresses). Neither
 * revocation nor name constraints are looked at; a certificate with a critical extension that is
 * not known, as these are, is refused. So are keys and signatures of Ed25519.
 *
 * A session takes at most TLS_SESSION_BYTES of heap once its handshake is over, when the
 * server sent a usual chain of three: records of 16 KiB in and 8 out, 4 read ahead, the
 * certificates. More of these than 16 KiB are refused. Handshakes belong to one thread;
 * after that, reads and writes of different sessions may run on different threads.
 */
#define TLS_SESSION_BYTES (48u * 1024)
#define TLS_CHAIN_BYTES	  7936u /* of own certificates: one record of 8 KiB, less heads */

enum tls_max { TLS_MAX_1_3, TLS_MAX_1_2 };

struct tls_options {
	const char *ca; /* file or directory; NULL: the machine's trust (trust.h) */
	const char *cert_file; /* own certificate, then its issuers; with key_file */
	const char *key_file; /* RSA or ECDSA; PKCS#1, PKCS#8 or SEC1; may be encrypted */
	const char *key_pass_file; /* its first line is the passphrase */
	enum tls_max max;
	bool is_insecure; /* any certificate will do */
};

/*
 * What all sessions share. NULL: *why is one sentence. The paths are borrowed until the
 * caller frees it, after the last session.
 */
struct tls_config *tls_config_new(const struct tls_options *o, struct text *why);

/*
 * Before a session: reads certificate and key again if a file changed. False: *why says what
 * is wrong with the new ones, once for each change; sessions go on to use the ones before.
 */
bool tls_config_refresh(struct tls_config *c, struct text *why);
void tls_config_free(struct tls_config *c);

/* In the order of enum transport_result. */
enum tls_result {
	TLS_DONE,      /* for reads and writes: *n bytes, at least one */
	TLS_WANTS_IN,  /* nothing now: when the socket is readable */
	TLS_WANTS_OUT, /* when it is writable, for reads too */
	TLS_END,       /* the server closed the session as it should (close_notify) */
	TLS_FAILED     /* for good; tls_cause, tls_reason */
};

enum tls_cause {
	TLS_CAUSE_NONE,
	TLS_CAUSE_CERTIFICATE, /* the server's was refused: no use in trying again */
	TLS_CAUSE_OFFER,       /* the server takes nothing of what we offered */
	TLS_CAUSE_ALERT,       /* the server refused us, or what we sent */
	TLS_CAUSE_TRUNCATED,   /* connection closed without close_notify */
	TLS_CAUSE_KEY_UPDATE,  /* the server renewed its key (TLS 1.3): connect again */
	TLS_CAUSE_SOCKET,      /* *error of the last call is why */
	TLS_CAUSE_PROTOCOL     /* anything else */
};

struct tls;

/*
 * A session over fd, which stays the caller's; host is the name, or the address, that the
 * certificate must be for and is copied. Sends nothing. NULL: no memory, or host is longer
 * than 255 bytes. tls_close frees it from any state; it says close_notify when that can be
 * sent at once.
 */
struct tls *tls_open(const struct tls_config *config, int fd, const char *host);
void tls_close(struct tls *t);

/* DONE once the server is known to be the one; never END. */
enum tls_result tls_handshake(struct tls *t);

/*
 * After the handshake. Reading goes on until cap (> 0) is full or nothing is left to read.
 * *error: 0, or -errno of the socket, or -EPROTO. After WANTS_OUT a write is repeated with
 * bytes that begin with the same. What ended a session once, ends every later call.
 */
enum tls_result tls_read(struct tls *t, uint8_t *mem, size_t cap, size_t *n, int *error);
enum tls_result tls_write(struct tls *t, const uint8_t *p, size_t size, size_t *n,
			  int *error);

/* The next read has something to say though the socket may stay silent; not after WANTS. */
bool tls_has_pending(const struct tls *t);

/* After FAILED: what, and one phrase for a person, nothing in it unescaped. */
enum tls_cause tls_cause(const struct tls *t);
const char *tls_reason(struct tls *t);

/* Version and cipher suite, after the handshake. */
void tls_describe(const struct tls *t, struct text *out);

#endif
