/*
 * What queue and merge cost a record: k sources in random interleaving, each read in
 * turn in batches of 16 KiB, 100-byte records. Prints CPU ns per record, without and with
 * the bytes copied in and out, and the ratio to k = 2.
 *
 *   gcc -O2 -std=c11 -D_GNU_SOURCE -iquote src tests/bench/merge_bench.c
 *       src/merge/{hold_back,merge,memory,pace,queue}.c src/base/tourney.c -o merge_bench
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "merge/merge.h"

#define RECORD	  100
#define BATCH	  (16384 / (RECORD + 16))
#define GAPS	  65536
#define GAP_NS	  1000 /* between two records of all sources, on average */
#define HEARTBEAT 50000000u
#define TOTAL	  4000000u
#define RUNS	  3 /* the fastest counts */

struct bench {
	uint32_t k;
	bool is_explicit;
	bool has_copy;
	struct merge *m;
	uint64_t *times;
	uint64_t *beats;
	uint32_t gap;
	uint32_t gaps[GAPS];
	uint64_t n_out;
	uint64_t last_ns;
	uint64_t n_disorder;
	uint8_t in[RECORD];
	uint8_t out[RECORD];
};

static double
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static void
give(struct bench *b, const struct merge_out *out)
{
	size_t old_bytes;
	void *mem = out->bytes > 0 ? malloc(out->bytes) : NULL;

	free(merge_set_memory(b->m, out->source, mem, out->bytes, &old_bytes));
}

static void
drain(struct bench *b, uint64_t now_ns)
{
	struct merge_out out;

	for (;;) {
		switch (merge_next(b->m, now_ns, &out)) {
		case MERGE_RECORD:
			b->n_disorder += out.record.time_ns < b->last_ns;
			b->last_ns = out.record.time_ns;
			b->n_out++;
			if (b->has_copy)
				memcpy(b->out, out.data, out.record.caplen);
			continue;
		case MERGE_GROW:
			give(b, &out);
			continue;
		case MERGE_WAIT:
		case MERGE_DONE:
			return;
		}
	}
}

static void
feed_one(struct bench *b, uint32_t source, uint64_t *now_ns)
{
	struct savefile_record record = {
	    .time_ns = b->times[source], .caplen = RECORD, .origlen = RECORD};
	uint8_t *bytes;

	b->times[source] += b->gaps[b->gap++ % GAPS] * (uint64_t)b->k;
	if (b->is_explicit && record.time_ns >= b->beats[source]) {
		merge_watermark(b->m, source, b->beats[source]);
		b->beats[source] += HEARTBEAT;
	}
	while (merge_begin(b->m, source, &record, *now_ns, &bytes) != MERGE_BEGUN)
		drain(b, *now_ns += MERGE_PATIENCE_NS);
	if (b->has_copy)
		memcpy(bytes, b->in, RECORD);
	merge_commit(b->m, source);
}

static double
run(struct bench *b)
{
	struct merge_options options = {(uint64_t)1e18, false, MERGE_SLACK_NS,
					256u << 20};
	uint32_t n = TOTAL / (b->k * BATCH) + 1;
	void *mem = malloc(merge_bytes(b->k));
	double begin = cpu_ns();
	uint64_t now_ns = 0;
	double ns;

	b->m = merge_new(mem, b->k, &options);
	b->n_out = 0;
	b->last_ns = 0;
	for (uint32_t i = 0; i < b->k; i++) {
		merge_start(b->m, i, MERGE_LIVE, b->is_explicit, 0);
		b->times[i] = b->beats[i] = HEARTBEAT;
	}
	for (uint32_t round = 0; round < n; round++) {
		for (uint32_t i = 0; i < b->k; i++) {
			for (uint32_t j = 0; j < BATCH; j++)
				feed_one(b, i, &now_ns);
			drain(b, ++now_ns);
		}
	}
	ns = (cpu_ns() - begin) / (double)b->n_out;
	for (uint32_t i = 0; i < b->k; i++)
		merge_end(b->m, i);
	drain(b, now_ns);
	for (uint32_t i = 0; i < b->k; i++) {
		size_t old_bytes;

		free(merge_set_memory(b->m, i, NULL, 0, &old_bytes));
	}
	free(mem);
	return ns;
}

int
main(void)
{
	static const uint32_t ks[] = {2, 16, 64, 256, 1000};
	static struct bench b;
	double base[4] = {0};

	for (uint32_t i = 0; i < GAPS; i++)
		b.gaps[i] = (uint32_t)(rand() % (2 * GAP_NS));
	printf(
	    "     k   implied  +copy  explicit  +copy   ns per record (ratio to k = 2)\n");
	for (size_t i = 0; i < sizeof(ks) / sizeof(ks[0]); i++) {
		printf("%6u", ks[i]);
		for (int mode = 0; mode < 4; mode++) {
			double ns;

			b.k = ks[i];
			b.is_explicit = mode >= 2;
			b.has_copy = mode % 2 == 1;
			b.times = calloc(b.k, sizeof(*b.times));
			b.beats = calloc(b.k, sizeof(*b.beats));
			ns = run(&b);
			for (int again = 1; again < RUNS; again++) {
				double other = run(&b);

				ns = other < ns ? other : ns;
			}
			base[mode] = i == 0 ? ns : base[mode];
			printf("  %5.1f (%.2f)", ns, ns / base[mode]);
			fflush(stdout);
			free(b.times);
			free(b.beats);
		}
		printf("\n");
	}
	printf("records out of order: %llu\n", (unsigned long long)b.n_disorder);
	return b.n_disorder != 0;
}
