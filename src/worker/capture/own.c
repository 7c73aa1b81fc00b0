/*
 * The rules of exclude.c for flows: the same connections, and never more. Inside a tunnel
 * an address may be another network's, so that no rule goes by ports alone.
 */
#include "worker/capture/own.h"

#include <netinet/in.h>
#include <string.h>

static bool
has_address(const struct net_address *a)
{
	return a->size > 0 && a->sa.ss_family != AF_UNIX && !net_is_wildcard(a);
}

/* The address's bytes as struct flow has them. */
static uint8_t
read_address(const struct net_address *a, uint8_t out[static 16])
{
	memset(out, 0, 16);
	if (a->sa.ss_family == AF_INET) {
		memcpy(out, &((const struct sockaddr_in *)&a->sa)->sin_addr, 4);
		return 4;
	}
	memcpy(out, &((const struct sockaddr_in6 *)&a->sa)->sin6_addr, 16);
	return 6;
}

static bool
is_at(const struct flow *f, int end, const struct net_address *a)
{
	uint8_t address[16];

	return has_address(a) && read_address(a, address) == f->version &&
	       memcmp(address, f->address[end], 16) == 0;
}

static bool
is_end(const struct flow *f, int end, const struct net_address *a)
{
	return net_port(a) != 0 && f->port[end] == net_port(a) && is_at(f, end, a);
}

/* Rule 1, where the client reached it or where it listens. */
static bool
is_listener(const struct own *o, const struct flow *f, int end)
{
	uint16_t port = net_port(&o->r->listener);

	return port != 0 && f->port[end] == port &&
	       (is_at(f, end, &o->r->listener) || is_at(f, end, &o->r->local));
}

/* Rule 3. */
static bool
is_outer(const struct own *o, const struct flow *f, int end)
{
	const struct request_hints *h = &o->r->hints;

	if (net_port(&h->client) != 0)
		return is_end(f, end, &h->client);
	return h->proxy_port != 0 && f->port[1 - end] == h->proxy_port &&
	       is_at(f, end, &h->client);
}

/* Rule 5; end is the client's. A client on this very host needs no tunnel. */
static bool
is_sibling(const struct own *o, const struct flow *f, int end)
{
	const struct request_hints *h = &o->r->hints;
	const struct net_address *client =
	    has_address(&h->client) ? &h->client : &o->r->peer;
	uint16_t port = net_port(client);
	bool has_range = port == 0 || (port >= h->local_first && port <= h->local_last);

	if (h->n_remote == 0 || h->local_first == 0 || !is_at(f, end, client))
		return false;
	if (has_range && (f->port[end] < h->local_first || f->port[end] > h->local_last))
		return false;
	for (uint32_t i = 0; i < h->n_remote; i++)
		if (f->port[1 - end] == h->remote[i])
			return true;
	return false;
}

/* Rule 2. */
static bool
is_connection(const struct own *o, const struct flow *f, int end)
{
	return is_end(f, end, &o->r->local) && is_end(f, 1 - end, &o->r->peer);
}

void
own_init(struct own *o, const struct request *r, uint32_t linktype)
{
	*o = (struct own){.r = r, .linktype = linktype};
	if (linktype == SAVEFILE_LINKTYPE_ETHERNET) {
		o->type_at = 12;
		o->ip_at = 14;
	} else if (linktype == SAVEFILE_LINKTYPE_SLL) {
		o->type_at = 14;
		o->ip_at = 16;
	} else if (linktype == SAVEFILE_LINKTYPE_SLL2) {
		o->ip_at = 20;
	}
}

bool
own_is_own(const struct own *o, const struct flow *inner)
{
	for (int end = 0; end < 2; end++)
		if (is_listener(o, inner, end) || is_connection(o, inner, end) ||
		    is_outer(o, inner, end) || is_sibling(o, inner, end))
			return true;
	return false;
}
