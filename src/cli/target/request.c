/* The request that is made for a target. */
#include "cli/target/target.h"

#include <string.h>

#include "cli/options/header.h"
#include "cli/target/basic_auth.h"
#include "http/emit.h"
#include "http/limits.h"
#include "sys/ports.h"

/* Whether the query says something of this name. */
static bool
has_name(struct span query, const char *name)
{
	while (query.n > 0) {
		struct span pair = span_split(&query, '&');

		pair.n = span_find(pair, '=');
		if (span_eq(pair, span_str(name)))
			return true;
	}
	return false;
}

bool
target_is_bounded(const struct target *t)
{
	return has_name(t->url.query, "count") || has_name(t->url.query, "duration");
}

bool
target_has_heartbeat(const struct target *t)
{
	return has_name(t->url.query, "heartbeat");
}

bool
target_has_format(const struct target *t)
{
	return has_name(t->url.query, "format");
}

bool
target_is_partial(const struct target *t, const struct flag_query *given)
{
	bool is_partial =
	    has_name(t->url.query, "interface") || has_name(t->url.query, "direction");

	for (size_t i = 0; i < given->n; i++)
		is_partial |= strcmp(given->list[i].name, "interface") == 0 ||
			      strcmp(given->list[i].name, "direction") == 0;
	return is_partial;
}

struct query {
	struct text *text;
	struct span own;
	bool is_begun;
};

static void
put_default(struct query *q, const struct flag_parameter *p)
{
	if (has_name(q->own, p->name))
		return;
	text_char(q->text, q->is_begun ? '&' : '?');
	q->is_begun = true;
	text_str(q->text, p->name);
	text_char(q->text, '=');
	text_percent(q->text, span_str(p->value));
}

/* What of an ssh target's query is not the worker's. */
static bool
is_setting(const struct target *t, struct span name)
{
	return target_is_ssh(t) &&
	       (span_eq(name, span_str("sudo")) || span_eq(name, span_str("worker")) ||
		span_eq(name, span_str("via")));
}

static void
put_own(struct query *q, const struct target *t)
{
	struct span rest = q->own;

	while (rest.n > 0) {
		struct span pair = span_split(&rest, '&');

		if (is_setting(t, span_of(pair.p, span_find(pair, '='))))
			continue;
		text_char(q->text, q->is_begun ? '&' : '?');
		text_put(q->text, pair);
		q->is_begun = true;
	}
}

struct span
target_path(const struct target *t, const char **leaf)
{
	struct span path = t->url.path;
	bool is_folder = path.n == 0 || span_take_suffix(&path, "/");

	is_folder |= span_take_suffix(&path, "/capture");
	*leaf = is_folder ? "/capture" : "";
	return path;
}

static void
put_resource(struct text *text, const struct target *t, const struct options *o)
{
	struct query q = {.text = text, .own = t->url.query};
	const char *leaf;

	text_put(text, target_path(t, &leaf));
	text_str(text, leaf);
	put_own(&q, t);
	for (size_t i = 0; i < o->query.n; i++)
		put_default(&q, &o->query.list[i]);
}

static void
put_authority(struct text *out, struct span host, uint16_t port)
{
	bool is_ipv6 = span_find(host, ':') < host.n;

	if (is_ipv6)
		host.n = span_find(host, '%');
	text_str(out, is_ipv6 ? "[" : "");
	text_put(out, host);
	text_str(out, is_ipv6 ? "]:" : ":");
	text_u64(out, port);
}

void
target_put_authority(const struct target *t, struct text *out)
{
	put_authority(out, target_host(t), t->port);
}

/* One of a name's addresses is still asked for by the name. */

static void
put_host(struct text *out, const struct target *t)
{
	char mem[TARGET_NAME_MAX];
	struct text field;

	text_init(&field, mem, sizeof(mem));
	if (target_is_remote(t))
		put_authority(&field, t->url.host, t->port);
	else
		text_str(&field, "localhost");
	http_emit_field(out, "Host", text_span(&field));
}

bool
target_has_field(const struct target *t, const char *name)
{
	for (size_t i = 0; t->options && i < t->options->n_headers; i++)
		if (span_eq_ci(header_name(span_str(t->options->headers[i])),
			       span_str(name)))
			return true;
	return false;
}

bool
target_has_secret(const struct target *t)
{
	return t->url.has_password || target_has_field(t, "Authorization") ||
	       target_has_field(t, "Cookie");
}

/* Those of the user take the place of ours. */
static void
put_fields(struct text *out, const struct target *t)
{
	for (size_t i = 0; t->options && i < t->options->n_headers; i++) {
		struct span field = span_str(t->options->headers[i]);

		text_put(out, header_name(field));
		text_str(out, ": ");
		text_put(out, header_value(field));
		text_str(out, "\r\n");
	}
}

static bool
put_sender(struct text *out, const struct target *t)
{
	put_host(out, t);
	if (t->url.has_user && !target_is_ssh(t) &&
	    !target_has_field(t, "Authorization") &&
	    !basic_auth_put(out, "Authorization", &t->url))
		return false;
	if (!target_has_field(t, "User-Agent"))
		http_emit_field(out, "User-Agent", span_str("ddump/" DDUMP_VERSION));
	put_fields(out, t);
	return true;
}

/* RFC 7239 section 6: one with a port is quoted. */
static void
put_own_address(struct text *out, const struct target *t, const char *address)
{
	char mem[96];
	struct text field;

	if (t->ops->way != TARGET_COMMAND) {
		http_emit_field(out, "X-Forwarded-For", span_str(address));
		return;
	}
	text_init(&field, mem, sizeof(mem));
	text_str(&field, "for=\"");
	text_str(&field, address);
	text_char(&field, '"');
	http_emit_field(out, "Forwarded", text_span(&field));
}

bool
target_request(const struct target *t, const struct options *o, const char *ports,
	       const char *own_address, struct text *out)
{
	char mem[HTTP_TARGET_MAX];
	struct text resource;

	text_init(&resource, mem, sizeof(mem));
	put_resource(&resource, t, o);
	http_emit_request(out, "GET", text_span(&resource));
	if (!put_sender(out, t))
		return false;
	if (!target_has_field(t, "Accept"))
		http_emit_field(out, "Accept", span_str("application/x-pcapng"));
	http_emit_field(out, "Ddump-Options",
			span_str(o->linktype >= OPTIONS_LINKTYPE_NATIVE
				     ? "linktype=native, heartbeat=50, precision=nano"
				     : "linktype=sll2, heartbeat=50, precision=nano"));
	if (ports && ports[0] != '\0')
		http_emit_field(out, "Ddump-Ports", span_str(ports));
	if (own_address[0] != '\0')
		put_own_address(out, t, own_address);
	http_emit_field(out, "Connection", span_str("close"));
	http_emit_end(out);
	return !resource.is_cut && !out->is_cut;
}

bool
target_side_request(const struct target *t, const char *name, struct text *out)
{
	char mem[HTTP_TARGET_MAX];
	struct text resource;
	const char *leaf;
	struct span folder = target_path(t, &leaf);

	while (leaf[0] == '\0' && folder.n > 0 && folder.p[--folder.n] != '/')
		;
	text_init(&resource, mem, sizeof(mem));
	text_put(&resource, folder);
	text_char(&resource, '/');
	text_str(&resource, name);
	http_emit_request(out, "GET", text_span(&resource));
	if (!put_sender(out, t))
		return false;
	http_emit_end(out);
	return !resource.is_cut && !out->is_cut;
}

/* Whether list[0] to list[n - 1] have a connection to this port. */
static bool
has_port(const uint16_t *list, size_t n, uint16_t port)
{
	while (n > 0)
		if (list[--n] == port)
			return true;
	return false;
}

void
target_put_ports(struct text *out, const struct target *list, size_t n,
		 const struct ports *local, uint16_t proxy_port)
{
	uint16_t remote[TARGET_PORTS_MAX] = {proxy_port};
	size_t n_proxies = proxy_port != 0 ? 1 : 0;
	size_t n_remote = n_proxies;

	for (size_t i = 0; i < n && n_remote < TARGET_PORTS_MAX; i++)
		if (target_is_remote(&list[i]) &&
		    !has_port(remote, n_remote, list[i].port))
			remote[n_remote++] = list[i].port;
	if (n_remote == n_proxies || local->first == 0)
		return;
	for (size_t i = 0; i < n_remote; i++) {
		text_str(out, i > 0 ? "," : "remote=");
		text_u64(out, remote[i]);
	}
	text_str(out, "; local=");
	text_u64(out, local->first);
	text_char(out, '-');
	text_u64(out, local->last);
}
