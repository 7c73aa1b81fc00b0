/*
 * A server's certificates as the library read them: what is asked of each, for verdict.c to
 * say whether that is good enough.
 */
#include "sys/tls/chain.h"

#include <stdio.h>

#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include "base/text.h"
#include "sys/tls/engine.h"
#include "sys/tls/verdict.h"

static const struct {
	uint32_t flag;
	unsigned fault;
} faults[] = {
    {MBEDTLS_X509_BADCERT_EXPIRED, TLS_VERDICT_EXPIRED},
    {MBEDTLS_X509_BADCERT_FUTURE, TLS_VERDICT_FUTURE},
    {MBEDTLS_X509_BADCERT_NOT_TRUSTED, TLS_VERDICT_UNTRUSTED},
    {MBEDTLS_X509_BADCERT_BAD_MD, TLS_VERDICT_WEAK_HASH},
    {MBEDTLS_X509_BADCERT_BAD_KEY, TLS_VERDICT_WEAK_KEY},
    {MBEDTLS_X509_BADCERT_BAD_PK, TLS_VERDICT_WEAK_KEY},
    {MBEDTLS_X509_BADCERT_CN_MISMATCH, 0}, /* decided here */
};

static unsigned
find_faults(const mbedtls_x509_crt *crt, bool is_leaf, uint32_t flags)
{
	unsigned found = 0;

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		if (flags & faults[i].flag)
			found |= faults[i].fault;
		flags &= ~faults[i].flag;
	}
	if (is_leaf &&
	    mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0)
		found |= TLS_VERDICT_KEY_USAGE;
	if (mbedtls_x509_crt_check_extended_key_usage(
		crt, MBEDTLS_OID_SERVER_AUTH,
		MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)) != 0)
		found |= TLS_VERDICT_NOT_SERVER;
	return flags != 0 ? found | TLS_VERDICT_OTHER : found;
}

static const char *
hash_name(mbedtls_md_type_t md)
{
	if (md == MBEDTLS_MD_SHA1)
		return "SHA-1";
	return md == MBEDTLS_MD_MD5 ? "MD5" : "not SHA-2";
}

static void
put_date(char out[static 32], const mbedtls_x509_time *d)
{
	snprintf(out, 32, "%04d-%02d-%02d %02d:%02d:%02d UTC", d->year, d->mon, d->day,
		 d->hour, d->min, d->sec);
}

static void
put_subject(char *out, size_t cap, const mbedtls_x509_name *name)
{
	if (mbedtls_x509_dn_gets(out, cap, name) < 0)
		snprintf(out, cap, "too long a name");
}

const char *
tls_chain_oddity(int error)
{
	/* An error is the negative sum of one of 7 bits and one of multiples of 128. */
	switch (-(-error & ~0x7f)) {
	case MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG:
	case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
	case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
		return "a key or signature that is not supported, such as Ed25519: "
		       "use RSA, P-256, P-384 or P-521";
	}
	if (error ==
	    MBEDTLS_ERR_X509_INVALID_EXTENSIONS + MBEDTLS_ERR_ASN1_UNEXPECTED_TAG)
		return "a critical extension that is not supported, such as "
		       "nameConstraints, or a malformed one";
	return NULL;
}

bool
tls_chain_explain(struct text *out, int error, bool is_due)
{
	const char *oddity = tls_chain_oddity(error);
	size_t before = out->n;

	if (oddity != NULL) {
		text_str(out, "a certificate of the server has ");
		text_str(out, oddity);
	} else if (error == MBEDTLS_ERR_X509_FATAL_ERROR) {
		text_str(out, "the server's chain has more than ");
		text_u64(out, MBEDTLS_X509_MAX_VERIFY_CHAIN_SIZE);
		text_str(out, " certificates, the root included");
	} else if (error == MBEDTLS_ERR_SSL_BAD_INPUT_DATA && is_due) {
		text_str(out, "the server's certificates take more than ");
		text_u64(out, MBEDTLS_SSL_IN_CONTENT_LEN / 1024);
		text_str(out, " KiB");
	}
	return out->n > before;
}

int
tls_chain_judge(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
	const struct tls_engine_peer *peer = arg;
	char subject[256], issuer[256];
	struct tls_verdict v = {
	    .host = peer->host,
	    .address = span_of(peer->address, peer->address_n),
	    .is_leaf = depth == 0,
	    .has_names =
		mbedtls_x509_crt_has_ext_type(crt, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME),
	    .version = crt->version,
	    .faults = find_faults(crt, depth == 0, *flags),
	    .rsa_bits = mbedtls_pk_can_do(&crt->pk, MBEDTLS_PK_RSA)
			    ? (unsigned)mbedtls_pk_get_bitlen(&crt->pk)
			    : 0,
	    .subject = subject,
	    .issuer = issuer,
	    .hash = hash_name(crt->MBEDTLS_PRIVATE(sig_md)),
	};
	const mbedtls_x509_sequence *s = &crt->subject_alt_names;

	if (crt->version == 0) {
		/* The library skips one of another kind, and leaves its place empty. */
		tls_chain_explain(peer->reason, MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG, false);
		*flags |= MBEDTLS_X509_BADCERT_OTHER;
		return 0;
	}
	put_subject(subject, sizeof subject, &crt->subject);
	put_subject(issuer, sizeof issuer, &crt->issuer);
	put_date(v.from, &crt->valid_from);
	put_date(v.to, &crt->valid_to);
	for (; v.has_names && s != NULL; s = s->next)
		tls_verdict_name(&v, s->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK,
				 span_of(s->buf.p, s->buf.len));
	if (!tls_verdict_give(&v, peer->reason))
		*flags |= MBEDTLS_X509_BADCERT_OTHER;
	return 0;
}
