/* From a target's name to a connection. */
#include "cli/source_connect.h"

#include <stddef.h>
#include <string.h>

#include "cli/source_answer.h"
#include "cli/source_retry.h"
#include "cli/source_tls.h"
#include "sys/log.h"

/* What is sent in the clear is said once a target. */
static void
warn_about_password(const struct source *s, int fd)
{
	struct net_address peer;

	if (s->has_answered || !s->target->url.has_password ||
	    s->target->url.scheme != HTTP_SCHEME_HTTP)
		return;
	if (net_peer(fd, &peer) == 0 && !net_is_loopback(&peer))
		log_line(
		    LOG_WARNING,
		    "%s: the password crosses the network in the clear: use https, or "
		    "a tunnel (ssh -L)",
		    s->target->name);
}

/* Connected: from here on the source is awaited by the merge, and may be slow. One that
 * was lost must answer first. */
static void
start_exchange(struct source *s, int fd, uint64_t now_ns)
{
	transport_open(&s->transport, fd);
	if (loop_add(s->context->loop, &s->watch, fd, LOOP_OUT) < 0) {
		source_fail(s, "no more descriptors can be watched", span_str(""), NULL);
		return;
	}
	net_set_stream_options(fd);
	warn_about_password(s, fd);
	if (!s->has_answered)
		source_join_merge(s, now_ns);
	s->is_http = true;
	s->deadline_ns = now_ns + s->context->options->connect_ns;
	if (s->target->url.scheme == HTTP_SCHEME_HTTPS) {
		source_tls_start(s);
		return;
	}
	s->state = SOURCE_SENDING;
	source_answer_send(s);
}

void
source_connect_handshake(struct source *s, uint64_t now_ns)
{
	if (!source_tls_step(s))
		return;
	s->deadline_ns = now_ns + s->context->options->connect_ns;
	s->state = SOURCE_SENDING;
	source_answer_send(s);
}

static const char *
advice(const struct source *s)
{
	if (s->target->url.scheme == HTTP_SCHEME_HTTPS && s->target->url.port == 0)
		return "the port is 8475 if not given: is it :443?";
	return "is ddump-worker running there, and the port open?";
}

void
source_connect_fail(struct source *s, const char *why)
{
	const struct connect *c = &s->exchange->connect;
	char mem[TARGET_NAME_MAX];
	struct text detail;

	text_init(&detail, mem, sizeof(mem));
	if (c->n > 0 && s->target->url.scheme != HTTP_SCHEME_UNIX) {
		net_format(&detail, &c->list[c->last]);
		text_str(&detail, ": ");
	}
	text_str(&detail, why);
	source_lose(s, "connect: ", text_span(&detail), advice(s));
}

void
source_connect_step(struct source *s, uint64_t now_ns)
{
	struct connect *c = &s->exchange->connect;
	int fd;

	s->now_ns = now_ns;
	switch (connect_step(c, now_ns, &fd)) {
	case CONNECT_MORE:
		break;
	case CONNECT_DONE:
		start_exchange(s, fd, now_ns);
		break;
	case CONNECT_FAILED:
		source_connect_fail(s, strerror(-c->error));
		break;
	}
	source_note_change(s);
}

static void
on_connect(struct connect *c, uint64_t now_ns)
{
	struct source_exchange *e =
	    (struct source_exchange *)((char *)c -
				       offsetof(struct source_exchange, connect));

	if (e->source->state == SOURCE_CONNECTING)
		source_connect_step(e->source, now_ns);
}

void
source_connect_start(struct source *s, const struct net_address *list, size_t n,
		     uint64_t now_ns)
{
	s->state = SOURCE_CONNECTING;
	connect_start(&s->exchange->connect, s->context->loop, s->context->ports, list, n,
		      on_connect);
	source_connect_step(s, now_ns);
}

void
source_connect_unix(struct source *s, uint64_t now_ns)
{
	char mem[TARGET_NAME_MAX];
	struct net_address address;
	struct text path;
	const char *what;

	text_init(&path, mem, sizeof(mem));
	text_str(&path, "unix:");
	text_put(&path, s->target->url.host);
	what = net_parse_listen(text_span(&path), &address);
	if (what)
		source_fail(s, what, span_str(""), NULL);
	else
		source_connect_start(s, &address, 1, now_ns);
}

/* A zone may be written as in RFC 6874: [fe80::1%25eth0]. */
int
source_connect_look_up(struct source *s)
{
	const struct target *t = s->target;
	char mem[RESOLVE_HOST_MAX + 1];
	struct span rest = t->url.host;
	struct text host;

	text_init(&host, mem, sizeof(mem));
	text_put(&host, span_take(&rest, span_find(rest, '%')));
	if (rest.n > 3 && span_starts(rest, span_str("%25")))
		span_take(&rest, 3);
	else
		span_take(&rest, 1);
	text_str(&host, rest.n > 0 ? "%" : "");
	text_put(&host, rest);
	s->state = SOURCE_RESOLVING;
	return resolve_start(s->context->resolve, text_span(&host), t->port, s->id);
}
