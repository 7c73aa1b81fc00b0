/*
 * TLS with mbedTLS, which only this file and chain.c know. What a failure means for a session
 * is decided in session.c, what a certificate is worth in verdict.c.
 */
#include "sys/tls/tls.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/error.h>
#include <mbedtls/psa_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

#include "base/text.h"
#include "sys/tls/chain.h"
#include "sys/tls/engine.h"
#include "sys/tls/identity.h"
#include "sys/trust.h"

#define KEY_UPDATE 24 /* handshake type, RFC 8446 section 4 */

/* Our certificate and key as they were read once, kept while a session may use them. */
struct own {
	mbedtls_ssl_config ssl;
	mbedtls_x509_crt certs;
	mbedtls_pk_context key;
	size_t users;
};

struct tls_config {
	struct trust_taker taker; /* first: a taker is its configuration */
	mbedtls_x509_crt trusted;
	struct own *own;
	struct tls_options options;
	int trust_error; /* of the last certificate that could not be read */
	struct tls_identity_stamp stamp; /* of the files that own was tried from last */
};

struct tls_engine {
	mbedtls_ssl_context ssl;
	const struct tls_engine_peer *peer;
	struct own *own;
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
	int rc = mbedtls_x509_crt_parse(&c->trusted, (const uint8_t *)bytes, n + 1);

	c->trust_error = rc < 0 ? rc : c->trust_error;
	return count_certificates(&c->trusted) - before;
}

static bool
load_trust(struct tls_config *c, const char *ca, struct text *why)
{
	const char *oddity;

	if ((ca != NULL ? trust_load(ca, &c->taker, why)
			: trust_load_default(&c->taker, why)) > 0)
		return true;
	oddity = tls_chain_oddity(c->trust_error);
	text_str(why, oddity != NULL ? "; one there has " : "");
	text_str(why, oddity != NULL ? oddity : "");
	return false;
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
check_own(struct own *own, const struct tls_options *o, struct text *why)
{
	mbedtls_x509_crt *crt;
	size_t bytes = 0;

	for (crt = &own->certs; crt != NULL && !is_of_key(crt, &own->key);
	     crt = crt->next)
		;
	if (crt == NULL)
		return tls_identity_refuse(why, o, TLS_IDENTITY_MISMATCH);
	if (crt != &own->certs || !is_in_order(&own->certs))
		return tls_identity_refuse(why, o, TLS_IDENTITY_ORDER);
	for (crt = &own->certs; crt != NULL; crt = crt->next)
		bytes += crt->raw.len + 5;
	return bytes <= TLS_CHAIN_BYTES ||
	       tls_identity_refuse(why, o, TLS_IDENTITY_TOO_LONG);
}

static bool
parse_own(struct own *own, const struct tls_options *o, const struct tls_identity *id,
	  struct text *why)
{
	int rc = mbedtls_x509_crt_parse(&own->certs, (uint8_t *)id->cert, id->cert_n + 1);
	const char *oddity = tls_chain_oddity(rc);

	if (oddity != NULL) {
		text_str(why, "a certificate in ");
		text_escape(why, span_str(o->cert_file));
		text_str(why, " has ");
		text_str(why, oddity);
		return false;
	}
	if (count_certificates(&own->certs) == 0)
		return tls_identity_refuse(why, o, TLS_IDENTITY_NO_CERTIFICATE);
	if (rc != 0)
		return tls_identity_refuse(why, o, TLS_IDENTITY_BAD_CERTIFICATE);
	rc = mbedtls_pk_parse_key(&own->key, (uint8_t *)id->key, id->key_n + 1,
				  (uint8_t *)id->pass, id->pass_n, mbedtls_psa_get_random,
				  MBEDTLS_PSA_RANDOM_STATE);
	if (rc != 0)
		return tls_identity_refuse(why, o, explain_key(id, rc));
	return check_own(own, o, why);
}

static bool
load_own(struct own *own, const struct tls_options *o, struct text *why)
{
	struct tls_identity id;
	bool is_good = tls_identity_read(&id, o, why);

	if (is_good && id.cert != NULL) {
		is_good = parse_own(own, o, &id, why);
		if (is_good &&
		    mbedtls_ssl_conf_own_cert(&own->ssl, &own->certs, &own->key) != 0) {
			text_str(why, "out of memory");
			is_good = false;
		}
	}
	tls_identity_wipe(&id);
	return is_good;
}

static bool
set_up(mbedtls_ssl_config *ssl, struct tls_config *c, struct text *why)
{
	const struct tls_options *o = &c->options;

	if (psa_crypto_init() != PSA_SUCCESS ||
	    mbedtls_ssl_config_defaults(ssl, MBEDTLS_SSL_IS_CLIENT,
					MBEDTLS_SSL_TRANSPORT_STREAM,
					MBEDTLS_SSL_PRESET_DEFAULT) != 0 ||
	    mbedtls_ssl_conf_alpn_protocols(ssl, protocols) != 0) {
		text_str(why, "TLS cannot be set up: no memory, or no random numbers");
		return false;
	}
	mbedtls_ssl_conf_rng(ssl, mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE);
	mbedtls_ssl_conf_min_tls_version(ssl, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_max_tls_version(ssl, o->max == TLS_MAX_1_2
						  ? MBEDTLS_SSL_VERSION_TLS1_2
						  : MBEDTLS_SSL_VERSION_TLS1_3);
	mbedtls_ssl_conf_cert_profile(ssl, &mbedtls_x509_crt_profile_default);
	mbedtls_ssl_conf_authmode(ssl, o->is_insecure ? MBEDTLS_SSL_VERIFY_NONE
						      : MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_ca_chain(ssl, &c->trusted, NULL);
	return true;
}

static void
let_go(struct own *own)
{
	if (own == NULL || --own->users > 0)
		return;
	mbedtls_pk_free(&own->key);
	mbedtls_x509_crt_free(&own->certs);
	mbedtls_ssl_config_free(&own->ssl);
	free(own);
}

/* What the files say now takes the place of what they said before. */
static bool
renew_own(struct tls_config *c, struct text *why)
{
	struct own *own = calloc(1, sizeof *own);

	if (own == NULL) {
		text_str(why, "out of memory");
		return false;
	}
	own->users = 1;
	mbedtls_ssl_config_init(&own->ssl);
	mbedtls_x509_crt_init(&own->certs);
	mbedtls_pk_init(&own->key);
	if (!set_up(&own->ssl, c, why) || !load_own(own, &c->options, why)) {
		let_go(own);
		return false;
	}
	let_go(c->own);
	c->own = own;
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
	c->options = *o;
	mbedtls_x509_crt_init(&c->trusted);
	tls_identity_stamp(&c->stamp, o);
	if (renew_own(c, why) && (o->is_insecure || load_trust(c, o->ca, why)))
		return c;
	tls_config_free(c);
	return NULL;
}

bool
tls_config_refresh(struct tls_config *c, struct text *why)
{
	struct tls_identity_stamp now;

	tls_identity_stamp(&now, &c->options);
	if (memcmp(&now, &c->stamp, sizeof now) == 0)
		return true;
	c->stamp = now;
	return renew_own(c, why);
}

void
tls_config_free(struct tls_config *c)
{
	if (c == NULL)
		return;
	let_go(c->own);
	mbedtls_x509_crt_free(&c->trusted);
	free(c);
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
	e->peer = peer;
	e->own = config->own;
	e->own->users++;
	mbedtls_ssl_init(&e->ssl);
	if (mbedtls_ssl_setup(&e->ssl, &e->own->ssl) != 0 ||
	    mbedtls_ssl_set_hostname(&e->ssl, peer->address_n > 0 ? NULL : peer->host) !=
		0) {
		tls_engine_free(e);
		return NULL;
	}
	mbedtls_ssl_set_bio(&e->ssl, socket, on_send, on_receive, NULL);
	mbedtls_ssl_set_verify(&e->ssl, tls_chain_judge, (void *)peer);
	return e;
}

void
tls_engine_free(struct tls_engine *e)
{
	if (e == NULL)
		return;
	mbedtls_ssl_free(&e->ssl);
	let_go(e->own);
	free(e);
}

static enum tls_reason_kind
find_kind(struct tls_engine *e, int rc)
{
	const mbedtls_ssl_context *ssl = &e->ssl;
	int state = ssl->MBEDTLS_PRIVATE(state);
	bool is_due = state == MBEDTLS_SSL_SERVER_CERTIFICATE ||
		      state == MBEDTLS_SSL_CERTIFICATE_REQUEST;

	if (tls_chain_explain(e->peer->reason, rc, is_due))
		return TLS_REASON_CERTIFICATE;
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
	facts->has_identity = e->own->certs.version != 0;
	facts->kind = find_kind(e, rc);
	if (facts->kind == TLS_REASON_ALERT) {
		facts->code = e->ssl.MBEDTLS_PRIVATE(in_msg)[1];
		facts->is_offer =
		    e->ssl.MBEDTLS_PRIVATE(state) == MBEDTLS_SSL_SERVER_HELLO;
	}
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
