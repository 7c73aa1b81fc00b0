/*
 * From the merge to the sink:
 *
 *   merge --record--> output (memory) --whole records--> sink
 *
 * A sink that is full stops it: the queues of the merge fill, and then reading stops.
 */
#include "cli/run/app_state.h"

#include <string.h>

#include "cli/source/probe.h"
#include "pcap/linktype.h"
#include "sys/log.h"

void
app_pump_count_unwritten(struct app *a)
{
	size_t torn;
	uint64_t n = output_torn(&a->writer.output, &torn);

	for (uint64_t i = 0; i < n; i++)
		a->sources[output_unwritten(&a->writer.output, i)].n_unwritten++;
}

/* More than asked for while there is plenty: fewer and larger reads. */
static size_t
generous(const struct app *a, size_t bytes)
{
	uint64_t share = a->options->buffer_bytes / a->n / 16;
	size_t wish =
	    share < APP_QUEUE_BYTES ? (size_t)share & ~(size_t)4095 : APP_QUEUE_BYTES;

	return bytes > 0 && bytes < wish ? wish : bytes;
}

static void
change_memory(struct app *a, uint32_t source, size_t asked)
{
	size_t bytes = generous(a, asked);
	void *mem = bytes > 0 ? pool_take(&a->pool, bytes) : NULL;
	size_t old_bytes;
	void *old;

	if (bytes > 0 && !mem) {
		merge_refuse_memory(a->merge, source);
		return;
	}
	old = merge_set_memory(a->merge, source, mem, bytes, &old_bytes);
	pool_give(&a->pool, old, old_bytes);
}

/* Descriptions say what is known by now of the clocks. */
static void
note_offsets(struct app *a)
{
	for (uint32_t n = a->writer.output.n_described; n < a->interfaces.n; n++) {
		struct interface *i = &a->interfaces.list[n];

		source_offset(&a->sources[i->source], &i->offset);
	}
}

/* Our workers were asked for what the stream did not bring. */
void
app_pump_note_drops(struct app *a)
{
	note_offsets(a);
	for (uint32_t i = 0; a->options->format->put_statistics && i < a->n; i++) {
		struct summary_counts counts;

		if (!a->sources[i].reader.is_ddump)
			continue;
		source_count(&a->sources[i], &counts);
		interfaces_note_drops(&a->interfaces, i, counts.drops);
	}
}

static void
log_index(const struct interface *i, uint32_t own, uint32_t unique)
{
	char mem[LOG_LINE_MAX];
	struct text line;

	text_init(&line, mem, sizeof(mem));
	text_str(&line, "interface ");
	text_u64(&line, unique);
	text_str(&line, ": ");
	text_escape(&line, i->name);
	if (i->own.n == 0 || span_eq(i->own, span_str("any"))) {
		text_str(&line, ", index ");
		text_u64(&line, own);
	}
	log_text(LOG_INFO, &line);
}

static uint32_t
unique_index(struct app *a, const struct interface *i, const struct merge_out *out)
{
	uint32_t own = linktype_ifindex(i->linktype, out->data, out->record.caplen);
	bool is_new;
	uint32_t unique = ifindexes_map(&a->ifindexes[out->source], own, &is_new);

	if (is_new)
		log_index(i, own, unique);
	return unique;
}

/* Before each record: a file that is full gives way to the next. */
static enum writer_result
turn(struct app *a)
{
	struct writer *w = &a->writer;
	enum writer_result result;

	app_pump_note_drops(a);
	result = writer_turn(w);
	if (w->kept_error < 0)
		log_line(LOG_WARNING, "--rotate-keep: an old file stays: %s",
			 strerror(-w->kept_error));
	if (result != WRITER_OK)
		return result;
	note_offsets(a);
	return writer_describe(w);
}

static enum writer_result
write_record(struct app *a, const struct merge_out *out)
{
	const struct interface *i = &a->interfaces.list[out->record.interface_id];
	struct writer *w = &a->writer;
	enum writer_result result = WRITER_OK;
	uint32_t index = 0;

	if (out->is_ahead)
		app_report_ahead(a, out);
	if (!i->is_refused && writer_is_due(w))
		result = turn(a);
	if (i->is_refused || result != WRITER_OK) {
		a->sources[out->source].n_unwritten++;
		return result;
	}
	if (a->ifindexes)
		index = unique_index(a, i, out);
	return writer_put_record(w, &out->record, index, out->data);
}

/* Memory that a burst needed is given back when the burst is over for a while. */
static void
spare(struct app *a, uint64_t now_ns)
{
	uint32_t source;

	if (now_ns - a->spare_ns < APP_SPARE_NS)
		return;
	a->spare_ns = now_ns;
	pool_trim(&a->pool);
	source = merge_spare_memory(a->merge);
	if (source != UINT32_MAX)
		change_memory(a, source, 0);
}

static void
set_blocked(struct app *a, bool is_blocked, uint64_t now_ns)
{
	struct source_context *c = &a->context;

	if (is_blocked && !c->is_blocked)
		c->frozen_ns = source_merge_ns(c, now_ns);
	if (!is_blocked && c->is_blocked)
		c->skew_ns = now_ns - c->frozen_ns;
	c->is_blocked = is_blocked;
}

/* At the start nothing leaves until all have answered or failed: for the hold-back, like
 * any other wait for a source. */
static bool
is_too_early(struct app *a, uint64_t merge_ns)
{
	uint64_t end_ns = a->start_ns + merge_hold_back_ns(a->merge);

	if (a->is_ready || a->phase != APP_RUNNING || merge_ns >= end_ns)
		return false;
	a->wake_ns = end_ns;
	return true;
}

/* A description says how far a clock is off, and cannot be mended later. */
static bool
is_too_early_to_describe(struct app *a, uint64_t merge_ns, uint64_t now_ns)
{
	uint64_t end_ns = a->ready_ns + APP_DESCRIBE_NS;
	bool is_measuring = false;

	if (!output_has_interfaces(&a->writer.output) ||
	    a->writer.output.n_described > 0 || a->phase != APP_RUNNING || !a->is_ready ||
	    now_ns >= end_ns)
		return false;
	for (uint32_t i = 0; i < a->n && !is_measuring; i++)
		is_measuring = source_probe_is_measuring(&a->sources[i]);
	if (is_measuring)
		a->wake_ns = merge_ns + (end_ns - now_ns);
	return is_measuring;
}

/* The one that the oldest record waits for. */
static bool
read_awaited(struct app *a, uint64_t now_ns)
{
	uint32_t source = merge_awaited(a->merge);

	return source != UINT32_MAX && source_read_ahead(&a->sources[source], now_ns);
}

static enum writer_result
give_all(struct app *a, uint64_t now_ns)
{
	uint64_t merge_ns = source_merge_ns(&a->context, now_ns);
	struct output *output = &a->writer.output;
	enum writer_result result = WRITER_OK;
	struct merge_out out;
	unsigned ahead = 0;

	if (is_too_early(a, merge_ns) || !app_output_decide(a) ||
	    is_too_early_to_describe(a, merge_ns, now_ns))
		return WRITER_OK;
	while (result < WRITER_LAST && output_has_room(output)) {
		if (!a->writer.is_between && !output_is_ready(output)) {
			note_offsets(a);
			output_describe(output);
			continue;
		}
		switch (merge_next(a->merge, merge_ns, &out)) {
		case MERGE_RECORD:
			result = write_record(a, &out);
			break;
		case MERGE_GROW:
			change_memory(a, out.source, out.bytes);
			break;
		case MERGE_WAIT:
			if (ahead++ < APP_AHEAD_MAX && read_awaited(a, now_ns))
				break;
			a->wake_ns = out.wake_ns;
			spare(a, now_ns);
			return WRITER_OK;
		case MERGE_DONE:
			a->is_merge_done = true;
			return WRITER_OK;
		}
	}
	return result;
}

/* Inlined into what runs once it would be optimized for size: every packet comes here. */
__attribute__((noinline, hot)) enum writer_result
app_pump(struct app *a, uint64_t now_ns)
{
	struct writer *w = &a->writer;
	enum writer_result result;

	a->wake_ns = LOOP_NEVER;
	a->is_merge_done = false;
	do {
		result = writer_flush(w);
		set_blocked(a, !output_has_room(&w->output), now_ns);
		if (a->phase < APP_FLUSHING && result < WRITER_LAST)
			result = give_all(a, now_ns);
	} while (a->phase < APP_FLUSHING && result < WRITER_LAST &&
		 w->state == WRITER_OK && !output_has_room(&w->output));
	writer_flush(w);
	set_blocked(a, !output_has_room(&w->output), now_ns);
	return writer_is_over(w) ? w->state : result;
}
