/*
 * Any calls, in any order: memory stays within its bound, every record comes out once
 * with its bytes, and it always comes to an end.
 */
#include "merge/merge.h"

#include <stdlib.h>
#include <string.h>

#define K 4

static void *memory[K];
static uint64_t n_in, n_out, now_ns, bound;

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static enum merge_result
step(struct merge *m)
{
	struct merge_out out;
	enum merge_result result = merge_next(m, now_ns, &out);
	size_t old_bytes;

	if (result == MERGE_RECORD) {
		n_out++;
		for (uint32_t i = 0; i < savefile_record_bytes(&out.record); i++)
			require(out.data[i] == (uint8_t)out.record.interface_id);
	}
	if (result == MERGE_GROW && now_ns % 7 == 0 && out.bytes > 0) {
		merge_refuse_memory(m, out.source);
	} else if (result == MERGE_GROW) {
		memory[out.source] = out.bytes > 0 ? malloc(out.bytes) : NULL;
		free(merge_set_memory(m, out.source, memory[out.source], out.bytes,
				      &old_bytes));
		require(merge_memory(m) <= bound + MERGE_ALLOWANCE);
	}
	return result;
}

static void
put(struct merge *m, uint32_t source, const uint8_t *p)
{
	struct savefile_record r = {
	    .time_ns = (uint64_t)p[0] << 18 | p[1],
	    .caplen = (uint32_t)p[2] << (p[1] % 11),
	    .interface_id = (uint16_t)n_in,
	    .options = p[0] % 8 == 0 ? (uint16_t)(p[1] << 6 | p[2] % 2) : 0};
	uint8_t *bytes;

	if (merge_begin(m, source, &r, now_ns, &bytes) != MERGE_BEGUN)
		return;
	memset(bytes, (int)n_in, savefile_record_bytes(&r));
	if (p[2] == 255) {
		merge_abort(m, source);
		return;
	}
	merge_commit(m, source);
	n_in++;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct merge_options options = {.slack_ns = MERGE_SLACK_NS};
	bool is_in[K] = {false};
	uint8_t head[3] = {0};
	struct merge *m;

	memcpy(head, p, n < 3 ? n : 3);
	bound = options.buffer_bytes = (uint64_t)head[0] << (head[1] % 16);
	options.hold_back_ns = (uint64_t)(head[1] >> 4) * 10000000;
	options.is_auto = head[2] % 2 == 1;
	now_ns = n_in = n_out = 0;
	m = merge_new(malloc(merge_bytes(K)), K, &options);
	for (; n >= 4; p += 4, n -= 4) {
		uint32_t source = p[0] % K;
		enum merge_kind kind = p[1] % 4 == 0 ? MERGE_FILE : MERGE_LIVE;

		if (!is_in[source])
			merge_start(m, source, kind, p[2] % 2 == 0, now_ns);
		else if (p[0] >= 248)
			merge_end(m, source);
		else if (p[0] >= 200)
			merge_watermark(m, source, (uint64_t)p[1] << 18 | p[2]);
		else
			put(m, source, p + 1);
		is_in[source] = !is_in[source] || p[0] < 248;
		now_ns += (uint64_t)(p[3] / 8) << (p[3] % 8 * 3);
		for (uint32_t i = p[3] % 16; i > 0; i--)
			step(m);
	}
	for (uint32_t i = 0; i < K; i++)
		if (is_in[i])
			merge_end(m, i);
	while (step(m) != MERGE_DONE)
		;
	require(n_in == n_out);
	for (uint32_t i = 0; i < K; i++) {
		free(memory[i]);
		memory[i] = NULL;
	}
	free(m);
	return 0;
}
