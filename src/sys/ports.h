#ifndef SYS_PORTS_H
#define SYS_PORTS_H

#include <stddef.h>
#include <stdint.h>

/*
 * One range of local ports for all outgoing connections, so that a capture on this host
 * can leave them out by their ports. It lies where the system takes ports from anyway:
 * firewalls know that range.
 */
#define PORTS_MIN 256u	/* free ones are found though others take some */
#define PORTS_MAX 8192u /* an unrelated connection within it may be left out too */

struct ports {
	uint16_t first; /* 0: no range, the system chooses */
	uint16_t last;
	uint16_t next; /* tried first */
};

/* Chooses a range at a random place for so many connections. */
void ports_init(struct ports *p, size_t n_connections);

/* Gives fd the next port that is free; 0, or -EADDRINUSE, or another -errno. */
int ports_bind(struct ports *p, int fd, int family);

#endif
