/* The ends of TLS sessions in words. Knows no session. */
#include "sys/tls/reason.h"

#include <string.h>

#include "base/text.h"

/* Content types of records, RFC 8446 section 5.1. */
#define RECORD_ALERT	 21
#define RECORD_HANDSHAKE 22

#define HANDSHAKE_FAILURE    40
#define CERTIFICATE_REQUIRED 116

static const struct alert {
	uint8_t code;
	bool is_about_identity;
	const char *name;
} alerts[] = {
    {10, false, "unexpected message"},
    {20, false, "bad record MAC"},
    {22, false, "record overflow"},
    {HANDSHAKE_FAILURE, true, "handshake failure"},
    {42, true, "bad certificate"},
    {43, true, "unsupported certificate"},
    {44, true, "certificate revoked"},
    {45, true, "certificate expired"},
    {46, true, "certificate unknown"},
    {47, false, "illegal parameter"},
    {48, true, "unknown CA"},
    {49, true, "access denied"},
    {50, false, "decode error"},
    {51, true, "decrypt error"},
    {70, false, "no common TLS version"},
    {71, false, "insufficient security"},
    {80, false, "internal error"},
    {86, false, "inappropriate fallback"},
    {90, false, "user canceled"},
    {109, false, "missing extension"},
    {110, false, "unsupported extension"},
    {112, false, "unrecognized name"},
    {CERTIFICATE_REQUIRED, true, "certificate required"},
    {120, false, "it does not speak HTTP/1.1 (ALPN)"},
};

static void
put_alert(struct text *out, const struct tls_reason_facts *f)
{
	const struct alert *a = NULL;

	for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
		if (alerts[i].code == f->code)
			a = &alerts[i];
	text_str(out, "the server refused: ");
	text_str(out, a != NULL ? a->name : "alert");
	text_str(out, " (");
	text_u64(out, f->code);
	text_char(out, ')');
	if (f->is_offer) {
		if (f->code == HANDSHAKE_FAILURE)
			text_str(out,
				 ": nothing in common: offered are AES-GCM and ChaCha20, "
				 "and certificates of RSA, P-256, P-384 and P-521, "
				 "not of Ed25519");
		return;
	}
	if (a == NULL || !a->is_about_identity)
		return;
	if (f->has_identity)
		text_str(out, ", perhaps of the client certificate");
	else if (f->code == CERTIFICATE_REQUIRED)
		text_str(out, ": a client certificate is needed");
	else
		text_str(out, ", perhaps for want of a client certificate");
}

static enum tls_cause
put_other(struct text *out, const struct tls_reason_facts *f)
{
	if (!f->is_open && f->first >= 0 && f->first != RECORD_HANDSHAKE &&
	    f->first != RECORD_ALERT)
		text_str(out, "the server does not speak TLS on this port");
	else
		text_str(out, f->words);
	return TLS_CAUSE_PROTOCOL;
}

enum tls_cause
tls_reason_put(struct text *out, const struct tls_reason_facts *f)
{
	switch (f->kind) {
	case TLS_REASON_SOCKET:
		text_str(out, strerror(-f->error));
		return TLS_CAUSE_SOCKET;
	case TLS_REASON_CERTIFICATE:
		text_str(out, out->n == 0 ? "certificate cannot be accepted" : "");
		return TLS_CAUSE_CERTIFICATE;
	case TLS_REASON_ALERT:
		put_alert(out, f);
		return f->is_offer ? TLS_CAUSE_OFFER : TLS_CAUSE_ALERT;
	case TLS_REASON_CLOSED:
		text_str(out, f->is_open ? "connection closed without TLS close_notify"
					 : "connection closed during the TLS handshake");
		return TLS_CAUSE_TRUNCATED;
	case TLS_REASON_KEY_UPDATE:
		text_str(out, "the server renewed its TLS 1.3 key (KeyUpdate)");
		return TLS_CAUSE_KEY_UPDATE;
	case TLS_REASON_OTHER:
		break;
	}
	return put_other(out, f);
}
