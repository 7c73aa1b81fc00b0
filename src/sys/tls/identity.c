/* Files of the client's certificate and key. Knows no certificate. */
#include "sys/tls/identity.h"

#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "sys/trust.h"

bool
tls_identity_read(struct tls_identity *id, const struct tls_options *o, struct text *why)
{
	memset(id, 0, sizeof *id);
	if (o->cert_file == NULL && o->key_file == NULL)
		return true;
	if (o->cert_file == NULL || o->key_file == NULL) {
		text_str(why, "a client certificate and its key go together");
		return false;
	}
	if (!trust_read("certificate", o->cert_file, &id->cert, &id->cert_n, why) ||
	    !trust_read("key", o->key_file, &id->key, &id->key_n, why))
		return false;
	if (o->key_pass_file == NULL)
		return true;
	if (!trust_read("passphrase", o->key_pass_file, &id->pass, &id->pass_all, why))
		return false;
	id->pass_n = strcspn(id->pass, "\r\n");
	return true;
}

void
tls_identity_wipe(struct tls_identity *id)
{
	trust_wipe(id->cert, id->cert_n); /* the key may be in the same file */
	trust_wipe(id->key, id->key_n);
	trust_wipe(id->pass, id->pass_all);
	memset(id, 0, sizeof *id);
}

static uint64_t
ns_of(struct timespec t)
{
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void
tls_identity_stamp(struct tls_identity_stamp *s, const struct tls_options *o)
{
	const char *paths[] = {o->cert_file, o->key_file, o->key_pass_file};

	memset(s, 0, sizeof *s);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		uint64_t *file = s->file[i];
		struct stat st;

		if (paths[i] == NULL || stat(paths[i], &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		file[0] = st.st_dev;
		file[1] = st.st_ino;
		file[2] = (uint64_t)st.st_size;
		file[3] = ns_of(st.st_mtim);
		file[4] = ns_of(st.st_ctim);
	}
}

/* \1 and \2 stand for the files of certificate and key. */
static const char *const phrases[] = {
    [TLS_IDENTITY_NO_CERTIFICATE] = "no certificate in \1; give a PEM file",
    [TLS_IDENTITY_BAD_CERTIFICATE] = "a certificate in \1 cannot be read: "
				     "give a PEM file",
    [TLS_IDENTITY_NO_KEY] = "no private key in \2 that can be read: "
			    "give a PEM file",
    [TLS_IDENTITY_ENCRYPTED] = "key \2 is encrypted: its passphrase is needed: "
			       "give --key-pass-file",
    [TLS_IDENTITY_WRONG_PASSPHRASE] = "wrong passphrase for key \2: "
				      "check --key-pass-file",
    [TLS_IDENTITY_UNKNOWN_KEY] = "key \2 is not RSA, P-256, P-384 or P-521",
    [TLS_IDENTITY_MISMATCH] = "key \2 does not match the certificate in \1: "
			      "give the two that belong together",
    [TLS_IDENTITY_ORDER] =
	"certificates in \1 are in the wrong order: the client's own first, then its issuers",
    [TLS_IDENTITY_TOO_LONG] =
	"certificates in \1 are too long to be sent: leave the root out",
};

bool
tls_identity_refuse(struct text *why, const struct tls_options *o,
		    enum tls_identity_fault fault)
{
	for (const char *s = phrases[fault]; *s != 0; s++) {
		if (*s == 1)
			text_escape(why, span_str(o->cert_file));
		else if (*s == 2)
			text_escape(why, span_str(o->key_file));
		else
			text_char(why, *s);
	}
	return false;
}
