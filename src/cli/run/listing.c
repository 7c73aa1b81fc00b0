/* Interfaces of targets. It knows no packets. */
#include "cli/run/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/source/links_answer.h"
#include "cli/source/reach.h"
#include "sys/clock.h"
#include "sys/log.h"

struct item {
	struct listing *all;
	struct reach reach; /* until the body begins; then: */
	struct transport transport;
	struct loop_watch watch;
	bool is_over;
	bool is_whole; /* the body is */
	size_t n;
	char *body;
};

struct listing {
	const struct net_env *env;
	uint32_t n;
	uint32_t n_open; /* not over yet */
	struct item list[];
};

static void
end(struct item *i, const char *reason, const char *advice)
{
	struct text line;
	char mem[LOG_LINE_MAX];

	if (i->is_over)
		return;
	i->is_over = true;
	i->all->n_open--;
	loop_remove(i->all->env->loop, &i->watch);
	transport_close(&i->transport);
	if (!reason)
		return;
	text_init(&line, mem, sizeof(mem));
	text_str(&line, i->reach.call.target->name);
	text_str(&line, ": ");
	text_str(&line, reason);
	text_str(&line, advice ? ": " : "");
	text_str(&line, advice ? advice : "");
	log_text(LOG_ERROR, &line);
}

static bool
keep(struct item *i, struct span data)
{
	char *more =
	    i->n + data.n <= LISTING_BODY_MAX ? realloc(i->body, i->n + data.n) : NULL;

	if (!more)
		return false;
	memcpy(more + i->n, data.p, data.n);
	i->body = more;
	i->n += data.n;
	return true;
}

static void
take_body(struct item *i, struct span in)
{
	struct exchange *e = i->reach.call.exchange;
	struct span data;

	for (;;) {
		switch (http_client_feed(&e->http, &in, &e->head, &data)) {
		case HTTP_CLIENT_MORE:
		case HTTP_CLIENT_HEAD_DONE:
			return;
		case HTTP_CLIENT_DATA:
			if (keep(i, data))
				break;
			end(i, "the list of interfaces is too long", NULL);
			return;
		case HTTP_CLIENT_END:
			i->is_whole = true;
			end(i, NULL, NULL);
			return;
		case HTTP_CLIENT_BAD:
			end(i, e->http.reason, NULL);
			return;
		}
	}
}

static void
on_body(struct loop_watch *w, unsigned ready, uint64_t now_ns)
{
	struct item *i = LOOP_OWNER(struct item, watch, w);
	const struct net_env *env = i->all->env;
	enum transport_result rc = TRANSPORT_DONE;
	int error;
	size_t n;

	(void)ready;
	(void)now_ns;
	while (!i->is_over && rc == TRANSPORT_DONE) {
		rc = transport_read(&i->transport, env->scratch, NET_SCRATCH, &n, &error);
		if (rc == TRANSPORT_DONE)
			take_body(i, span_of(env->scratch, n));
	}
	if (i->is_over || rc == TRANSPORT_WANTS_IN || rc == TRANSPORT_WANTS_OUT)
		return;
	i->is_whole = rc == TRANSPORT_END &&
		      http_client_eof(&i->reach.call.exchange->http) == HTTP_CLIENT_END;
	end(i, i->is_whole ? NULL : "the answer was cut", NULL);
}

static void
begin_body(struct item *i, uint64_t now_ns)
{
	i->transport = call_take(&i->reach.call);
	take_body(i, i->reach.call.exchange->rest);
	if (!i->is_over &&
	    loop_add(i->all->env->loop, &i->watch, i->transport.fd, LOOP_IN) < 0)
		end(i, "no more descriptors can be watched", NULL);
	else if (!i->is_over)
		on_body(&i->watch, LOOP_IN, now_ns);
}

static void
take(struct item *i, enum reach_result result, uint64_t now_ns)
{
	switch (result) {
	case REACH_MORE:
		break;
	case REACH_CONNECTED:
		if (call_shows_password(&i->reach.call))
			log_line(LOG_WARNING,
				 "%s: a password or token crosses the network in the "
				 "clear: use https, or a tunnel (ssh -L)",
				 i->reach.call.target->name);
		take(i, reach_ask(&i->reach, now_ns), now_ns);
		break;
	case REACH_OPEN:
	case REACH_CAPTURE:
		begin_body(i, now_ns);
		break;
	case REACH_LOST:
	case REACH_FAILED:
	case REACH_MISSING:
		end(i, i->reach.reason, i->reach.advice);
		break;
	}
}

static void
on_reach(struct call *c, uint64_t now_ns)
{
	struct item *i = LOOP_OWNER(struct item, reach.call, c);

	take(i, reach_step(&i->reach, now_ns), now_ns);
}

struct listing *
listing_new(const struct net_env *env, const struct options *o, const struct target *list,
	    uint32_t n)
{
	struct listing *l = calloc(1, sizeof(*l) + n * sizeof(l->list[0]));

	if (!l)
		return NULL;
	l->env = env;
	l->n = n;
	l->n_open = n;
	for (uint32_t k = 0; k < n; k++) {
		struct item *i = &l->list[k];

		i->all = l;
		reach_init(&i->reach, env, &list[k], on_reach);
		reach_want(&i->reach, o, k, NULL, "interfaces");
		i->transport.fd = -1;
		loop_watch_init(&i->watch, on_body);
	}
	return l;
}

void
listing_free(struct listing *l)
{
	for (uint32_t k = 0; l && k < l->n; k++) {
		loop_remove(l->env->loop, &l->list[k].watch);
		transport_close(&l->list[k].transport);
		reach_close(&l->list[k].reach);
		call_settle(&l->list[k].reach.call);
		free(l->list[k].body);
	}
	free(l);
}

void
listing_resolved(struct listing *l, struct resolve_request *q, uint64_t now_ns)
{
	struct item *i = q->id < l->n ? &l->list[q->id] : NULL;

	if (i && !i->is_over)
		take(i, reach_resolved(&i->reach, q, now_ns), now_ns);
	resolve_free(q);
}

static void
start(struct item *i, uint64_t now_ns)
{
	if (i->reach.call.target->ops->is_http)
		take(i, reach_start(&i->reach, now_ns), now_ns);
	else
		end(i, "a capture has no list of interfaces", "name hosts with -D");
}

/* Those whose time is over fail. The next time. */
static uint64_t
expire(struct listing *l, uint64_t now_ns)
{
	uint64_t next_ns = LOOP_NEVER;

	for (uint32_t k = 0; k < l->n; k++) {
		struct item *i = &l->list[k];
		uint64_t due_ns = i->is_over ? LOOP_NEVER : reach_deadline(&i->reach);

		if (now_ns >= due_ns && i->transport.fd >= 0)
			end(i, "no answer to the request in time", NULL);
		else if (now_ns >= due_ns)
			take(i, reach_step(&i->reach, now_ns), now_ns);
		else if (due_ns < next_ns)
			next_ns = due_ns;
	}
	return next_ns;
}

/* Whether it has interfaces that were printed. */
static bool
print(const struct item *i)
{
	const char *name = i->reach.call.target->name;
	size_t cap = i->n * 8 + i->n / 8 * strlen(name) + 1024;
	char *mem = i->is_whole ? malloc(cap) : NULL;
	struct text out;
	bool is_good;

	text_init(&out, mem, mem ? cap : 0);
	is_good = mem && links_answer_put(&out, name, span_of(i->body, i->n));
	if (i->is_whole && !is_good)
		fault_say(span_str(name),
			  "its /interfaces lists none; check that the port is "
			  "ddump-worker's");
	else if (is_good)
		is_good = fwrite(out.p, 1, out.n, stdout) == out.n;
	free(mem);
	return is_good;
}

enum app_status
listing_run(struct listing *l, const bool *is_stopped)
{
	uint64_t now_ns = clock_monotonic_ns();
	uint32_t n_good = 0;

	for (uint32_t k = 0; k < l->n; k++)
		start(&l->list[k], now_ns);
	while (l->n_open > 0 && !*is_stopped)
		now_ns = loop_run_once(l->env->loop, expire(l, now_ns));
	for (uint32_t k = 0; k < l->n; k++)
		n_good += print(&l->list[k]);
	if (fflush(stdout) != 0 || n_good == 0)
		return APP_FAILED;
	return n_good < l->n ? APP_PARTIAL : APP_OK;
}
