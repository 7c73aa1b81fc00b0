#ifndef CLI_LINK_ENV_H
#define CLI_LINK_ENV_H

#include "cli/target/proxy.h"
#include "sys/loop.h"
#include "sys/ports.h"
#include "sys/resolve.h"
#include "sys/spawn.h"
#include "sys/tls/tls.h"

/* What all connections share; nobody but its owner changes it. */
#define NET_SCRATCH (256u * 1024)

struct login_places { /* of all targets that log in */
	unsigned n;
	unsigned max; /* --ssh-jobs */
	bool may_ask; /* ssh may use the terminal */
};

struct net_env {
	struct loop *loop;
	struct resolve *resolve;
	struct ports *ports;	/* of our end of connections */
	struct tls_config *tls; /* NULL: no target is https */
	const struct tls_options *tls_options;
	struct proxy *proxy; /* NULL: none */
	uint64_t connect_ns; /* --connect-timeout */
	struct spawn_set *children;
	struct login_places *logins;
	const struct options *options;
	uint8_t *scratch; /* NET_SCRATCH bytes for one read; nothing stays there */
};

#endif
