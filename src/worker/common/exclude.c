/* Texts of exclusion filters; only numbers that the kernel gave us go into them. */
#include "worker/common/exclude.h"

#include <arpa/inet.h>

/* "(dst host A and dst port P)"; without an address the port alone. */
static void
put_end(struct text *t, const char *side, const struct net_address *a)
{
	text_str(t, "(tcp ");
	text_str(t, side);
	text_str(t, " port ");
	text_u64(t, net_port(a));
	if (!net_is_wildcard(a)) {
		text_str(t, " and ");
		text_str(t, side);
		text_str(t, " host ");
		net_format_host(t, a);
	}
	text_str(t, ")");
}

static void
start(struct exclude *e, struct text *t)
{
	text_init(t, e->texts[e->n], EXCLUDE_TEXT_SIZE);
}

static void
finish(struct exclude *e, struct text *t)
{
	text_cstr(t);
	e->n++;
}

/* Whatever goes to or comes from the worker's own listening address. */
static void
add_listener(struct exclude *e, const struct net_address *a)
{
	struct text t;

	start(e, &t);
	put_end(&t, "src", a);
	text_str(&t, " or ");
	put_end(&t, "dst", a);
	finish(e, &t);
}

static void
put_way(struct text *t, const struct net_address *from, const struct net_address *to)
{
	text_str(t, "(");
	put_end(t, "src", from);
	text_str(t, " and ");
	put_end(t, "dst", to);
	text_str(t, ")");
}

/* The client's connection, both ways. */
static void
add_connection(struct exclude *e, const struct net_address *a,
	       const struct net_address *b)
{
	struct text t;

	start(e, &t);
	put_way(&t, a, b);
	text_str(&t, " or ");
	put_way(&t, b, a);
	finish(e, &t);
}

static bool
has_address(const struct net_address *a)
{
	return a->size > 0 && a->sa.ss_family != AF_UNIX;
}

/* Behind a proxy on this host, the client's connection to the proxy (3). */
static void
add_outer(struct exclude *e, const struct request_hints *h)
{
	struct net_address any_port = h->client;
	struct text t;

	start(e, &t);
	if (net_port(&h->client) != 0) {
		put_end(&t, "src", &h->client);
		text_str(&t, " or ");
		put_end(&t, "dst", &h->client);
	} else {
		net_set_port(&any_port, 0);
		text_str(&t, "(tcp src port ");
		text_u64(&t, h->proxy_port);
		text_str(&t, " and dst host ");
		net_format_host(&t, &any_port);
		text_str(&t, ") or (tcp dst port ");
		text_u64(&t, h->proxy_port);
		text_str(&t, " and src host ");
		net_format_host(&t, &any_port);
		text_str(&t, ")");
	}
	finish(e, &t);
}

static bool
is_in_range(const struct request_hints *h, uint16_t port)
{
	return port >= h->local_first && port <= h->local_last;
}

/* "(dst port 443 or dst port 8475)" */
static void
put_remote(struct text *t, const char *side, const struct request_hints *h)
{
	text_str(t, "(");
	for (uint32_t i = 0; i < h->n_remote; i++) {
		text_str(t, i > 0 ? " or " : "");
		text_str(t, side);
		text_str(t, " port ");
		text_u64(t, h->remote[i]);
	}
	text_str(t, ")");
}

/* One direction of the sibling streams; near is the client's side. */
static void
put_siblings(struct text *t, const char *near, const char *far,
	     const struct request_hints *h, const struct net_address *client,
	     bool has_range)
{
	text_str(t, "(tcp and ");
	put_remote(t, far, h);
	if (has_range) {
		text_str(t, " and ");
		text_str(t, near);
		text_str(t, " portrange ");
		text_u64(t, h->local_first);
		text_str(t, "-");
		text_u64(t, h->local_last);
	}
	if (client) {
		text_str(t, " and ");
		text_str(t, near);
		text_str(t, " host ");
		net_format_host(t, client);
	}
	text_str(t, ")");
}

/*
 * The client's other streams (5). A client on this very host may use any of the host's
 * addresses for them: its ports alone must do. A port outside the range that the client
 * named was changed on the way, and so are those of its siblings.
 */
static void
add_siblings(struct exclude *e, const struct request *r)
{
	const struct request_hints *h = &r->hints;
	const struct net_address *client =
	    has_address(&h->client) ? &h->client : &r->peer;
	bool is_here = !has_address(client) || net_is_loopback(client) ||
		       net_is_same_host(client, &r->local);
	uint16_t port = net_port(client);
	bool has_range = port == 0 || is_in_range(h, port);
	struct text t;

	if (h->n_remote == 0 || h->local_first == 0 || (is_here && !has_range))
		return;
	e->is_by_remote_ports_alone = !has_range;
	start(e, &t);
	put_siblings(&t, "src", "dst", h, is_here ? NULL : client, has_range);
	text_str(&t, " or ");
	put_siblings(&t, "dst", "src", h, is_here ? NULL : client, has_range);
	finish(e, &t);
}

void
exclude_build(struct exclude *e, const struct request *r)
{
	e->n = 0;
	e->is_by_remote_ports_alone = false;
	if (net_port(&r->listener) != 0)
		add_listener(e, &r->listener);
	if (net_port(&r->peer) != 0 && net_port(&r->local) != 0)
		add_connection(e, &r->local, &r->peer);
	if (has_address(&r->hints.client) &&
	    (net_port(&r->hints.client) != 0 || r->hints.proxy_port != 0))
		add_outer(e, &r->hints);
	add_siblings(e, r);
}
