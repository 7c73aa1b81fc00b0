/*
 * From the merge to the sink:
 *
 *   merge --record--> output (memory) --whole records--> sink
 *
 * A sink that is full stops it: the queues of the merge fill, and then reading stops.
 */
#include "cli/run/pump.h"

#include <string.h>

#include "cli/report/messages.h"
#include "cli/source/addresses.h"
#include "sys/clock.h"
#include "sys/loop.h"
#include "pcap/linktype.h"
#include "sys/log.h"

#define QUEUE_BYTES   (256u * 1024) /* of a queue while there is plenty of memory */
#define SPARE_NS      1000000000u   /* how often a queue's extra memory is taken back */
#define PATHS_LOOK_NS 50000000u	    /* watermarks come that often */
#define AHEAD_MAX     64 /* reads of awaited sources in one round: the others come, too */

/* What the first interface blocks wait for the clocks, once all targets have answered: less
 * than packets do. */
#define DESCRIBE_NS 50000000u

void
pump_count_unwritten(struct pump *p)
{
	size_t torn;
	uint64_t n = output_torn(&p->writer->output, &torn);

	for (uint64_t i = 0; i < n; i++) {
		bool is_late;
		uint32_t source = output_unwritten(&p->writer->output, i, &is_late);

		fleet_note_unwritten(p->fleet, source, is_late);
	}
}

/* More than asked for while there is plenty: fewer and larger reads. */
static size_t
generous(const struct pump *p, size_t bytes)
{
	uint64_t share = p->options->buffer_bytes / p->fleet->n / 16;
	size_t wish = share < QUEUE_BYTES ? (size_t)share & ~(size_t)4095 : QUEUE_BYTES;

	return bytes > 0 && bytes < wish ? wish : bytes;
}

static void
change_memory(struct pump *p, uint32_t source, size_t asked)
{
	size_t bytes = generous(p, asked);
	void *mem = bytes > 0 ? pool_take(&p->pool, bytes) : NULL;
	size_t old_bytes;
	void *old;

	if (bytes > 0 && !mem) {
		merge_refuse_memory(p->merge, source);
		return;
	}
	old = merge_set_memory(p->merge, source, mem, bytes, &old_bytes);
	pool_give(&p->pool, old, old_bytes);
}

/* Descriptions say what is known by now of the clocks. */
static void
note_offsets(struct pump *p)
{
	fleet_note_offsets(p->fleet, p->writer->output.n_described);
}

/* At the end of a file: what has not passed since the last one. */
static void
tell_left_out(struct pump *p)
{
	uint64_t n = p->interfaces->blocks.n_left_out;

	if (n > p->n_left_out_told)
		log_line(LOG_WARNING,
			 "%llu blocks of TLS secrets or host names are not in the "
			 "output: they are damaged, or more than 1 MiB each or 16 MiB "
			 "in all",
			 (unsigned long long)n);
	p->n_left_out_told = n;
}

void
pump_note_drops(struct pump *p)
{
	tell_left_out(p);
	note_offsets(p);
	if (p->options->format->put_statistics)
		fleet_note_drops(p->fleet);
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
unique_index(struct pump *p, const struct interface *i, const struct merge_out *out)
{
	uint32_t own = linktype_ifindex(i->linktype, out->data, out->record.caplen);
	bool is_new;
	uint32_t unique = ifindexes_map(&p->ifindexes[out->source], own, &is_new);

	if (is_new)
		log_index(i, own, unique);
	return unique;
}

/* Before each record: a file that is full gives way to the next. */
static enum writer_result
turn(struct pump *p)
{
	struct writer *w = p->writer;
	enum writer_result result;

	pump_note_drops(p);
	result = writer_turn(w);
	if (w->kept_error < 0)
		log_line(LOG_WARNING, "--rotate-keep: an old file stays: %s",
			 strerror(-w->kept_error));
	if (result != WRITER_OK)
		return result;
	note_offsets(p);
	return writer_describe(w);
}

static void
tell_ahead(struct pump *p, const struct merge_out *out)
{
	const struct source *s = &p->fleet->sources[out->source];

	if (fleet_note_ahead(p->fleet, out->source))
		messages_tell_ahead(s->target->name, s->is_file, out->record.time_ns);
}

/* A time of 0, or one that the format cannot say: what stands in the output instead, once. */
static __attribute__((noinline)) void
tell_time(struct pump *p, const struct merge_out *out)
{
	const struct source *s = &p->fleet->sources[out->source];
	bool is_far = p->options->format->time_max_ns >= SAVEFILE_TIME_MAX - 1;

	if (out->record.time_ns == 0) {
		if (body_is_early(&s->body) && !p->has_told_early)
			log_line(LOG_WARNING,
				 "%s: times before 1970 are written as 1970-01-01",
				 s->target->name);
		p->has_told_early |= body_is_early(&s->body);
		return;
	}
	if (!p->has_told_far)
		log_line(LOG_WARNING, "%s: times after %s", s->target->name,
			 is_far ? "2262-04-11 are written as that day"
				: "2106-02-07T06:28:15 are written as that one: "
				  "pcapng can hold them (--format pcapng)");
	p->has_told_far = true;
}

/* A target that captures on some interfaces only need not see what goes to its addresses. */
static void
tell_addresses(struct pump *p, uint32_t n)
{
	struct addresses *all = p->fleet->context.addresses;
	const struct addresses *a;

	if (!all || !all[n].is_news || p->paths->path->sight.sources[n].is_partial)
		return;
	a = &all[n];
	for (uint32_t i = 0; i < a->n; i++)
		path_owners_tell(&p->paths->path->owners, a->list[i].version,
				 a->list[i].bytes, (uint16_t)n);
	all[n].is_news = false;
}

/* Its watermark and clock; false: it delivers nothing now. */
static bool
look_at_source(struct pump *p, uint32_t n, uint64_t *mark_ns, int64_t *offset_ns)
{
	const struct source *s = &p->fleet->sources[n];
	struct path_state state = {.now_ns = clock_realtime_ns(),
				   .mark_ns = merge_mark_ns(p->merge, n),
				   .margin_ns = CLOCK_OFFSET_MARGIN_NS,
				   .connection = s->body.connection,
				   .is_file = source_is_file(s),
				   .is_partial =
				       !source_is_file(s) &&
				       target_is_partial(s->target, &p->options->query),
				   .has_marks = source_is_ddump(s),
				   .is_out = !source_is_capturing(s),
				   .is_over = source_is_over(s)};
	struct clock_offset_estimate clock;
	struct summary_counts counts;

	source_offset(s, &clock);
	source_count(s, &counts);
	*offset_ns = clock.kind == CLOCK_OFFSET_KNOWN ? clock.offset_ns : 0;
	*mark_ns = state.mark_ns;
	state.drops = counts.drops;
	state.bound_ns = clock.kind == CLOCK_OFFSET_KNOWN || state.is_file
			     ? clock.bound_ns
			     : PATH_SIGHT_NONE;
	paths_update(p->paths, n, &state, *offset_ns);
	tell_addresses(p, n);
	return !state.is_out && (state.is_file || state.has_marks);
}

uint64_t
pump_look_at_paths(struct pump *p, bool is_last)
{
	uint64_t safe_ns = UINT64_MAX;
	int64_t ahead_ns = 0;

	for (uint32_t i = 0; i < p->fleet->n; i++) {
		uint64_t mark_ns;
		int64_t offset_ns;

		if (look_at_source(p, i, &mark_ns, &offset_ns) && mark_ns < safe_ns)
			safe_ns = mark_ns;
		if (offset_ns > ahead_ns)
			ahead_ns = offset_ns;
	}
	/* the merge gives what is older than all marks, by the clocks of the sources */
	if (safe_ns == UINT64_MAX)
		safe_ns = is_last ? UINT64_MAX : 0;
	else
		safe_ns -= (uint64_t)ahead_ns < safe_ns ? (uint64_t)ahead_ns : safe_ns;
	paths_judge(p->paths, is_last ? UINT64_MAX : safe_ns);
	return safe_ns;
}

/* Now and then, while the merge has nothing to give. */
static void
look_at_paths(struct pump *p, uint64_t now_ns)
{
	uint64_t safe_ns;

	if (!p->paths || now_ns - p->paths_look_ns < PATHS_LOOK_NS)
		return;
	p->paths_look_ns = now_ns;
	safe_ns = pump_look_at_paths(p, false);
	p->is_settled = p->paths->end_ns > 0 && paths_is_settled(p->paths, safe_ns);
}

/* True: it is not written. */
static __attribute__((noinline)) bool
take_path(struct pump *p, const struct merge_out *out, enum writer_result *result)
{
	const struct source *s = &p->fleet->sources[out->source];

	if (paths_take(p->paths, &out->record, out->data))
		log_line(
		    LOG_WARNING,
		    "%s: it keeps too few bytes of a packet to recognize it: ask for "
		    "-s " PATH_SNAPLEN,
		    s->target->name);
	if (!p->options->write_path && --p->paths->left == 0)
		*result = WRITER_LAST;
	return !p->options->write_path || p->paths->end_ns > 0;
}

static enum writer_result
write_record(struct pump *p, const struct merge_out *out)
{
	const struct interface *i = &p->interfaces->list[out->record.interface_id];
	struct writer *w = p->writer;
	enum writer_result result = WRITER_OK;
	uint32_t index = 0;

	if (p->paths && take_path(p, out, &result))
		return result;
	if (out->is_ahead)
		tell_ahead(p, out);
	if (out->record.time_ns - 1 >= p->options->format->time_max_ns)
		tell_time(p, out);
	if (!i->is_refused && writer_is_due(w))
		result = turn(p);
	if (i->is_refused)
		source_refuse_linktype(&p->fleet->sources[out->source], i->linktype);
	if (i->is_refused || result != WRITER_OK) {
		fleet_note_unwritten(p->fleet, out->source, out->is_late);
		return result;
	}
	if (p->ifindexes)
		index = unique_index(p, i, out);
	if (out->is_late)
		output_note_late(&w->output);
	if (p->copy)
		copy_put(p->copy, p->interfaces, &out->record, out->data);
	return writer_put_record(w, &out->record, index, out->data);
}

/* Memory that a burst needed is given back when the burst is over for a while. */
static void
spare(struct pump *p, uint64_t now_ns)
{
	uint32_t source;

	if (now_ns - p->spare_ns < SPARE_NS)
		return;
	p->spare_ns = now_ns;
	pool_trim(&p->pool);
	source = merge_spare_memory(p->merge);
	if (source != UINT32_MAX)
		change_memory(p, source, 0);
}

/* At the start nothing leaves until all have answered or failed: for the hold-back, like
 * any other wait for a source. */
static bool
is_too_early(struct pump *p, uint64_t merge_ns)
{
	uint64_t end_ns = p->start_ns + merge_hold_back_ns(p->merge);

	if (p->is_ready || merge_ns >= end_ns)
		return false;
	p->wake_ns = end_ns;
	return true;
}

/* A description says how far a clock is off, and cannot be mended later. */
static bool
is_too_early_to_describe(struct pump *p, uint64_t merge_ns, uint64_t now_ns)
{
	const struct output *output = &p->writer->output;
	uint64_t end_ns = p->ready_ns + DESCRIBE_NS;

	if (!output_has_interfaces(output) || output->n_described > 0 || !p->is_ready ||
	    now_ns >= end_ns || !fleet_is_measuring(p->fleet))
		return false;
	p->wake_ns = merge_ns + (end_ns - now_ns);
	return true;
}

/* Apart from give_all, which every packet goes through. */
static __attribute__((noinline)) bool
choose(struct pump *p, uint64_t merge_ns)
{
	switch (
	    choose_linktype(&p->choose, p->interfaces, p->options->linktype, p->fleet)) {
	case CHOOSE_DONE:
		output_put_head(&p->writer->output);
		return true;
	case CHOOSE_AGAIN:
		p->wake_ns = merge_ns;
		break;
	case CHOOSE_WAIT:
		break;
	}
	return false;
}

static bool
has_linktype(struct pump *p, uint64_t merge_ns)
{
	return p->interfaces->linktype != INTERFACES_OPEN ||
	       output_is_text(&p->writer->output) || choose(p, merge_ns);
}

void
pump_start(struct pump *p, uint64_t now_ns)
{
	p->start_ns = now_ns;
	choose_init(&p->choose);
	if (output_is_text(&p->writer->output) ||
	    choose_at_once(p->interfaces, p->options->linktype, p->fleet))
		output_put_head(&p->writer->output);
}

void
pump_set_ready(struct pump *p, uint64_t now_ns)
{
	p->is_ready = true;
	p->ready_ns = now_ns;
}

/* The one that the oldest record waits for. */
static bool
read_awaited(struct pump *p, uint64_t now_ns)
{
	uint32_t source = merge_awaited(p->merge);

	return source != UINT32_MAX &&
	       source_read_ahead(&p->fleet->sources[source], now_ns);
}

static enum writer_result
give_all(struct pump *p, bool may_wait, uint64_t now_ns)
{
	uint64_t merge_ns = merge_clock_ns(&p->fleet->context.merge_clock, now_ns);
	struct output *output = &p->writer->output;
	enum writer_result result = WRITER_OK;
	struct merge_out out;
	unsigned ahead = 0;

	if ((may_wait && is_too_early(p, merge_ns)) || !has_linktype(p, merge_ns) ||
	    (may_wait && is_too_early_to_describe(p, merge_ns, now_ns))) {
		while (merge_asks(p->merge, &out))
			change_memory(p, out.source, out.bytes);
		return WRITER_OK;
	}
	while (result < WRITER_LAST && output_has_room(output)) {
		if (!p->writer->is_between && !output_is_ready(output)) {
			note_offsets(p);
			output_describe(output);
			continue;
		}
		switch (merge_next(p->merge, merge_ns, &out)) {
		case MERGE_RECORD:
			result = write_record(p, &out);
			break;
		case MERGE_GROW:
			change_memory(p, out.source, out.bytes);
			break;
		case MERGE_WAIT:
			if (ahead++ < AHEAD_MAX && read_awaited(p, now_ns))
				break;
			p->wake_ns = out.wake_ns;
			spare(p, now_ns);
			look_at_paths(p, now_ns);
			return WRITER_OK;
		case MERGE_DONE:
			p->is_done = true;
			return WRITER_OK;
		}
	}
	return result;
}

enum writer_result
pump_flush(struct pump *p, uint64_t now_ns)
{
	enum writer_result result = writer_flush(p->writer);

	p->wake_ns = LOOP_NEVER;
	fleet_set_blocked(p->fleet, !output_has_room(&p->writer->output), now_ns);
	return result;
}

/* Inlined into what runs once it would be optimized for size: every packet comes here. */
__attribute__((noinline, hot)) enum writer_result
pump_give(struct pump *p, bool may_wait, uint64_t now_ns)
{
	struct writer *w = p->writer;
	enum writer_result result;

	p->is_done = false;
	do {
		result = pump_flush(p, now_ns);
		if (result < WRITER_LAST)
			result = give_all(p, may_wait, now_ns);
	} while (result < WRITER_LAST && w->state == WRITER_OK &&
		 !output_has_room(&w->output));
	writer_flush(w);
	if (p->copy)
		copy_flush(p->copy);
	fleet_set_blocked(p->fleet, !output_has_room(&w->output), now_ns);
	return writer_is_over(w) ? w->state : result;
}
