/* From a target's name to its request. */
#include "cli/source/connect.h"

#include <stddef.h>
#include <string.h>

#include "cli/source/answer.h"
#include "cli/source/clock.h"
#include "cli/source/probe.h"
#include "cli/source/retry.h"
#include "cli/source/tally.h"
#include "sys/log.h"

static bool
is_proxied(const struct source *s)
{
	return s->context->proxy && target_is_remote(s->target);
}

/* What is sent in the clear is said once a target. Behind a proxy the way goes on. */
static void
warn_about_password(const struct source *s)
{
	struct net_address peer;
	bool is_local = net_peer(s->transport.fd, &peer) < 0 || net_is_loopback(&peer);

	if (s->has_answered || !s->target->url.has_password ||
	    s->target->url.scheme != HTTP_SCHEME_HTTP)
		return;
	if (!is_local || is_proxied(s))
		log_line(
		    LOG_WARNING,
		    "%s: the password crosses the network in the clear: use https, or "
		    "a tunnel (ssh -L)",
		    s->target->name);
}

/* Through a tunnel the worker sees the proxy's address, and nobody tells it ours. */
static void
put_own_address(const struct source *s, struct text *out)
{
	struct net_address own;

	if (is_proxied(s) && net_local(s->transport.fd, &own) == 0)
		net_format_host(out, &own);
}

void
source_connect_ask(struct source *s, uint64_t now_ns)
{
	s->deadline_ns = now_ns + s->context->options->connect_ns;
	s->state = SOURCE_SENDING;
	source_clock_note_request(s);
	source_answer_send(s);
}

bool
source_connect_may_ask(const struct source *s)
{
	return (!s->slew || !source_probe_is_measuring(s)) && !source_tally_is_losing(s);
}

/* The clock is asked at the same time as the capture, or first if records depend on it. */
static void
prepare(struct source *s, uint64_t now_ns)
{
	const struct connect *c = &s->exchange->dial.connect;

	source_probe_start(s, &c->list[c->last], now_ns);
	source_tally_lose(s, &c->list[c->last], now_ns);
	if (source_connect_may_ask(s)) {
		source_connect_ask(s, now_ns);
		return;
	}
	s->state = SOURCE_PREPARING;
	s->deadline_ns = now_ns + SOURCE_PREPARE_NS;
}

/* From here on the source is awaited by the merge, and may be slow. One that was lost must
 * answer first. */
static void
start_exchange(struct source *s, uint64_t now_ns)
{
	char mem[64];
	struct text own;

	s->transport = dial_take(&s->exchange->dial);
	s->is_http = true;
	text_init(&own, mem, sizeof(mem));
	put_own_address(s, &own);
	if (!source_answer_begin(s, text_cstr(&own))) {
		source_fail(s, "the request is too long", span_str(""), NULL);
		return;
	}
	warn_about_password(s);
	if (!s->has_answered && !s->is_late)
		source_join_merge(s, now_ns);
	prepare(s, now_ns);
}

void
source_connect_step(struct source *s, uint64_t now_ns)
{
	struct dial *d = &s->exchange->dial;

	s->now_ns = now_ns;
	switch (dial_step(d, now_ns)) {
	case DIAL_MORE:
		break;
	case DIAL_DONE:
		start_exchange(s, now_ns);
		break;
	case DIAL_LOST:
		source_lose(s, d->reason, span_str(""), d->advice);
		break;
	case DIAL_REFUSED:
		source_fail(s, d->reason, span_str(""), d->advice);
		break;
	}
	source_note_change(s);
}

static void
on_dial(struct dial *d, uint64_t now_ns)
{
	struct source_exchange *e =
	    (struct source_exchange *)((char *)d -
				       offsetof(struct source_exchange, dial));

	if (e->source->state == SOURCE_CONNECTING)
		source_connect_step(e->source, now_ns);
}

void
source_connect_start(struct source *s, const struct net_address *list, size_t n,
		     uint64_t now_ns)
{
	s->state = SOURCE_CONNECTING;
	dial_start(&s->exchange->dial, list, n, s->deadline_ns, on_dial);
	if (n == 1) /* it is known whose clock it will be */
		source_probe_start(s, &list[0], now_ns);
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
static void
put_host(struct text *out, struct span host)
{
	text_put(out, span_take(&host, span_find(host, '%')));
	if (host.n > 3 && span_starts(host, span_str("%25")))
		span_take(&host, 3);
	else
		span_take(&host, 1);
	text_str(out, host.n > 0 ? "%" : "");
	text_put(out, host);
}

int
source_connect_look_up(struct source *s)
{
	const struct proxy *p = is_proxied(s) ? s->context->proxy : NULL;
	char mem[RESOLVE_HOST_MAX + 1];
	struct text host;

	text_init(&host, mem, sizeof(mem));
	put_host(&host, p ? p->url.host : target_host(s->target));
	s->state = SOURCE_RESOLVING;
	return resolve_start(s->context->resolve, text_span(&host),
			     p ? p->url.port : s->target->port, s->id);
}

void
source_connect_unresolved(struct source *s, const char *why)
{
	if (is_proxied(s))
		source_lose(s, "the proxy's name: ", span_str(why), "check --proxy");
	else
		source_lose(s, "", span_str(why),
			    "check the target's name (a file is ./FILE)");
}
