#ifndef SYS_CONNECT_H
#define SYS_CONNECT_H

#include "sys/loop.h"
#include "sys/net.h"
#include "sys/ports.h"

/*
 * One connection to whichever of several addresses answers first (RFC 8305 sections 4
 * and 5): families in turn, a further attempt CONNECT_DELAY_NS after the last one or as
 * soon as one failed, all of them raced until one is connected.
 */
#define CONNECT_DELAY_NS      250000000u /* RFC 8305 section 5 */
#define CONNECT_ADDRESSES_MAX 16	 /* of a name; the others are not tried */
#define CONNECT_PORTS_MAX     8 /* local ports that the same peer knows already; then any */

struct connect;

struct connect_attempt {
	struct loop_watch watch;
	struct connect *connect;
};

struct connect {
	struct loop *loop;
	struct ports *ports; /* NULL, or local ports to use as long as some are free */
	void (*on_ready)(struct connect *c, uint64_t now_ns); /* call connect_step */
	size_t n;
	size_t next; /* address not tried yet */
	size_t n_open;
	uint64_t next_ns; /* when it is tried */
	int error;	  /* of the last attempt that failed: -errno */
	size_t last;	  /* its address; after DONE the one that is connected */
	struct net_address list[CONNECT_ADDRESSES_MAX];
	struct connect_attempt attempts[CONNECT_ADDRESSES_MAX];
};

/* Copies the addresses; nothing is tried before the first connect_step. */
void connect_start(struct connect *c, struct loop *loop, struct ports *ports,
		   const struct net_address *list, size_t n,
		   void (*on_ready)(struct connect *c, uint64_t now_ns));

enum connect_result {
	CONNECT_MORE,  /* call again when on_ready says so, and at connect_deadline */
	CONNECT_DONE,  /* *fd is connected and the caller's; the rest is cleaned up */
	CONNECT_FAILED /* c->error, c->list[c->last] */
};

enum connect_result connect_step(struct connect *c, uint64_t now_ns, int *fd);

/* LOOP_NEVER when nothing is due. */
uint64_t connect_deadline(const struct connect *c);

/* Closes all attempts; legal from any state. */
void connect_cancel(struct connect *c);

#endif
