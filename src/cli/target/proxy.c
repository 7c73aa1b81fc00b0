/* What --proxy says, as a request. */
#include "cli/target/proxy.h"

#include <string.h>
#include <strings.h>

#include "cli/target/basic_auth.h"
#include "cli/target/no_proxy.h"
#include "cli/target/target.h"
#include "http/emit.h"

static void
set_name(struct proxy *p)
{
	struct text name;

	text_init(&name, p->name, sizeof(p->name));
	text_str(&name, p->url.is_ipv6 ? "[" : "");
	text_escape(&name, p->url.host);
	text_str(&name, p->url.is_ipv6 ? "]:" : ":");
	text_u64(&name, p->url.port);
	text_cstr(&name);
}

const char *
proxy_parse(struct proxy *p, const char *text)
{
	struct proxy none = {.has_warned = false};
	const char *what = http_url_parse(span_str(text), &none.url);
	bool is_http = !strstr(text, "://") || strncasecmp(text, "http://", 7) == 0;

	*p = none;
	if (what && is_http)
		return what;
	if (what || p->url.scheme != HTTP_SCHEME_HTTP || p->url.is_all_addresses)
		return "only proxies that are spoken to in plain http: http://HOST:PORT";
	if (p->url.port == 0)
		return "the port is missing: http://HOST:PORT";
	if (p->url.path.n > 1 || p->url.query.n > 0)
		return "a proxy has neither path nor query: http://HOST:PORT";
	set_name(p);
	return NULL;
}

void
proxy_limit(struct proxy *p, struct span exceptions)
{
	p->is_for_https = true;
	p->exceptions = exceptions;
}

bool
proxy_is_for(const struct proxy *p, const struct target *t)
{
	struct span host = target_host(t);

	if (!target_is_remote(t) || !p->is_for_https)
		return target_is_remote(t);
	host.n = span_find(host, '%');
	return target_is_https(t) && !no_proxy_has(p->exceptions, host, t->port) &&
	       !no_proxy_has(p->exceptions, t->url.host, t->port);
}

bool
proxy_request(const struct proxy *p, const struct target *t, struct text *out)
{
	char mem[TARGET_NAME_MAX];
	struct text where;

	text_init(&where, mem, sizeof(mem));
	target_put_authority(t, &where);
	http_emit_request(out, "CONNECT", text_span(&where));
	http_emit_field(out, "Host", text_span(&where));
	if (p->url.has_user && !basic_auth_put(out, "Proxy-Authorization", &p->url))
		return false;
	http_emit_field(out, "User-Agent", span_str("ddump/" DDUMP_VERSION));
	http_emit_end(out);
	return !where.is_cut && !out->is_cut;
}
