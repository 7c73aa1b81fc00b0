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

		if (label_take(&target, &label) || http_url_parse(target, &url) ||
		    url.password.n == 0)
			continue;
		copy = strdup(argument);
		if (!copy)
			continue;
		targets[i] = copy;
		memset(argument + (url.password.p - (uint8_t *)argument), 'x',
		       url.password.n);
	}
}
