/*
 * Any texts in what programs read: the summary as JSON (src/cli/report/stats_json.c) and
 * strings in it (src/base/text.c): JSON in UTF-8 without control characters, within the
 * room of a part, and escaped text is plain.
 */
#include "cli/report/stats_json.h"

#include "fuzz/fuzz.h"

#define WORD 100

static char mem[3 * STATS_JSON_PART_MAX];

static void
check_escapes(struct span in)
{
	struct text t;

	text_init(&t, mem, sizeof(mem));
	text_json(&t, in);
	require(t.is_cut || fuzz_is_json(text_span(&t)));
	text_init(&t, mem, sizeof(mem));
	text_escape(&t, in);
	require(t.is_cut || (fuzz_is_plain(text_span(&t)) && t.n >= in.n));
	text_init(&t, mem, in.n);
	text_utf8(&t, in);
	for (size_t i = 0; i < t.n; i++)
		require((uint8_t)mem[i] >= 0x20 && mem[i] != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char words[5][WORD];
	static struct stats_json_target target;
	struct stats_json_run run = {words[0], words[1], words[2], 1, 2};
	struct span in = span_of(data, size);
	uint8_t flags = fuzz_byte(&in);
	struct text t;

	check_escapes(span_of(in.p, in.n < WORD ? in.n : WORD));
	fuzz_fill(&in, &target.offset_ns, 8);
	fuzz_fill(&in, &target.bound_ns, 8);
	fuzz_fill(&in, &target.counts.offered, 8);
	target.counts.is_exact = flags & 1;
	target.counts.has_drops = flags & 2;
	target.has_offset = flags & 4;
	target.is_unverified = flags & 8;
	for (size_t i = 0; i < 5; i++)
		fuzz_string(&in, words[i], sizeof(words[i]));
	target.name = words[3];
	target.state = "lost";
	target.reason = flags & 16 ? words[4] : NULL;
	text_init(&t, mem, sizeof(mem));
	stats_json_put_head(&t, &run);
	require(t.n <= STATS_JSON_PART_MAX);
	for (uint32_t i = 0; i < flags >> 5 && i < 2; i++) {
		size_t begin = t.n;

		stats_json_put_target(&t, i, &target);
		require(t.n - begin <= STATS_JSON_PART_MAX);
	}
	stats_json_put_tail(&t, flags >> 5, &target.counts);
	require(!t.is_cut && fuzz_is_json(text_span(&t)));
	return 0;
}
