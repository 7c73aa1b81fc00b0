/* Texts of exclusion filters; only numbers that the kernel gave us go into them. */
#include "worker/exclude.h"

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

void
exclude_build(struct exclude *e, const struct request *r)
{
	e->n = 0;
	if (net_port(&r->listener) != 0)
		add_listener(e, &r->listener);
	if (net_port(&r->peer) != 0 && net_port(&r->local) != 0)
		add_connection(e, &r->local, &r->peer);
}
