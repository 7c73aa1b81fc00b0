/* Addresses of interfaces, from what a server sends. */
#include "cli/source/addresses.h"

#include <arpa/inet.h>
#include <string.h>

static bool
is_of_host(int family, const uint8_t *a)
{
	if (family == AF_INET)
		return a[0] != 127 && a[0] != 0 && a[0] < 224 &&
		       !(a[0] == 169 && a[1] == 254);
	return a[0] != 0 && a[0] != 0xff && !(a[0] == 0xfe && (a[1] & 0xc0) == 0x80);
}

/* "10.0.0.1/24" */
static void
put(struct addresses *a, struct span text)
{
	char name[INET6_ADDRSTRLEN];
	size_t n = span_find(text, '/');
	bool is_6 = span_find(text, ':') < text.n;
	int family = is_6 ? AF_INET6 : AF_INET;
	uint8_t bytes[16] = {0};

	if (n >= sizeof(name) || a->n == ADDRESSES_MAX)
		return;
	memcpy(name, text.p, n);
	name[n] = '\0';
	if (inet_pton(family, name, bytes) != 1 || !is_of_host(family, bytes))
		return;
	a->list[a->n].version = is_6 ? 6 : 4;
	memcpy(a->list[a->n++].bytes, bytes, sizeof(bytes));
}

/* What follows the next word in s; false: it is not there. */
static bool
pass(struct span *s, const char *word)
{
	size_t n = strlen(word);

	while (s->n >= n) {
		if (memcmp(s->p, word, n) == 0) {
			span_take(s, n);
			return true;
		}
		span_take(s, 1);
	}
	return false;
}

void
addresses_take(struct addresses *a, struct span body)
{
	a->n = 0;
	a->is_news = true;
	while (pass(&body, "\"addresses\":[")) {
		while (body.n > 0 && body.p[0] == '"') {
			size_t n;

			span_take(&body, 1);
			n = span_find(body, '"');
			if (n == body.n)
				return;
			put(a, span_take(&body, n));
			span_take(&body, 1);
			if (body.n > 0 && body.p[0] == ',')
				span_take(&body, 1);
		}
	}
}
