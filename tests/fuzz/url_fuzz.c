/*
 * Any bytes as a URL (src/http/url.c, src/http/uri.c): a message, or parts that lie
 * within it and hold no odd bytes.
 */
#include "http/uri.h"
#include "http/url.h"
#include "fuzz/fuzz.h"

static void
check_part(struct span in, struct span part)
{
	if (part.n == 0)
		return;
	require(part.p >= in.p && part.p + part.n <= in.p + in.n);
	for (size_t i = 0; i < part.n; i++)
		require(part.p[i] > 0x20 && part.p[i] < 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	struct http_url url;
	const char *wrong = http_url_parse(in, &url);

	if (wrong != NULL) {
		require(wrong[0] != '\0');
		return 0;
	}
	check_part(in, url.host);
	check_part(in, url.user);
	check_part(in, url.password);
	check_part(in, url.path);
	check_part(in, url.query);
	require(url.host.n > 0 && http_uri_is_query(url.query));
	require(url.path.n == 0 || url.path.p[0] == '/');
	if (url.scheme != HTTP_SCHEME_UNIX && !url.is_ipv6)
		require(http_uri_is_host(url.host));
	return 0;
}
