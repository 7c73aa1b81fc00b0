#ifndef SYS_TLS_REASON_H
#define SYS_TLS_REASON_H

#include "sys/tls/tls.h"

/* Why a session failed, in words. Pure. */

enum tls_reason_kind {
	TLS_REASON_SOCKET,	/* error */
	TLS_REASON_CERTIFICATE, /* of the server; it may have been explained before */
	TLS_REASON_ALERT,	/* code, has_identity */
	TLS_REASON_CLOSED,	/* without close_notify */
	TLS_REASON_KEY_UPDATE,
	TLS_REASON_OTHER /* words */
};

struct tls_reason_facts {
	enum tls_reason_kind kind;
	bool is_open;	   /* after the handshake */
	bool has_identity; /* a client certificate was at hand */
	bool is_offer;	   /* an alert in the place of the ServerHello */
	int first;	   /* byte that the server sent, -1: none */
	int error;	   /* -errno */
	uint8_t code;	   /* of the alert, RFC 8446 section 6 */
	const char *words; /* the library's */
};

enum tls_cause tls_reason_put(struct text *out, const struct tls_reason_facts *f);

#endif
