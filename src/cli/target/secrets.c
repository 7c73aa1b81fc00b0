/* Passwords on the command line. */
#include "cli/target/secrets.h"

#include <string.h>

#include "http/url.h"

void
secrets_hide(const char **targets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct http_url url;
		char *argument = (char *)(uintptr_t)targets[i]; /* argv is writable */
		const char *copy;

		if (http_url_parse(span_str(argument), &url) || url.password.n == 0)
			continue;
		copy = strdup(argument);
		if (!copy)
			continue;
		targets[i] = copy;
		memset(argument + (url.password.p - (uint8_t *)argument), 'x',
		       url.password.n);
	}
}
