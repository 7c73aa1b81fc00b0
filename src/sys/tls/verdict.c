/* What makes a certificate acceptable, and the words for what does not. Knows no library. */
#include "sys/tls/verdict.h"

#include <string.h>

#include "base/text.h"
#include "sys/tls/name.h"

void
tls_verdict_name(struct tls_verdict *v, unsigned kind, struct span name)
{
	struct span host = span_str(v->host);

	if (kind != TLS_VERDICT_DNS && kind != TLS_VERDICT_ADDRESS)
		return;
	if (v->n_names < TLS_VERDICT_SHOWN) {
		v->shown[v->n_names].kind = kind;
		v->shown[v->n_names].name = name;
	}
	v->n_names++;
	if (v->address.n > 0 && kind == TLS_VERDICT_ADDRESS)
		v->is_named |= span_eq(name, v->address);
	else if (v->address.n > 0)
		v->is_address_as_name |= span_eq_ci(name, host);
	else if (kind == TLS_VERDICT_DNS)
		v->is_named |= tls_name_matches(name, host);
}

/* Begins a phrase: which certificate it is about. */
static void
begin(const struct tls_verdict *v, struct text *out)
{
	text_str(out, out->n > 0 ? "; " : "");
	text_str(out, v->is_leaf ? "certificate" : "CA certificate \"");
	if (v->is_leaf)
		return;
	text_escape(out, span_str(v->subject));
	text_char(out, '"');
}

static void
put_names(const struct tls_verdict *v, struct text *out)
{
	for (size_t i = 0; i < v->n_names && i < TLS_VERDICT_SHOWN; i++) {
		text_str(out, i > 0 ? ", " : "");
		if (v->shown[i].kind == TLS_VERDICT_ADDRESS)
			tls_name_put_address(out, v->shown[i].name);
		else
			text_escape(out, v->shown[i].name);
	}
	if (v->n_names == 0)
		text_str(out, "no name");
	if (v->n_names <= TLS_VERDICT_SHOWN)
		return;
	text_str(out, " and ");
	text_u64(out, v->n_names - TLS_VERDICT_SHOWN);
	text_str(out, " more");
}

static void
judge_names(const struct tls_verdict *v, struct text *out)
{
	if (v->version != 3) {
		begin(v, out);
		text_str(out, " is of X.509 version ");
		text_u64(out, (unsigned)v->version);
		text_str(out, ", which has no subjectAltName");
	} else if (!v->has_names) {
		begin(v, out);
		text_str(out, " has a common name only (\"");
		text_escape(out, span_str(v->subject));
		text_str(out, "\"), no subjectAltName");
	} else if (!v->is_named && v->is_address_as_name) {
		begin(v, out);
		text_str(out, " has the address as dNSName, not as iPAddress");
	} else if (!v->is_named) {
		begin(v, out);
		text_str(out, " is for ");
		put_names(v, out);
		text_str(out, ", not for ");
		text_escape(out, span_str(v->host));
	}
}

static void
judge_trust(const struct tls_verdict *v, struct text *out)
{
	if (strcmp(v->subject, v->issuer) == 0) {
		begin(v, out);
		text_str(out, " is self-signed and not trusted");
		return;
	}
	text_str(out, out->n > 0 ? "; " : "");
	text_str(out, "issuer \"");
	text_escape(out, span_str(v->issuer));
	text_str(out, "\" is not trusted, or its certificate was not sent");
}

static void
judge_strength(const struct tls_verdict *v, struct text *out)
{
	if (v->faults & TLS_VERDICT_WEAK_HASH) {
		begin(v, out);
		text_str(out, " has a weak signature (");
		text_str(out, v->hash);
		text_char(out, ')');
	}
	if (!(v->faults & TLS_VERDICT_WEAK_KEY))
		return;
	begin(v, out);
	if (v->rsa_bits > 0 && v->rsa_bits < 2048) {
		text_str(out, " has a weak key (RSA of ");
		text_u64(out, v->rsa_bits);
		text_str(out, " bits)");
	} else {
		text_str(out, " has a weak key, or its issuer has");
	}
}

static void
judge_dates(const struct tls_verdict *v, struct text *out)
{
	if (v->faults & TLS_VERDICT_EXPIRED) {
		begin(v, out);
		text_str(out, " expired on ");
		text_str(out, v->to);
	}
	if (v->faults & TLS_VERDICT_FUTURE) {
		begin(v, out);
		text_str(out, " is not yet valid: from ");
		text_str(out, v->from);
	}
}

static void
judge_usage(const struct tls_verdict *v, struct text *out)
{
	if (v->faults & TLS_VERDICT_KEY_USAGE) {
		begin(v, out);
		text_str(out, " has the wrong usage: not for digital signatures");
	}
	if (v->faults & TLS_VERDICT_NOT_SERVER) {
		begin(v, out);
		text_str(out, " has the wrong usage: not for servers");
	}
	if (v->faults & TLS_VERDICT_OTHER) {
		begin(v, out);
		text_str(out, " cannot be accepted");
	}
}

bool
tls_verdict_give(const struct tls_verdict *v, struct text *reason)
{
	size_t before = reason->n;

	if (v->faults & TLS_VERDICT_UNTRUSTED)
		judge_trust(v, reason);
	judge_dates(v, reason);
	judge_strength(v, reason);
	judge_usage(v, reason);
	if (v->is_leaf)
		judge_names(v, reason);
	return reason->n == before && !reason->is_cut;
}
