/* Which proxy there is: of the command line, or of the environment. */
#include "cli/run/proxies.h"

#include <stdlib.h>

#include "sys/log.h"

/* The lower-case name counts first, as for curl(1). NULL: it is not set, or empty. */
static const char *
environment(const char *name, const char *other, const char **which)
{
	const char *value = getenv(name);

	*which = value && value[0] != '\0' ? name : other;
	value = getenv(*which);
	return value && value[0] != '\0' ? value : NULL;
}

static enum app_status
fail(const char *from, const char *what)
{
	fault_say(span_str(from), what);
	return APP_USAGE;
}

static enum app_status
find(struct proxy *p, const struct target *list, size_t n, bool *is_used)
{
	const char *from;
	const char *no_proxy = environment("no_proxy", "NO_PROXY", &from);
	const char *value = environment("https_proxy", "HTTPS_PROXY", &from);
	const char *what;

	if (!value)
		return APP_OK;
	what = proxy_parse(p, value);
	proxy_limit(p, span_str(no_proxy ? no_proxy : ""));
	for (size_t i = 0; i < n; i++)
		*is_used |= proxy_is_for(p, &list[i]);
	if (!*is_used)
		return APP_OK;
	if (what)
		return fail(from, what);
	log_line(LOG_INFO,
		 "https targets are reached through the proxy %s (%s); --proxy '' "
		 "switches it off",
		 p->name, from);
	return APP_OK;
}

enum app_status
proxies_choose(struct proxy *p, const struct options *o, const struct target *list,
	       size_t n, bool *is_used)
{
	const char *what;

	*is_used = false;
	if (!o->proxy)
		return find(p, list, n, is_used);
	if (o->proxy[0] == '\0')
		return APP_OK;
	what = proxy_parse(p, o->proxy);
	*is_used = true;
	return what ? fail("--proxy", what) : APP_OK;
}
