#ifndef SYS_TLS_VERDICT_H
#define SYS_TLS_VERDICT_H

#include "base/span.h"

struct text;

/* Judges a server's certificate, or one that issued it, by what was read from it. Pure. */

/* Faults: what verification of the chain found. */
enum {
	TLS_VERDICT_EXPIRED = 1 << 0,
	TLS_VERDICT_FUTURE = 1 << 1,
	TLS_VERDICT_UNTRUSTED = 1 << 2,	 /* no trusted certificate issued it */
	TLS_VERDICT_WEAK_HASH = 1 << 3,	 /* in its signature */
	TLS_VERDICT_WEAK_KEY = 1 << 4,	 /* its own, or its issuer's */
	TLS_VERDICT_KEY_USAGE = 1 << 5,	 /* may not sign a handshake */
	TLS_VERDICT_NOT_SERVER = 1 << 6, /* extended key usage lacks serverAuth */
	TLS_VERDICT_OTHER = 1 << 7
};

/* Kinds of names that count: tags of GeneralName, RFC 5280 section 4.2.1.6. */
enum { TLS_VERDICT_DNS = 2, TLS_VERDICT_ADDRESS = 7 };

#define TLS_VERDICT_SHOWN 4 /* names in a reason */

struct tls_verdict {
	/* By the caller; all borrowed. */
	const char *host;
	struct span address; /* n is 0: host is a name */
	bool is_leaf;	     /* the server's own: names count */
	bool has_names;	     /* a subjectAltName extension */
	int version;	     /* of X.509: 1 to 3 */
	unsigned faults;
	unsigned rsa_bits; /* 0: no RSA key */
	const char *subject;
	const char *issuer;
	const char *hash; /* of the signature */
	char from[32];	  /* validity */
	char to[32];

	/* By tls_verdict_name. */
	bool is_named;
	bool is_address_as_name;
	size_t n_names;
	struct {
		unsigned kind;
		struct span name;
	} shown[TLS_VERDICT_SHOWN];
};

/* One name of the certificate after the other; other kinds than the two are left out. */
void tls_verdict_name(struct tls_verdict *v, unsigned kind, struct span name);

/* True: it is good. Else *reason gets a phrase for each thing that is wrong. */
bool tls_verdict_give(const struct tls_verdict *v, struct text *reason);

#endif
