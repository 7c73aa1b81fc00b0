/*
 * Any bytes in a slot, as a capture process that was taken over may write them
 * (src/worker/front/record.c, src/worker/common/slots.c, src/worker/front/tally.c): lines
 * of the log are plain and not longer than they may be, JSON is JSON, and a flow that
 * another capture takes from it has a plain name.
 */
#include "worker/front/record.h"

#include "fuzz/fuzz.h"
#include "pcap/flow.h"
#include "sys/log.h"
#include "worker/front/tally.h"

static struct slot slot;
static struct record record;
static char mem[RECORD_JSON_MAX];

static void
check(struct text *t, bool is_json, size_t max)
{
	require(!t->is_cut && t->n <= max);
	require(is_json ? fuzz_is_json(text_span(t)) : fuzz_is_plain(text_span(t)));
	text_init(t, mem, sizeof(mem));
}

static void
read_slot(struct span *in)
{
	uint32_t n = fuzz_byte(in);

	memset(&slot, 0, sizeof(slot));
	fuzz_fill(in, &slot, offsetof(struct slot, n_left));
	slot.n_left = n < 128 ? n % 4 : n;
	fuzz_fill(in, slot.why, fuzz_byte(in));
	for (uint32_t i = 0; i < SLOTS_LEFT_MAX && in->n > 0; i++)
		fuzz_fill(in, &slot.left[i], sizeof(slot.left[i]));
}

static void
check_flow(const struct slot_left *left)
{
	struct flow flow;
	struct text t;

	memcpy(&flow, left->flow, sizeof(flow));
	text_init(&t, mem, FLOW_TEXT_MAX);
	flow_text(&t, &flow);
	check(&t, false, FLOW_TEXT_MAX - 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size);
	bool has_ended = fuzz_byte(&in) % 2;
	struct tally tally;
	struct text t;

	read_slot(&in);
	fuzz_string(&in, record.request.filter, sizeof(record.request.filter));
	record.ended_real_ns = has_ended;
	record.told_out = 0;
	record_update(&record, &slot);
	text_init(&t, mem, sizeof(mem));
	record_put_end_line(&t, 1, &record);
	check(&t, false, LOG_LINE_MAX);
	record_put_start_line(&t, 1, &record);
	check(&t, false, LOG_LINE_MAX);
	for (unsigned n = 0; record_put_left_line(&t, 1, &record); n++) {
		require(n < SLOTS_LEFT_MAX);
		check(&t, false, LOG_LINE_MAX);
	}
	record_put_json(&t, 1, &record, "end");
	check(&t, true, LOG_EVENT_MAX - 1);
	record_put_json(&t, 1, &record, NULL);
	check(&t, true, RECORD_JSON_MAX);
	tally = tally_of(&record);
	tally_put_json(&t, &tally);
	check(&t, true, TALLY_JSON_MAX);
	for (size_t i = 0; i < record.n_left; i++)
		check_flow(&slot.left[i]);
	return 0;
}
