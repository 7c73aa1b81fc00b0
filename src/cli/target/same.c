/* Which targets are the same. */
#include <stdlib.h>
#include <string.h>

#include "cli/target/target.h"
#include "sys/tls/name.h"

static int
fold(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

static int
compare_names(struct span a, struct span b)
{
	for (size_t i = 0; i < a.n && i < b.n; i++)
		if (fold(a.p[i]) != fold(b.p[i]))
			return fold(a.p[i]) - fold(b.p[i]);
	return (a.n > b.n) - (a.n < b.n);
}

/* An IPv6 address has many spellings: its bytes, and what stands behind "%" or "%25". */
static size_t
read_ipv6(struct span host, uint8_t bytes[static 16], struct span *zone)
{
	char mem[TARGET_NAME_MAX];
	struct text text;

	text_init(&text, mem, sizeof(mem));
	text_put(&text, host);
	*zone = host;
	span_split(zone, '%');
	if (zone->n > 2 && span_starts(*zone, span_str("25")))
		span_take(zone, 2);
	return tls_name_address(text_cstr(&text), bytes);
}

static int
compare_hosts(const struct target *one, const struct target *other)
{
	struct span a = target_host(one);
	struct span b = target_host(other);
	uint8_t bytes[2][16];
	struct span zones[2];
	int c;

	if (one->ops->way == TARGET_SOCKET)
		return span_compare(a, b);
	if (span_find(a, ':') == a.n || span_find(b, ':') == b.n)
		return compare_names(a, b);
	c = span_compare(span_of(bytes[0], read_ipv6(a, bytes[0], &zones[0])),
			 span_of(bytes[1], read_ipv6(b, bytes[1], &zones[1])));
	return c != 0 ? c : span_compare(zones[0], zones[1]);
}

static int
compare_paths(const struct target *a, const struct target *b)
{
	const char *leaf_of_a;
	const char *leaf_of_b;
	int c = span_compare(target_path(a, &leaf_of_a), target_path(b, &leaf_of_b));

	return c != 0 ? c : strcmp(leaf_of_a, leaf_of_b);
}

static int
compare_network(const struct target *a, const struct target *b)
{
	int c = (int)target_is_all(a) - (int)target_is_all(b);

	if (c == 0)
		c = compare_hosts(a, b);
	if (c == 0)
		c = (a->port > b->port) - (a->port < b->port);
	if (c == 0)
		c = compare_paths(a, b);
	if (c == 0 && target_is_ssh(a)) /* a user may stand for a machine there */
		c = span_compare(a->url.user, b->url.user);
	return c != 0 ? c : span_compare(a->url.query, b->url.query);
}

/* One file can have several names: existing files are compared by device and inode. */
static int
compare_files(const struct target *a, const struct target *b)
{
	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	if (a->device != b->device)
		return a->device < b->device ? -1 : 1;
	return a->inode != 0 ? 0 : strcmp(a->text, b->text);
}

static int
compare(const struct target *a, const struct target *b)
{
	if (a->ops != b->ops)
		return a->ops < b->ops ? -1 : 1;
	return a->url.host.n > 0 ? compare_network(a, b) : compare_files(a, b);
}

bool
target_is_same(const struct target *a, const struct target *b)
{
	return compare(a, b) == 0;
}

static int
compare_pointers(const void *one, const void *other)
{
	const struct target *a = *(struct target *const *)one;
	const struct target *b = *(struct target *const *)other;
	int c = compare(a, b);

	return c != 0 ? c : (a > b) - (a < b);
}

void
target_sort(struct target **pointers, size_t n)
{
	qsort(pointers, n, sizeof(*pointers), compare_pointers);
}

void
target_put_text(const struct target *t, struct text *out)
{
	struct span rest = span_str(t->text);
	struct http_url url; /* t->url may have its user from elsewhere */

	text_put(out, t->label);
	text_str(out, t->label.n > 0 ? "=" : "");
	if (t->ops->is_http && !http_url_parse(rest, &url) && url.has_user) {
		text_escape(out, span_take(&rest, (size_t)(url.user.p - rest.p)));
		span_take(&rest, url.user.n + 1);
		if (url.has_password)
			span_take(&rest, url.password.n + 1);
	}
	text_escape(out, rest);
}
