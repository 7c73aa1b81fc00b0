/* What to do about TLS that failed. */
#include "cli/link/tls_advice.h"

/* A worker itself has no TLS. */
const char *
tls_advice_port(const struct target *target)
{
	if (target->url.port == 0)
		return "add :443; without a port 8475 is used, where ddump-worker speaks "
		       "http";
	return target->port == NET_DEFAULT_PORT
		   ? "ddump-worker speaks http on 8475; name its proxy's port "
		     "(:443), or write http://"
		   : "check that the port is an https one, or write http://";
}

const char *
tls_advice(const struct net_env *env, const struct target *target,
	   const struct transport *t)
{
	const struct tls_options *o = env->tls_options;

	switch (transport_cause(t)) {
	case TLS_CAUSE_CERTIFICATE:
		return o->ca ? "check the certificate, and -ca"
			     : "check the certificate; -ca FILE names who may issue it";
	case TLS_CAUSE_ALERT:
		return o->cert_file ? "check -cert and -key"
				    : "give a client certificate with -cert and -key";
	case TLS_CAUSE_PROTOCOL:
		return tls_advice_port(target);
	case TLS_CAUSE_NONE:
	case TLS_CAUSE_OFFER:
	case TLS_CAUSE_TRUNCATED:
	case TLS_CAUSE_KEY_UPDATE:
	case TLS_CAUSE_SOCKET:
		break;
	}
	return NULL;
}
