/*
 * TLS with mbedTLS: the only file that knows that library. What a failure means for a
 * session is decided in tls_session.c, what a certificate is worth in tls_verdict.c.
 */
#include "sys/tls/tls.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

#include "base/text.h"
#include "sys/tls/engine.h"
#include "sys/tls/identity.h"
#include "sys/tls/verdict.h"
#include "sys/trust.h"

#define KEY_UPDATE 24 /* handshake type, RFC 8446 section 4 */

struct tls_config {
	struct trust_taker taker; /* first: a taker is its configuration */
	mbedtls_ssl_config ssl;
	mbedtls_x509_crt trusted;
	mbedtls_x509_crt own;
	mbedtls_pk_context key;
};

struct tls_engine {
	mbedtls_ssl_context ssl;
	const struct tls_config *config;
	const struct tls_engine_peer *peer;
	size_t unsent; /* bytes of a write that mbedTLS has, but not the kernel */
	char words[128];
};

static const char *protocols[] = {"http/1.1", NULL};

/* Trust. */

static size_t
count_certificates(const mbedtls_x509_crt *chain)
{
	size_t n = 0;

	for (; chain != NULL && chain->version != 0; chain = chain->next)
		n++;
	return n;
}

/* What cannot be read, of many, is left out: today's bundles hold keys of every kind. */
static size_t
take_trusted(struct trust_taker *taker, const char *bytes, size_t n)
{
	struct tls_config *c = (struct tls_config *)taker;
	size_t before = count_certificates(&c->trusted);

	mbedtls_x509_crt_parse(&c->trusted, (const uint8_t *)bytes, n + 1);
	return count_certificates(&c->trusted) - before;
}

static bool
load_trust(struct tls_config *c, const char *ca, struct text *why)
{
	return (ca != NULL ? trust_load(ca, &c->taker, why)
			   : trust_load_default(&c->taker, why)) > 0;
}

/* The client's own certificates and key. */

static enum tls_identity_fault
explain_key(const struct tls_identity *id, int rc)
{
	switch (rc) {
	case MBEDTLS_ERR_PK_PASSWORD_REQUIRED:
		return TLS_IDENTITY_ENCRYPTED;
	case MBEDTLS_ERR_PK_PASSWORD_MISMATCH:
		return TLS_IDENTITY_WRONG_PASSPHRASE;
	case MBEDTLS_ERR_PK_UNKNOWN_PK_ALG:
	case MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE:
		return TLS_IDENTITY_UNKNOWN_KEY;
	}
	/* One wrong passphrase in 256 decrypts to something padded well. */
	if (id->pass != NULL && strstr(id->key, "ENCRYPTED") != NULL)
		return TLS_IDENTITY_WRONG_PASSPHRASE;
	return TLS_IDENTITY_NO_KEY;
}

static bool
is_of_key(mbedtls_x509_crt *crt, const mbedtls_pk_context *key)
{
	return mbedtls_pk_check_pair(&crt->pk, key, mbedtls_psa_get_random,
				     MBEDTLS_PSA_RANDOM_STATE) == 0;
}

static bool
is_same(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
	return span_eq(span_of(a->p, a->len), span_of(b->p, b->len));
}

/* Each after the first issued one before it (RFC 5246 section 7.4.2). */
static bool
is_in_order(const mbedtls_x509_crt *own)
{
	const mbedtls_x509_crt *crt, *child;

	for (crt = own->next; crt != NULL; crt = crt->next) {
		for (child = own; child != crt; child = child->next)
			if (is_same(&child->issuer_raw, &crt->subject_raw))
				break;
		if (child == crt)
			return false;
	}
	return true;
}

static bool
check_own(struct tls_config *c, const struct tls_options *o, struct text *why)
{
	mbedtls_x509_crt *crt;
	size_t bytes = 0;

	for (crt = &c->own; crt != NULL && !is_of_key(crt, &c->key); crt = crt->next)
		;
	if (crt == NULL)
		return tls_identity_refuse(why, o, TLS_IDENTITY_MISMATCH);
	if (crt != &c->own || !is_in_order(&c->own))
		return tls_identity_refuse(why, o, TLS_IDENTITY_ORDER);
	for (crt = &c->own; crt != NULL; crt = crt->next)
		bytes += crt->raw.len + 5;
	return bytes <= TLS_CHAIN_BYTES ||
	       tls_identity_refuse(why, o, TLS_IDENTITY_TOO_LONG);
}

static bool
parse_own(struct tls_config *c, const struct tls_options *o,
	  const struct tls_identity *id, struct text *why)
{
	int rc = mbedtls_x509_crt_parse(&c->own, (uint8_t *)id->cert, id->cert_n + 1);

	if (count_certificates(&c->own) == 0)
		return tls_identity_refuse(why, o, TLS_IDENTITY_NO_CERTIFICATE);
	if (rc != 0)
		return tls_identity_refuse(why, o, TLS_IDENTITY_BAD_CERTIFICATE);
	rc = mbedtls_pk_parse_key(&c->key, (uint8_t *)id->key, id->key_n + 1,
				  (uint8_t *)id->pass, id->pass_n, mbedtls_psa_get_random,
				  MBEDTLS_PSA_RANDOM_STATE);
	if (rc != 0)
		return tls_identity_refuse(why, o, explain_key(id, rc));
	return check_own(c, o, why);
}

static bool
load_own(struct tls_config *c, const struct tls_options *o, struct text *why)
{
	struct tls_identity id;
	bool is_good = tls_identity_read(&id, o, why);

	if (is_good && id.cert != NULL) {
		is_good = parse_own(c, o, &id, why);
		if (is_good &&
		    mbedtls_ssl_conf_own_cert(&c->ssl, &c->own, &c->key) != 0) {
			text_str(why, "out of memory");
			is_good = false;
		}
	}
	tls_identity_wipe(&id);
	return is_good;
}

static bool
set_up(struct tls_config *c, const struct tls_options *o, struct text *why)
{
	if (psa_crypto_init() != PSA_SUCCESS ||
	    mbedtls_ssl_config_defaults(&c->ssl, MBEDTLS_SSL_IS_CLIENT,
					MBEDTLS_SSL_TRANSPORT_STREAM,
					MBEDTLS_SSL_PRESET_DEFAULT) != 0 ||
	    mbedtls_ssl_conf_alpn_protocols(&c->ssl, protocols) != 0) {
		text_str(why, "TLS cannot be set up: no memory, or no random numbers");
		return false;
	}
	mbedtls_ssl_conf_rng(&c->ssl, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
	mbedtls_ssl_conf_min_tls_version(&c->ssl, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_max_tls_version(&c->ssl, o->max == TLS_MAX_1_2
						      ? MBEDTLS_SSL_VERSION_TLS1_2
						      : MBEDTLS_SSL_VERSION_TLS1_3);
	mbedtls_ssl_conf_cert_profile(&c->ssl, &mbedtls_x509_crt_profile_default);
	mbedtls_ssl_conf_authmode(&c->ssl, o->is_insecure ? MBEDTLS_SSL_VERIFY_NONE
							  : MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_chain(&c->ssl, &c->trusted, NULL);
	return true;
}

struct tls_config *
tls_config_new(const struct tls_options *o, struct text *why)
{
	struct tls_config *c = calloc(1, sizeof *c);

	if (c == NULL) {
		text_str(why, "out of memory");
		return NULL;
	}
	c->taker.take = take_trusted;
	mbedtls_ssl_config_init(&c->ssl);
	mbedtls_x509_crt_init(&c->trusted);
	mbedtls_x509_crt_init(&c->own);
	mbedtls_pk_init(&c->key);
	if (set_up(c, o, why) && load_own(c, o, why) &&
	    (o->is_insecure || load_trust(c, o->ca, why)))
		return c;
	tls_config_free(c);
	return NULL;
}

void
tls_config_free(struct tls_config *c)
{
	if (c == NULL)
		return;
	mbedtls_pk_free(&c->key);
	mbedtls_x509_crt_free(&c->own);
	mbedtls_x509_crt_free(&c->trusted);
	mbedtls_ssl_config_free(&c->ssl);
	free(c);
}

/* The server's certificates. */

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

/* Called for each certificate of the chain, the server's own last (depth 0). */
static int
on_certificate(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
	struct tls_engine *e = arg;
	char subject[256], issuer[256];
	struct tls_verdict v = {
	    .host = e->peer->host,
	    .address = span_of(e->peer->address, e->peer->address_n),
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

	put_subject(subject, sizeof subject, &crt->subject);
	put_subject(issuer, sizeof issuer, &crt->issuer);
	put_date(v.from, &crt->valid_from);
	put_date(v.to, &crt->valid_to);
	for (; v.has_names && s != NULL; s = s->next)
		tls_verdict_name(&v, s->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK,
				 span_of(s->buf.p, s->buf.len));
	if (!tls_verdict_give(&v, e->peer->reason))
		*flags |= MBEDTLS_X509_BADCERT_OTHER;
	return 0;
}

/* One session. */

static int
on_send(void *arg, const unsigned char *p, size_t n)
{
	int rc = tls_socket_send(arg, p, n);

	if (rc == TLS_SOCKET_BLOCKED)
		return MBEDTLS_ERR_SSL_WANT_WRITE;
	return rc >= 0 ? rc : MBEDTLS_ERR_ERROR_GENERIC_ERROR;
}

static int
on_receive(void *arg, unsigned char *mem, size_t cap)
{
	int rc = tls_socket_receive(arg, mem, cap);

	if (rc == TLS_SOCKET_BLOCKED)
		return MBEDTLS_ERR_SSL_WANT_READ;
	return rc >= 0 ? rc : MBEDTLS_ERR_ERROR_GENERIC_ERROR;
}

struct tls_engine *
tls_engine_new(const struct tls_config *config, struct tls_socket *socket,
	       const struct tls_engine_peer *peer)
{
	struct tls_engine *e = calloc(1, sizeof *e);

	if (e == NULL)
		return NULL;
	e->config = config;
	e->peer = peer;
	mbedtls_ssl_init(&e->ssl);
	if (mbedtls_ssl_setup(&e->ssl, &config->ssl) != 0 ||
	    mbedtls_ssl_set_hostname(&e->ssl, peer->address_n > 0 ? NULL : peer->host) !=
		0) {
		tls_engine_free(e);
		return NULL;
	}
	mbedtls_ssl_set_bio(&e->ssl, socket, on_send, on_receive, NULL);
	mbedtls_ssl_set_verify(&e->ssl, on_certificate, e);
	return e;
}

void
tls_engine_free(struct tls_engine *e)
{
	if (e == NULL)
		return;
	mbedtls_ssl_free(&e->ssl);
	free(e);
}

static enum tls_reason_kind
find_kind(struct tls_engine *e, int rc)
{
	const mbedtls_ssl_context *ssl = &e->ssl;

	switch (rc) {
	case MBEDTLS_ERR_X509_CERT_VERIFY_FAILED:
	case MBEDTLS_ERR_SSL_BAD_CERTIFICATE:
		return TLS_REASON_CERTIFICATE;
	case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
		return TLS_REASON_ALERT;
	case 0:
	case MBEDTLS_ERR_SSL_CONN_EOF:
		return TLS_REASON_CLOSED;
	case MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE:
		if (mbedtls_ssl_is_handshake_over(&e->ssl) &&
		    ssl->MBEDTLS_PRIVATE(in_msgtype) == MBEDTLS_SSL_MSG_HANDSHAKE &&
		    ssl->MBEDTLS_PRIVATE(in_msg)[0] == KEY_UPDATE)
			return TLS_REASON_KEY_UPDATE;
	}
	return TLS_REASON_OTHER;
}

static enum tls_engine_status
settle(struct tls_engine *e, int rc, struct tls_reason_facts *facts)
{
	switch (rc) {
	case MBEDTLS_ERR_SSL_WANT_READ:
		return TLS_ENGINE_WANTS_IN;
	case MBEDTLS_ERR_SSL_WANT_WRITE:
		return TLS_ENGINE_WANTS_OUT;
	case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
		return TLS_ENGINE_CLOSED;
	}
	mbedtls_strerror(rc, e->words, sizeof e->words);
	facts->words = e->words;
	facts->has_identity = e->config->own.version != 0;
	facts->kind = find_kind(e, rc);
	if (facts->kind == TLS_REASON_ALERT)
		facts->code = e->ssl.MBEDTLS_PRIVATE(in_msg)[1];
	return TLS_ENGINE_FAILED;
}

enum tls_engine_status
tls_engine_handshake(struct tls_engine *e, struct tls_reason_facts *facts)
{
	int rc = mbedtls_ssl_handshake(&e->ssl);

	return rc == 0 ? TLS_ENGINE_DONE : settle(e, rc, facts);
}

enum tls_engine_status
tls_engine_read(struct tls_engine *e, uint8_t *mem, size_t cap, size_t *n,
		struct tls_reason_facts *facts)
{
	int rc = mbedtls_ssl_read(&e->ssl, mem, cap);

	*n = rc > 0 ? (size_t)rc : 0;
	return rc > 0 ? TLS_ENGINE_DONE : settle(e, rc, facts);
}

/*
 * mbedTLS answers a repeated write by sending what it took the first time: it must see that
 * length again, and nothing else may wait there (an alert, which a write of nothing sends).
 */
static int
write_record(struct tls_engine *e, const uint8_t *p, size_t size)
{
	size_t max = (size_t)mbedtls_ssl_get_max_out_record_payload(&e->ssl);
	int rc = 0;

	if (e->unsent == 0 && e->ssl.MBEDTLS_PRIVATE(out_left) > 0)
		rc = mbedtls_ssl_write(&e->ssl, p, 0);
	if (rc < 0)
		return rc;
	if (e->unsent == 0)
		e->unsent = size < max ? size : max;
	rc = mbedtls_ssl_write(&e->ssl, p, e->unsent);
	if (rc > 0)
		e->unsent = 0;
	return rc;
}

enum tls_engine_status
tls_engine_write(struct tls_engine *e, const uint8_t *p, size_t size, size_t *n,
		 struct tls_reason_facts *facts)
{
	int rc;

	assert(size >= e->unsent);
	rc = write_record(e, p, size);
	*n = rc > 0 ? (size_t)rc : 0;
	return rc > 0 ? TLS_ENGINE_DONE : settle(e, rc, facts);
}

void
tls_engine_say_goodbye(struct tls_engine *e)
{
	mbedtls_ssl_close_notify(&e->ssl);
}

bool
tls_engine_has_pending(const struct tls_engine *e)
{
	return mbedtls_ssl_check_pending(&e->ssl) != 0;
}

void
tls_engine_describe(const struct tls_engine *e, struct text *out)
{
	text_str(out, mbedtls_ssl_get_version(&e->ssl));
	text_char(out, ' ');
	text_str(out, mbedtls_ssl_get_ciphersuite(&e->ssl));
}
