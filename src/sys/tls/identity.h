#ifndef SYS_TLS_IDENTITY_H
#define SYS_TLS_IDENTITY_H

#include "sys/tls/tls.h"

/* The client's own certificate and key, as files, and what can be wrong with them. */
struct tls_identity {
	char *cert; /* each with a NUL behind its bytes */
	char *key;
	char *pass; /* NULL: none given */
	size_t cert_n;
	size_t key_n;
	size_t pass_n; /* the first line */
	size_t pass_all;
};

/* True: read, or none asked for (cert is NULL). The caller wipes it in either case. */
bool tls_identity_read(struct tls_identity *id, const struct tls_options *o,
		       struct text *why);
void tls_identity_wipe(struct tls_identity *id);

/* Differs when one of the files may have: regular ones, a pipe can be read but once. */
struct tls_identity_stamp {
	uint64_t file[3][5]; /* device, inode, bytes, ns of the last write and change */
};

void tls_identity_stamp(struct tls_identity_stamp *s, const struct tls_options *o);

enum tls_identity_fault {
	TLS_IDENTITY_NO_CERTIFICATE,
	TLS_IDENTITY_BAD_CERTIFICATE,
	TLS_IDENTITY_NO_KEY,
	TLS_IDENTITY_ENCRYPTED,
	TLS_IDENTITY_WRONG_PASSPHRASE,
	TLS_IDENTITY_UNKNOWN_KEY,
	TLS_IDENTITY_MISMATCH,
	TLS_IDENTITY_ORDER,
	TLS_IDENTITY_TOO_LONG
};

/* Says what it is, with the file's name, and false. */
bool tls_identity_refuse(struct text *why, const struct tls_options *o,
			 enum tls_identity_fault fault);

#endif
