#ifndef WORKER_FRONT_EVICT_H
#define WORKER_FRONT_EVICT_H

#include "sys/net.h"

/*
 * Who leaves when all places for connections are taken and one more client is there. Decides
 * only; a place is a small view of a connection.
 *
 * A client some way off has sent nothing when it is accepted: its request is a round trip
 * behind. Whoever took newcomers for the idlest could be made to serve nobody, by 50
 * connections a second. So the oldest goes first of those that are past their grace.
 */
#define EVICT_GRACE_NS 1000000000u /* to send a request: round trips, and a lost packet */
#define EVICT_SHARE    4 /* one address has at most 1/EVICT_SHARE while others are refused */

enum evict_kind {
	EVICT_FREE,	  /* nobody's */
	EVICT_KEPT,	  /* never closed: a capture is starting on it */
	EVICT_UNFINISHED, /* owes its first request, or the rest of a later one */
	EVICT_IDLE,	  /* between two requests */
	EVICT_ANSWERED,	  /* for the last time; what follows is read away */
	EVICT_ANSWERING	  /* takes its answer, or waits for it */
};

/* Whose a connection is: an IPv4 address, or the 64 bits that an IPv6 one shares with all
 * of its network. Loopback and unix sockets are proxies, who speak for many: no host. */
struct evict_host {
	bool is_counted;
	bool is_v6;
	uint64_t prefix;
};

struct evict_seat {
	enum evict_kind kind;
	struct evict_host host;
	uint64_t since_ns; /* it has been of this kind; UNFINISHED: could have sent */
	uint64_t serial;   /* of all connections: the lower, the older */
};

struct evict_host evict_host_of(const struct net_address *peer);

/*
 * The number of the seat to be closed in favour of newcomer; n when none may be, then the
 * newcomer is refused. Where newcomer, or anybody, has its share or more, the seat is one
 * of theirs.
 */
size_t evict_choose(const struct evict_seat *seats, size_t n, struct evict_host newcomer,
		    uint64_t now_ns);

#endif
