/* Passwords on the command line. */
#include "cli/target/secrets.h"

#include <string.h>

#include "cli/target/label.h"
#include "http/url.h"

void
secrets_hide(const char **targets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct http_url url;
		char *argument = (char *)(uintptr_t)targets[i]; /* argv is writable */
		struct span target = span_str(argument);
		struct span label;
		const char *copy;

		if (label_take(&target, &label))
			continue;
		http_url_parse(target, &url); /* of what cannot be, too */
		if (url.password.n == 0)
			continue;
		copy = strdup(argument);
		if (!copy)
			continue;
		targets[i] = copy;
		memset(argument + (url.password.p - (uint8_t *)argument), 'x',
		       url.password.n);
	}
}

void
secrets_hide_behind(const char **argument, char separator)
{
	const char *given = *argument;
	char *from = given ? strchr((char *)(uintptr_t)given, separator) : NULL;
	const char *copy = from ? strdup(given) : NULL;

	if (!copy)
		return;
	*argument = copy;
	memset(from + 1, 'x', strlen(from + 1));
}
