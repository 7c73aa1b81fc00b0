/*
 * Any addresses and ports of a request (src/worker/common/exclude.c): its texts hold
 * words, numbers and brackets alone, whole and in pairs, and name the listener and the
 * connection.
 */
#include "worker/common/exclude.h"

#include <arpa/inet.h>

#include "fuzz/fuzz.h"

static void
read_address(struct span *in, struct net_address *a)
{
	uint8_t kind = fuzz_byte(in);
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	memset(a, 0, sizeof(*a));
	if (kind % 4 == 0)
		return;
	if (kind % 4 == 1) {
		fuzz_fill(in, &v4.sin_addr, 4);
		fuzz_fill(in, &v4.sin_port, 2);
		memcpy(&a->sa, &v4, a->size = sizeof(v4));
	} else if (kind % 4 == 2) {
		fuzz_fill(in, &v6.sin6_addr, 16);
		fuzz_fill(in, &v6.sin6_port, 2);
		v6.sin6_scope_id = kind / 4;
		memcpy(&a->sa, &v6, a->size = sizeof(v6));
	} else {
		a->sa.ss_family = AF_UNIX;
		a->size = sizeof(sa_family_t);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct request r;
	static struct exclude e;
	struct span in = span_of(data, size);

	read_address(&in, &r.listener);
	read_address(&in, &r.local);
	read_address(&in, &r.peer);
	read_address(&in, &r.hints.client);
	if (r.hints.client.sa.ss_family == AF_UNIX)
		r.hints.client.size = 0;
	fuzz_fill(&in, &r.hints.proxy_port, 2);
	fuzz_fill(&in, &r.hints.local_first, 2);
	fuzz_fill(&in, &r.hints.local_last, 2);
	r.hints.n_remote = fuzz_byte(&in) % (REQUEST_REMOTE_MAX + 1);
	fuzz_fill(&in, r.hints.remote, r.hints.n_remote * sizeof(r.hints.remote[0]));
	exclude_build(&e, &r);
	require(e.n <= EXCLUDE_TEXTS_MAX && e.n >= (net_port(&r.listener) != 0));
	for (size_t i = 0; i < e.n; i++) {
		struct span filter = span_str(e.texts[i]);

		require(fuzz_is_filter(filter) && filter.n < EXCLUDE_TEXT_SIZE - 1);
	}
	return 0;
}
