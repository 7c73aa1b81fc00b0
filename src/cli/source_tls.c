/* The handshake of a source. Which certificates are good is decided in sys/tls. */
#include "cli/source_tls.h"

#include "cli/source_retry.h"

#include <string.h>

void
source_tls_start(struct source *s)
{
	const struct target *t = s->target;
	char host[TARGET_NAME_MAX];
	struct text name;

	text_init(&name, host, sizeof(host));
	text_put(&name, t->url.host);
	s->state = SOURCE_HANDSHAKE;
	if (!name.is_cut &&
	    transport_start_tls(&s->transport, s->context->tls, text_cstr(&name)))
		return;
	source_fail(s, "TLS: no memory, or the host's name is too long", span_str(""),
		    NULL);
}

const char *
source_tls_advice(const struct source *s)
{
	const struct tls_options *o = &s->context->options->tls;

	switch (transport_cause(&s->transport)) {
	case TLS_CAUSE_CERTIFICATE:
		return o->ca ? "check the certificate, and -ca"
			     : "check the certificate; -ca FILE names who may issue it";
	case TLS_CAUSE_ALERT:
		return o->cert_file ? "check -cert and -key"
				    : "give a client certificate with -cert and -key";
	case TLS_CAUSE_PROTOCOL:
		return "is that port an https one?";
	case TLS_CAUSE_NONE:
	case TLS_CAUSE_TRUNCATED:
	case TLS_CAUSE_KEY_UPDATE:
	case TLS_CAUSE_SOCKET:
		break;
	}
	return NULL;
}

static bool
is_refusal(enum tls_cause cause)
{
	return cause == TLS_CAUSE_CERTIFICATE || cause == TLS_CAUSE_ALERT;
}

bool
source_tls_step(struct source *s)
{
	char reason[SOURCE_REASON_MAX];
	struct text t;

	switch (transport_handshake(&s->transport)) {
	case TRANSPORT_DONE:
		return true;
	case TRANSPORT_WANTS_IN:
		s->wants = LOOP_IN;
		return false;
	case TRANSPORT_WANTS_OUT:
		s->wants = LOOP_OUT;
		return false;
	case TRANSPORT_END:
	case TRANSPORT_FAILED:
		break;
	}
	text_init(&t, reason, sizeof(reason));
	text_str(&t, "TLS: ");
	text_str(&t, transport_reason(&s->transport, 0));
	if (is_refusal(transport_cause(&s->transport)))
		source_fail(s, text_cstr(&t), span_str(""), source_tls_advice(s));
	else
		source_lose(s, text_cstr(&t), span_str(""), source_tls_advice(s));
	return false;
}
