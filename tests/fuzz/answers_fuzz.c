/*
 * Any bytes as a worker's clock (src/cli/source/clock_answer.c) and counts
 * (src/cli/source/tally_answer.c): what is read, printed as our worker prints it, reads
 * the same; what is refused leaves the clock 0; and a longer text is refused.
 */
#include "cli/source/clock_answer.h"
#include "cli/source/tally_answer.h"

#include "fuzz/fuzz.h"
#include "worker/front/tally.h"

static void
check_clock(struct span in)
{
	char mem[CLOCK_ANSWER_MAX];
	uint64_t ns = 1, again;
	struct text t;

	if (!clock_answer_parse(in, &ns)) {
		require(ns == 0);
		return;
	}
	text_init(&t, mem, sizeof(mem));
	text_str(&t, "{\"time_ns\":");
	text_u64(&t, ns);
	text_str(&t, "}");
	require(in.n <= CLOCK_ANSWER_MAX && fuzz_is_json(text_span(&t)));
	require(clock_answer_parse(text_span(&t), &again) && again == ns);
}

static void
check_tally(struct span in)
{
	char mem[TALLY_JSON_MAX];
	struct tally_answer a, again;
	struct tally tally = {.end = SLOT_END_CLIENT};
	struct text t;

	if (!tally_answer_parse(in, &a))
		return;
	tally.is_exact = a.is_exact;
	tally.ended_ns = a.is_limit;
	tally.end = a.is_limit ? SLOT_END_LIMIT : SLOT_END_CLIENT;
	tally.counts = (struct record_counts){.offered = a.counts.offered,
					      .packets = a.counts.captured,
					      .dropped = a.counts.dropped,
					      .own_packets = a.counts.own};
	text_init(&t, mem, sizeof(mem));
	tally_put_json(&t, &tally);
	require(!t.is_cut && in.n <= TALLY_ANSWER_MAX && fuzz_is_json(text_span(&t)));
	require(tally_answer_parse(text_span(&t), &again));
	require(again.is_exact == a.is_exact && again.is_limit == a.is_limit &&
		memcmp(&again.counts, &a.counts, sizeof(a.counts)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_clock(span_of(data, size));
	check_tally(span_of(data, size));
	return 0;
}
