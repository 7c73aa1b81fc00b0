/* Users and passwords from a file. What the file means is known in netrc.c. */
#include "cli/target/logins.h"

#include <stdlib.h>
#include <string.h>

#include "cli/target/netrc.h"
#include "http/target.h"
#include "sys/log.h"
#include "sys/trust.h"

#define LOGIN_MAX (6 * NETRC_WORD_MAX + 2) /* both, percent-encoded */

static struct span
span_of_word(const struct netrc_word *w)
{
	return span_of(w->bytes, w->n);
}

/* A target that names its user takes that one's password only. */
static bool
is_wanted(const struct target *t, const struct netrc_entry *e)
{
	uint8_t user[NETRC_WORD_MAX];
	size_t n;

	if (!target_is_remote(t) || t->url.has_password || !netrc_is_for(e, t->url.host))
		return false;
	if (!t->url.has_user)
		return e->has_login || e->has_password;
	return e->has_login && e->has_password &&
	       http_target_decode(t->url.user, false, user, sizeof(user), &n) &&
	       span_eq(span_of(user, n), span_of_word(&e->login));
}

/* As if it stood in the URL. */
static bool
give(struct target *t, const struct netrc_entry *e)
{
	char *mem = malloc(LOGIN_MAX);
	struct text text;

	if (!mem)
		return false;
	text_init(&text, mem, LOGIN_MAX);
	text_percent(&text, span_of_word(&e->login));
	t->url.user = text_span(&text);
	text_percent(&text, span_of_word(&e->password));
	t->url.password = text_span(&text);
	span_take(&t->url.password, t->url.user.n);
	t->url.has_user = true;
	t->url.has_password = e->has_password;
	return true;
}

static bool
give_all(struct target *list, size_t n, struct span file, struct text *why)
{
	enum netrc_result result;
	struct netrc_entry e;
	struct netrc r;

	netrc_init(&r, file);
	while ((result = netrc_next(&r, &e)) == NETRC_ENTRY)
		for (size_t i = 0; i < n; i++)
			if (is_wanted(&list[i], &e) && !give(&list[i], &e)) {
				text_str(why, "--netrc: out of memory");
				return false;
			}
	trust_clear(&e, sizeof(e));
	if (result == NETRC_END)
		return true;
	text_str(why, "--netrc: line ");
	text_u64(why, r.line);
	text_str(why, ": ");
	text_str(why, r.reason);
	return false;
}

static bool
put_path(struct text *path, const char *given, struct text *why)
{
	const char *home = getenv("HOME");

	if (given[0] != '\0') {
		text_str(path, given);
	} else if (home && home[0] != '\0') {
		text_str(path, home);
		text_str(path, "/.netrc");
	} else {
		text_str(why, "--netrc: HOME is not set: give --netrc=FILE");
		return false;
	}
	return true;
}

bool
logins_read(struct target *list, size_t n, const char *path, struct text *why)
{
	char mem[4096]; /* as PATH_MAX */
	struct text text;
	bool is_good;
	char *bytes;
	size_t size;

	text_init(&text, mem, sizeof(mem));
	if (!put_path(&text, path, why))
		return false;
	path = text_cstr(&text);
	if (!trust_read("--netrc", path, &bytes, &size, why))
		return false;
	if (trust_is_exposed(path))
		log_line(LOG_WARNING, "--netrc: others can read the file; chmod 600 it");
	is_good = give_all(list, n, span_of(bytes, size), why);
	trust_wipe(bytes, size);
	return is_good;
}

bool
logins_give(struct target *list, size_t n, const char *login)
{
	struct span password = span_str(login);
	struct span user = span_split(&password, ':');
	size_t cap = 3 * strlen(login) + 1; /* percent-encoded */
	char *mem = malloc(cap);
	struct text text;

	if (!mem)
		return false;
	text_init(&text, mem, cap);
	text_percent(&text, user);
	user = text_span(&text);
	text_percent(&text, password);
	password = text_span(&text);
	span_take(&password, user.n);
	for (size_t i = 0; i < n; i++) {
		struct http_url *url = &list[i].url;

		if (!list[i].ops->is_http || url->has_user)
			continue;
		url->user = user;
		url->password = password;
		url->has_user = true;
		url->has_password = strchr(login, ':') != NULL;
	}
	return true;
}
