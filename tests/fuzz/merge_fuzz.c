/*
 * Any calls, in any order (src/merge/merge.c, src/merge/memory.c, src/merge/hold_back.c,
 * src/merge/queue.c): memory stays within its bound, every record comes out once with its
 * bytes, and it always comes to an end.
 */
#include "merge/merge.h"

#include <sanitizer/asan_interface.h>

#include "fuzz/fuzz.h"

#define K     4
#define CALLS 64 /* of an input: longer ones reach nothing more */
#define LARGE 11 /* bounds of at most 510 KiB */
#define PIECE (((size_t)255 << LARGE) + MERGE_ALLOWANCE)
#define STAMP 16 /* bytes at both ends of a record that say which one it is */

/*
 * What each source's queue lies in, and what it moves to. From malloc each would be mapped,
 * faulted in and unmapped again, which took 24 of 25 ms of a run. What is not given is
 * poisoned.
 */
static uint8_t pieces[K][2][PIECE] __attribute__((aligned(16)));
static uint8_t *memory[K];
static size_t sizes[K];
static uint64_t n_in, n_out, now_ns, bound;

/* 0 to n - 1, for one byte in 32 large: large queues take long to move. */
static unsigned
shift(uint8_t byte, unsigned n, unsigned large)
{
	return byte < 248 ? byte % n : large;
}

/* Of the record with this number, its ends: to fill and to read the whole of it would take
 * nearly all of the time. */
static void
stamp(uint8_t *bytes, uint32_t n, uint64_t number)
{
	uint32_t end = n < STAMP ? n : STAMP;

	if (n == 0)
		return;
	memset(bytes, (int)number, end);
	memset(bytes + n - end, (int)number, end);
}

static bool
is_stamped(const uint8_t *bytes, uint32_t n, uint64_t number)
{
	uint8_t wanted[STAMP];
	uint32_t end = n < STAMP ? n : STAMP;

	memset(wanted, (int)number, sizeof(wanted));
	return n == 0 || (memcmp(bytes, wanted, end) == 0 &&
			  memcmp(bytes + n - end, wanted, end) == 0);
}

static void
set_piece(uint32_t source, size_t bytes)
{
	ASAN_POISON_MEMORY_REGION(memory[source], sizes[source]);
	memory[source] =
	    bytes > 0 ? pieces[source][memory[source] == pieces[source][0]] : NULL;
	sizes[source] = bytes;
}

static void
give(struct merge *m, uint32_t source, size_t bytes)
{
	uint8_t *old = memory[source], *next = pieces[source][old == pieces[source][0]];
	size_t old_bytes;

	require(bytes <= PIECE);
	ASAN_UNPOISON_MEMORY_REGION(next, bytes);
	require(merge_set_memory(m, source, next, bytes, &old_bytes) == old);
	require(old_bytes == sizes[source]);
	set_piece(source, bytes);
}

static enum merge_result
step(struct merge *m)
{
	struct merge_out out;
	enum merge_result result = merge_next(m, now_ns, &out);

	if (result == MERGE_RECORD) {
		n_out++;
		require(is_stamped(out.data, savefile_record_bytes(&out.record),
				   out.record.interface_id));
	}
	if (result == MERGE_GROW && now_ns % 7 == 0 && out.bytes > 0) {
		merge_refuse_memory(m, out.source);
	} else if (result == MERGE_GROW) {
		give(m, out.source, out.bytes);
		require(merge_memory(m) <= bound + MERGE_ALLOWANCE);
	}
	return result;
}

static void
put(struct merge *m, uint32_t source, const uint8_t *p)
{
	struct savefile_record r = {
	    .time_ns = (uint64_t)p[0] << 18 | p[1],
	    .caplen = (uint32_t)p[2] << shift(p[1], 6, 10),
	    .interface_id = (uint16_t)n_in,
	    .options = p[0] % 8 == 0 ? (uint16_t)(p[1] << 6 | p[2] % 2) : 0};
	uint8_t *bytes;

	if (merge_begin(m, source, &r, now_ns, &bytes) != MERGE_BEGUN)
		return;
	stamp(bytes, savefile_record_bytes(&r), n_in);
	merge_commit(m, source);
	n_in++;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct merge_options options = {.slack_ns = MERGE_SLACK_NS};
	bool is_in[K] = {false};
	uint8_t head[3] = {0};
	static void *mem;
	struct merge *m;

	memcpy(head, p, n < 3 ? n : 3);
	bound = options.buffer_bytes = (uint64_t)head[0] << shift(head[1], 9, LARGE);
	options.hold_back_ns = (uint64_t)(head[1] >> 4) * 10000000;
	options.is_auto = head[2] % 2 == 1;
	now_ns = n_in = n_out = 0;
	n = n < CALLS * 4 ? n : CALLS * 4;
	if (!mem)
		ASAN_POISON_MEMORY_REGION(pieces, sizeof(pieces));
	mem = mem ? mem : malloc(merge_bytes(K));
	m = merge_new(mem, K, &options);
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
		for (uint32_t i = p[3] / 8 % 4; i > 0; i--)
			step(m);
	}
	for (uint32_t i = 0; i < K; i++)
		if (is_in[i])
			merge_end(m, i);
	while (step(m) != MERGE_DONE)
		;
	require(n_in == n_out);
	for (uint32_t i = 0; i < K; i++)
		set_piece(i, 0);
	return 0;
}
