#ifndef CLI_LINK_TLS_ADVICE_H
#define CLI_LINK_TLS_ADVICE_H

#include "cli/link/env.h"
#include "cli/target/target.h"
#include "sys/transport.h"

/* For a failure in the handshake or later; static; NULL: nothing is known. */
const char *tls_advice(const struct net_env *env, const struct target *target,
		       const struct transport *t);

/* Where nobody on the port seems to know TLS. */
const char *tls_advice_port(const struct target *target);

#endif
