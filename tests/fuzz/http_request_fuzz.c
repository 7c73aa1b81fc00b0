/*
 * Any bytes at the server engine (src/http/server.c, src/http/head.c): the transcript is
 * the same whole and in pieces, and no head gets through that has an odd line end, a
 * control byte or not one Host.
 */
#include "http/server.h"
#include "fuzz/fuzz.h"

static struct http_server server;

static uint64_t
mix(uint64_t hash, struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		hash = (hash ^ s.p[i]) * UINT64_C(1099511628211);
	return (hash ^ s.n) * UINT64_C(1099511628211);
}

static void
check_request(void)
{
	struct span head = span_of(server.mem, server.head_size);
	struct span host;
	size_t hosts = http_head_get(&server.head.fields, "host", &host);

	for (size_t i = 0; i < head.n; i++) {
		uint8_t c = head.p[i];

		require(c >= 0x20 || c == '\t' || c == '\r' || c == '\n');
		require((c == '\n') == (i > 0 && head.p[i - 1] == '\r'));
	}
	require(hosts == 1 || (hosts == 0 && server.head.minor == 0));
	require(server.target.path.n > 0);
	require(server.target.path.p[0] == '/' ||
		(server.head.method == HTTP_METHOD_OTHER &&
		 span_eq(server.target.path, span_str("*"))));
}

/* False when the connection is closed. */
static bool
take_events(uint64_t *hash)
{
	for (;;) {
		enum http_server_event event = http_server_next(&server);

		if (event == HTTP_SERVER_MORE)
			return true;
		*hash = (*hash ^ event) * UINT64_C(1099511628211);
		if (event == HTTP_SERVER_REQUEST) {
			check_request();
			*hash = mix(*hash, server.head.target);
			*hash = mix(*hash, server.head.method_text);
		} else {
			require(server.status >= 400 && http_server_must_close(&server));
			*hash ^= server.status;
		}
		if (!http_server_answered(&server))
			return false;
	}
}

static uint64_t
run(struct span in, uint64_t seed)
{
	uint64_t hash = 1;
	bool is_open = true;

	http_server_init(&server);
	while (in.n > 0 && is_open) {
		size_t n;
		uint8_t *space = http_server_space(&server, &n);
		struct span part =
		    span_take(&in, seed == 0 || seed % 61 + 1 > n ? n : seed % 61 + 1);

		require(part.n > 0);
		memcpy(space, part.p, part.n);
		http_server_received(&server, part.n);
		is_open = take_events(&hash);
		seed = seed * 6364136223846793005U / 3;
	}
	return hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	uint64_t whole = run(in, 0);

	require(run(in, mix(7, in) | 1) == whole);
	return 0;
}
