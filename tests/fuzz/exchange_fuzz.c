/*
 * Any bytes as the answer to CONNECT, to /capture or to another request
 * (src/cli/link/exchange.c, src/cli/link/refusal.c, src/cli/link/problem.c): the same
 * whichever way they are cut, what opens is followed by the very bytes behind the head,
 * and the words of a refusal are plain. The first byte chooses the kind and the cuts.
 */
#include "cli/link/exchange.h"

#include "fuzz/fuzz.h"

static uint64_t
sum_up(const struct exchange *e, enum exchange_result result, struct span rest)
{
	char mem[2048];
	struct text t;
	uint64_t hash = fuzz_mix(1, result);

	text_init(&t, mem, sizeof(mem));
	if (result == EXCHANGE_OPEN) {
		struct span open = e->rest;

		require(open.n == 0 || open.p + open.n == rest.p);
		return fuzz_mix(hash, open.n + rest.n);
	}
	if (result == EXCHANGE_LOST || result == EXCHANGE_BAD)
		require(e->reason && e->reason[0] != '\0');
	if (e->answer.status == 0)
		return hash;
	refusal_put(&e->answer, &t);
	require(!t.is_cut && fuzz_is_plain(text_span(&t)));
	hash = fuzz_mix(hash, refusal_is_no_interface(&e->answer));
	hash = fuzz_mix(hash, refusal_is_passing(&e->answer));
	return fuzz_mix_bytes(fuzz_mix(hash, e->is_cached), text_span(&t));
}

static uint64_t
run(struct exchange *e, struct span in, size_t step)
{
	enum exchange_result result = EXCHANGE_MORE;

	exchange_begin(e);
	while (in.n > 0 && result == EXCHANGE_MORE)
		result = exchange_feed(e, span_take(&in, step));
	if (result == EXCHANGE_MORE)
		result = exchange_end(e, step % 2 == 1, "connection reset");
	return sum_up(e, result, in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct exchange *kinds[3];
	struct span in = span_of(data, size);
	uint8_t choice = fuzz_byte(&in);
	size_t step = (choice / 3 | 1) + in.n % 2 - 1;
	struct exchange **e = &kinds[choice % 3];

	if (!*e)
		*e = exchange_new((enum exchange_kind)(choice % 3), span_str("GET /\r\n"),
				  16384);
	step = step > 0 ? step : 1;
	require(run(*e, in, step) == run(*e, in, (size + 2) * 2 + step % 2));
	return 0;
}
