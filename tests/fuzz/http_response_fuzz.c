/*
 * Any bytes at the client engine (src/http/client.c, src/http/head.c): the same head,
 * body and end, whole and in pieces, and nothing after a failure.
 */
#include "http/client.h"
#include "fuzz/fuzz.h"

static uint64_t
mix(uint64_t hash, uint64_t v)
{
	return (hash ^ v) * UINT64_C(1099511628211);
}

static uint64_t
mix_head(uint64_t hash, const struct http_response_head *head)
{
	for (size_t i = 0; i < head->fields.n; i++) {
		struct span value = head->fields.list[i].value;

		for (size_t k = 0; k < value.n; k++)
			hash = mix(hash, value.p[k]);
	}
	return mix(hash, head->status);
}

static void
feed(struct http_client *c, struct span in, uint64_t *hash)
{
	for (;;) {
		static struct http_response_head head;
		struct span data;
		enum http_client_event event = http_client_feed(c, &in, &head, &data);

		if (event == HTTP_CLIENT_HEAD_DONE)
			*hash = mix_head(*hash, &head);
		for (size_t i = 0; event == HTTP_CLIENT_DATA && i < data.n; i++)
			*hash = mix(*hash, data.p[i]);
		if (event != HTTP_CLIENT_HEAD_DONE && event != HTTP_CLIENT_DATA) {
			if (event == HTTP_CLIENT_MORE && in.n > 0)
				abort();
			return;
		}
	}
}

static uint64_t
run(struct span in, uint64_t seed)
{
	static uint8_t mem[HTTP_RESPONSE_HEAD_MAX];
	uint64_t hash = 1;
	struct http_client c;

	http_client_init(&c, mem, HTTP_RESPONSE_HEAD_MAX);
	do {
		feed(&c, span_take(&in, seed == 0 ? in.n : seed % 61), &hash);
		seed = seed * 6364136223846793005U / 3;
	} while (in.n > 0);
	if (c.state == HTTP_CLIENT_FAILED && c.reason[0] == '\0')
		abort();
	hash = mix(hash, http_client_eof(&c));
	hash = mix(hash, http_client_is_verified(&c));
	return hash;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);

	if (run(in, size + 1234567891) != run(in, 0))
		abort();
	return 0;
}
