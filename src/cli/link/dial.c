/* From addresses to a transport that takes a request. It knows no request but CONNECT. */
#include "cli/link/dial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/link/talk.h"
#include "cli/link/tls_advice.h"
#include "sys/log.h"

bool
dial_is_proxied(const struct net_env *env, const struct target *target)
{
	return env->proxy && proxy_is_for(env->proxy, target);
}

static bool
is_proxied(const struct dial *d)
{
	return dial_is_proxied(d->env, d->target);
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
dial_look_up(const struct net_env *env, const struct target *target, uint32_t id)
{
	const struct proxy *p = dial_is_proxied(env, target) ? env->proxy : NULL;
	char mem[RESOLVE_HOST_MAX + 1];
	struct text host;

	text_init(&host, mem, sizeof(mem));
	put_host(&host, p ? p->url.host : target_host(target));
	return resolve_start(env->resolve, text_span(&host),
			     p ? p->url.port : target->port, id);
}

static enum dial_result
fail(struct dial *d, enum dial_result result, const char *what, struct span detail,
     const char *advice)
{
	struct text reason;

	text_init(&reason, d->reason, sizeof(d->reason));
	if (is_proxied(d) && d->state != DIAL_HANDSHAKE) {
		text_str(&reason, "the proxy ");
		text_str(&reason, d->env->proxy->name);
		text_str(&reason, ": ");
	}
	text_str(&reason, what);
	text_put(&reason, detail);
	text_cstr(&reason);
	d->advice = advice;
	dial_cancel(d);
	return result;
}

/* The kernel's EINVAL for IPv6 is a link-local address that could be on any link. */
static const char *
connect_advice(const struct dial *d)
{
	const struct connect *c = &d->connect;

	if (c->error == -EMFILE || c->error == -ENFILE)
		return "raise the limit of open files (ulimit -n)";
	if (is_proxied(d))
		return "check --proxy";
	if (c->n > 0 && c->error == -EINVAL && c->list[c->last].sa.ss_family == AF_INET6)
		return "say which link the address is on: [fe80::1%eth0]";
	if (target_is_https(d->target) && d->target->url.port == 0)
		return "add :443; without a port 8475 is used";
	return d->target->ops->unanswered;
}

static enum dial_result
fail_connect(struct dial *d, const char *why)
{
	const struct connect *c = &d->connect;
	char mem[DIAL_REASON_MAX];
	struct text what;

	text_init(&what, mem, sizeof(mem));
	text_str(&what, "connect: ");
	if (c->n > 1 && target_is_remote(d->target)) {
		net_format(&what, &c->list[c->last]);
		text_str(&what, ": ");
	}
	text_str(&what, why);
	return fail(d, DIAL_LOST, text_cstr(&what), span_str(""), connect_advice(d));
}

static void
on_connect(struct connect *c, uint64_t now_ns)
{
	struct dial *d = LOOP_OWNER(struct dial, connect, c);

	d->on_ready(d, now_ns);
}

static void
on_watch(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct dial *d = LOOP_OWNER(struct dial, watch, w);

	(void)ready;
	d->on_ready(d, now_ns);
}

void
dial_init(struct dial *d, const struct net_env *env, const struct target *target)
{
	d->env = env;
	d->tunnel = NULL;
	d->login = NULL;
	d->is_capture = false;
	d->peer[0] = '\0';
	d->target = target;
	d->state = DIAL_IDLE;
	d->transport = (struct transport){.fd = -1};
	loop_watch_init(&d->watch, on_watch);
	d->connect.n = 0;
	d->connect.next = 0;
}

void
dial_start(struct dial *d, const struct net_address *list, size_t n, uint64_t deadline_ns,
	   void (*on_ready)(struct dial *d, uint64_t now_ns))
{
	d->state = DIAL_CONNECTING;
	d->on_ready = on_ready;
	d->deadline_ns = deadline_ns;
	if (d->target->ops->way == TARGET_COMMAND) {
		d->state = DIAL_LOGIN;
		d->deadline_ns = LOOP_NEVER;
		d->login = login_new(d->env, d->target, 0);
		return;
	}
	connect_start(&d->connect, d->env->loop, d->env->ports, list, n, on_connect);
}

static void
enter(struct dial *d, enum dial_state state, uint64_t now_ns)
{
	d->state = state;
	d->deadline_ns = now_ns + d->env->connect_ns;
}

/* A certificate or key that was replaced is used from here on. */
static void
refresh_tls(struct tls_config *tls)
{
	char mem[LOG_LINE_MAX];
	struct text why;

	text_init(&why, mem, sizeof(mem));
	if (tls_config_refresh(tls, &why))
		return;
	text_str(&why, "; still using the previous certificate and key");
	log_text(LOG_WARNING, &why);
}

static enum dial_result
start_tls(struct dial *d, uint64_t now_ns)
{
	char host[TARGET_NAME_MAX];
	struct text name;

	refresh_tls(d->env->tls);
	text_init(&name, host, sizeof(host));
	text_put(&name, d->target->url.host);
	enter(d, DIAL_HANDSHAKE, now_ns);
	if (!name.is_cut &&
	    transport_start_tls(&d->transport, d->env->tls, text_cstr(&name)))
		return DIAL_MORE;
	return fail(d, DIAL_REFUSED, "TLS: no memory, or the host's name is too long",
		    span_str(""), NULL);
}

/* The way to the target is there. */
static enum dial_result
enter_target(struct dial *d, uint64_t now_ns)
{
	return target_is_https(d->target) ? start_tls(d, now_ns) : DIAL_DONE;
}

/* Said once, not for each target. */
static void
warn_about_password(const struct dial *d)
{
	struct proxy *p = d->env->proxy;
	struct net_address peer;

	if (p->has_warned || !p->url.has_password ||
	    net_peer(d->transport.fd, &peer) < 0 || net_is_loopback(&peer))
		return;
	p->has_warned = true;
	log_line(LOG_WARNING,
		 "the proxy %s: its password crosses the network in the clear", p->name);
}

static enum dial_result
start_tunnel(struct dial *d, uint64_t now_ns)
{
	char mem[PROXY_REQUEST_MAX];
	struct text request;

	enter(d, DIAL_TUNNEL, now_ns);
	warn_about_password(d);
	text_init(&request, mem, sizeof(mem));
	if (!proxy_request(d->env->proxy, d->target, &request))
		return fail(d, DIAL_REFUSED, "the user and password for it are too long",
			    span_str(""), "check --proxy");
	d->tunnel =
	    exchange_new(EXCHANGE_TUNNEL, text_span(&request), HTTP_RESPONSE_HEAD_MAX);
	if (!d->tunnel)
		return fail(d, DIAL_REFUSED, "out of memory", span_str(""), NULL);
	return DIAL_MORE;
}

static enum dial_result
step_connect(struct dial *d, uint64_t now_ns)
{
	int fd;

	switch (connect_step(&d->connect, now_ns, &fd)) {
	case CONNECT_MORE:
		return DIAL_MORE;
	case CONNECT_FAILED:
		return fail_connect(d, strerror(-d->connect.error));
	case CONNECT_DONE:
		break;
	}
	transport_open(&d->transport, fd);
	net_set_stream_options(fd);
	if (loop_add(d->env->loop, &d->watch, fd, 0) < 0)
		return fail(d, DIAL_REFUSED, "no more descriptors can be watched",
			    span_str(""), NULL);
	return is_proxied(d) ? start_tunnel(d, now_ns) : enter_target(d, now_ns);
}

static const char *
proxy_advice(const struct dial *d)
{
	unsigned status = d->tunnel->answer.status;

	if (status == 407 && d->env->proxy->url.has_user)
		return "check the user and password in --proxy";
	if (status == 407)
		return "give user:password@ in --proxy";
	if (status == 403 || status == 405)
		return "the proxy must allow CONNECT to this host and port";
	return NULL;
}

static enum dial_result
refuse_tunnel(struct dial *d)
{
	bool is_passing = refusal_is_passing(&d->tunnel->answer);
	const char *advice = proxy_advice(d);
	char mem[DIAL_REASON_MAX];
	struct text words;

	text_init(&words, mem, sizeof(mem));
	refusal_put(&d->tunnel->answer, &words);
	return fail(d, is_passing ? DIAL_LOST : DIAL_REFUSED, "", text_span(&words),
		    advice);
}

static enum dial_result
fail_tunnel(struct dial *d, const char *why)
{
	return fail(d, DIAL_LOST, why, span_str(""),
		    "check that --proxy names an HTTP proxy");
}

/* As in HTTP and in TLS the client speaks first, more bytes than the proxy's answer make
 * no sense. */
static enum dial_result
step_tunnel(struct dial *d, uint64_t now_ns, unsigned *wants)
{
	struct exchange *e = d->tunnel;

	switch (talk_step(e, &d->transport, d->env->scratch, wants)) {
	case EXCHANGE_MORE:
		break;
	case EXCHANGE_OPEN:
		if (e->rest.n > 0)
			return fail_tunnel(d, "it sends more than its answer");
		return enter_target(d, now_ns);
	case EXCHANGE_ANSWER:
		return refuse_tunnel(d);
	case EXCHANGE_LOST:
		return fail_tunnel(d, "it closed the connection without an answer");
	case EXCHANGE_BAD:
		return fail_tunnel(d, e->reason);
	}
	if (exchange_is_refused(e) && now_ns + REFUSAL_WAIT_NS < d->deadline_ns)
		d->deadline_ns = now_ns + REFUSAL_WAIT_NS;
	return DIAL_MORE;
}

static enum dial_result
step_handshake(struct dial *d, unsigned *wants)
{
	const char *advice;
	enum tls_cause cause;
	char mem[DIAL_REASON_MAX];
	struct text why;

	switch (transport_handshake(&d->transport)) {
	case TRANSPORT_DONE:
		return DIAL_DONE;
	case TRANSPORT_WANTS_IN:
		*wants = LOOP_IN;
		return DIAL_MORE;
	case TRANSPORT_WANTS_OUT:
		*wants = LOOP_OUT;
		return DIAL_MORE;
	case TRANSPORT_END:
	case TRANSPORT_FAILED:
		break;
	}
	cause = transport_cause(&d->transport);
	advice = tls_advice(d->env, d->target, &d->transport);
	text_init(&why, mem, sizeof(mem));
	text_str(&why, transport_reason(&d->transport, 0));
	if (cause == TLS_CAUSE_CERTIFICATE || cause == TLS_CAUSE_OFFER ||
	    cause == TLS_CAUSE_ALERT)
		return fail(d, DIAL_REFUSED, "TLS: ", text_span(&why), advice);
	return fail(d, DIAL_LOST, "TLS: ", text_span(&why), advice);
}

static enum dial_result
step_login(struct dial *d, uint64_t now_ns, unsigned *wants)
{
	struct login *l = d->login;

	if (!l)
		return fail(d, DIAL_REFUSED, "out of memory", span_str(""), NULL);
	switch (login_step(l, &d->transport, now_ns, wants)) {
	case LOGIN_MORE:
		break;
	case LOGIN_AGAIN:
		loop_remove(d->env->loop, &d->watch);
		transport_close(&d->transport);
		return DIAL_MORE;
	case LOGIN_CAPTURE:
		d->is_capture = true;
		return DIAL_DONE;
	case LOGIN_HTTP:
		memcpy(d->peer, l->boot.peer, sizeof(d->peer));
		return DIAL_DONE;
	case LOGIN_LOST:
		return fail(d, DIAL_LOST, l->reason, span_str(""), l->advice);
	case LOGIN_REFUSED:
		return fail(d, DIAL_REFUSED, l->reason, span_str(""), l->advice);
	}
	if (d->transport.fd >= 0 && d->watch.fd < 0 &&
	    loop_add(d->env->loop, &d->watch, d->transport.fd, 0) < 0)
		return fail(d, DIAL_REFUSED, "no more descriptors can be watched",
			    span_str(""), NULL);
	return DIAL_MORE;
}

static enum dial_result
expire(struct dial *d)
{
	switch (d->state) {
	case DIAL_CONNECTING:
		return fail_connect(d, "no answer in time");
	case DIAL_HANDSHAKE:
		return fail(d, DIAL_LOST, "TLS: no answer to the handshake in time",
			    span_str(""), tls_advice_port(d->target));
	case DIAL_TUNNEL:
		if (exchange_is_refused(d->tunnel))
			return refuse_tunnel(d);
		return fail(d, DIAL_LOST, "no answer in time", span_str(""),
			    "check that --proxy names an HTTP proxy");
	case DIAL_IDLE:
	case DIAL_LOGIN:
		break;
	}
	return DIAL_MORE;
}

/* One step of the state; *wants is what its transport waits for. */
static enum dial_result
step(struct dial *d, uint64_t now_ns, unsigned *wants)
{
	switch (d->state) {
	case DIAL_CONNECTING:
		return step_connect(d, now_ns);
	case DIAL_TUNNEL:
		return step_tunnel(d, now_ns, wants);
	case DIAL_HANDSHAKE:
		return step_handshake(d, wants);
	case DIAL_LOGIN:
		return step_login(d, now_ns, wants);
	case DIAL_IDLE:
		break;
	}
	return DIAL_MORE;
}

enum dial_result
dial_step(struct dial *d, uint64_t now_ns)
{
	enum dial_result result;
	enum dial_state before;
	unsigned wants;

	if (now_ns >= d->deadline_ns)
		return expire(d);
	do {
		wants = 0;
		before = d->state;
		result = step(d, now_ns, &wants);
	} while (result == DIAL_MORE && d->state != before);
	if (d->watch.fd >= 0 && result == DIAL_MORE)
		loop_set(d->env->loop, &d->watch, wants);
	return result;
}

static void
drop_talks(struct dial *d)
{
	free(d->tunnel);
	d->tunnel = NULL;
	login_free(d->login);
	d->login = NULL;
	d->state = DIAL_IDLE;
}

struct transport
dial_take(struct dial *d)
{
	struct transport t = d->transport;

	loop_remove(d->env->loop, &d->watch);
	d->transport = (struct transport){.fd = -1};
	drop_talks(d);
	return t;
}

uint64_t
dial_deadline(const struct dial *d)
{
	uint64_t next = LOOP_NEVER;

	if (d->state == DIAL_IDLE)
		return LOOP_NEVER;
	if (d->state == DIAL_CONNECTING)
		next = connect_deadline(&d->connect);
	if (d->login)
		next = login_deadline(d->login);
	return next < d->deadline_ns ? next : d->deadline_ns;
}

void
dial_cancel(struct dial *d)
{
	loop_remove(d->env->loop, &d->watch);
	transport_close(&d->transport);
	connect_cancel(&d->connect);
	drop_talks(d);
}
