/* Records become the bytes of a capture file. */
#include "cli/output/output.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/copy.h"
#include "pcap/linktype.h"
#include "pcap/ng_write.h"

void
output_init(struct output *o, const struct output_options *options,
	    struct interfaces *interfaces)
{
	o->options = *options;
	o->interfaces = interfaces;
	o->n_described = 0;
	o->n_blocks = o->n_passed = o->n_units = 0;
	o->n_ended = 0;
	o->newest_ns = 0;
	o->has_head = false;
	o->n_records = 0;
	o->head = 0;
	o->tail = 0;
}

static_assert(FORMAT_UNIT_MAX >= PRINT_MAX, "the lines of any packet have room");

static struct format_file
file_of(const struct output *o)
{
	return (struct format_file){.is_nano = o->options.is_nano,
				    .linktype = o->interfaces->linktype,
				    .os = o->options.os,
				    .application = span_str("ddump/" DDUMP_VERSION)};
}

void
output_put_head(struct output *o)
{
	struct format_file file = file_of(o);

	assert(o->tail == 0);
	o->n_described = 0;
	o->n_blocks = o->n_passed = o->n_units = 0;
	o->n_ended = 0;
	o->has_head = true;
	o->tail = o->options.format->put_head(o->mem, &file);
}

static void
put_interface(struct output *o, struct interface *i)
{
	char mem[NG_DESCRIPTION_MAX];
	struct savefile_interface block = {.linktype = i->written,
					   .snaplen = SAVEFILE_SNAPLEN_MAX,
					   .name = i->name,
					   .filter = i->filter,
					   .os = i->os};
	struct text description;

	if (i->is_refused)
		return;
	i->block = o->n_blocks++;
	text_init(&description, mem, sizeof(mem));
	interfaces_put_description(&description, i);
	block.description = text_span(&description);
	o->tail += o->options.format->put_interface(o->mem + o->tail, &block);
}

/* It fits: FORMAT_UNIT_MAX is more than NG_PASSED_MAX. */
static void
put_block(struct output *o, struct span block)
{
	memcpy(o->mem + o->tail, block.p, block.n);
	o->tail += block.n;
}

void
output_describe(struct output *o)
{
	const struct interfaces *all = o->interfaces;

	for (; !output_is_ready(o) && output_has_room(o); o->n_units++) {
		if (o->n_described < all->n)
			put_interface(o, &all->list[o->n_described++]);
		else
			put_block(o, all->blocks.list[o->n_passed++]);
	}
}

static void
put_capture(struct output *o, const struct savefile_record *record, uint32_t index,
	    const uint8_t *data)
{
	struct interface *i = &o->interfaces->list[record->interface_id];
	uint32_t to = i->written;
	struct linktype_change change = {.head_size = 0};
	struct savefile_record changed = *record;
	struct format_file file = {.is_nano = o->options.is_nano};
	struct ng_options options;
	uint8_t *p;

	if (record->options != 0) {
		options = ng_options_of(record, data);
		changed.flags = ng_options_flags(record, data);
		i->lost += ng_options_lost(options);
	}
	if (i->linktype != to || o->options.format->has_flags) {
		linktype_convert(i->linktype, to, 0, data, &changed, &change);
		changed.interface_id = (uint16_t)i->block;
	}
	assert(output_has_room(o) && changed.caplen <= SAVEFILE_SNAPLEN_MAX);
	o->tail +=
	    o->options.format->put_record(o->mem + o->tail, &file, &changed,
					  record->options != 0 ? &options : NULL, &p);
	assert(change.head_size <= changed.caplen);
	if (change.head_size > 0)
		memcpy(p, change.head, change.head_size);
	copy_bytes(p + change.head_size, data + change.skip,
		   changed.caplen - change.head_size);
	if (o->options.has_indexes)
		linktype_set_ifindex(to, p, changed.caplen, index);
}

void
output_put_record(struct output *o, const struct savefile_record *record, uint32_t index,
		  const uint8_t *data)
{
	struct interface *i = &o->interfaces->list[record->interface_id];

	assert(output_is_ready(o) && output_has_room(o));
	i->packets++;
	if (record->time_ns > o->newest_ns)
		o->newest_ns = record->time_ns;
	if (output_is_text(o)) {
		o->tail += printer_put(o->options.printer, o->interfaces, record, data,
				       o->mem + o->tail);
		o->ends[o->n_records] = (uint32_t)o->tail;
	} else {
		put_capture(o, record, index, data);
	}
	o->is_late[o->n_records] = o->is_next_late;
	o->is_next_late = false;
	o->sources[o->n_records++] = (uint16_t)i->source;
}

void
output_note_late(struct output *o)
{
	o->is_next_late = true;
}

bool
output_put_tail(struct output *o)
{
	while (o->n_ended < o->n_described && output_has_room(o)) {
		const struct interface *i = &o->interfaces->list[o->n_ended];
		struct savefile_statistics s;

		interfaces_sum(o->interfaces, o->n_ended++, &s);
		if (i->is_refused)
			continue;
		s.interface_id = i->block;
		s.time_ns = o->newest_ns;
		o->tail += o->options.format->put_statistics(o->mem + o->tail, &s);
	}
	return o->n_ended == o->n_described;
}

struct span
output_waiting(const struct output *o)
{
	return span_of(o->mem + o->head, o->tail - o->head);
}

void
output_written(struct output *o, size_t n)
{
	assert(n <= o->tail - o->head);
	o->head += n;
	if (o->head < o->tail)
		return;
	o->has_head = false;
	o->n_records = 0;
	o->head = 0;
	o->tail = 0;
}

uint32_t
output_unwritten(const struct output *o, uint64_t i, bool *is_late)
{
	assert(i < o->n_records);
	*is_late = o->is_late[o->n_records - 1 - i];
	return o->sources[o->n_records - 1 - i];
}

/* The number of lines' records that are written as a whole. */
static uint32_t
count_written(const struct output *o)
{
	uint32_t n = 0;

	while (n < o->n_records && o->ends[n] <= o->head)
		n++;
	return n;
}

struct span
output_begun(const struct output *o)
{
	uint32_t n;

	if (!output_is_text(o))
		return span_of(o->mem + o->head,
			       format_rest(o->options.format, o->has_head,
					   span_of(o->mem, o->tail), o->head));
	n = count_written(o);
	if (o->head == (n > 0 ? o->ends[n - 1] : 0))
		return span_of(NULL, 0);
	return span_of(o->mem + o->head, o->ends[n] - o->head);
}

uint64_t
output_torn(const struct output *o, size_t *torn)
{
	const struct format *f = o->options.format;
	uint64_t n_written;
	uint64_t n_all;

	if (output_is_text(o)) {
		n_written = count_written(o);
		*torn = o->head - (n_written > 0 ? o->ends[n_written - 1] : 0);
		return o->n_records - n_written;
	}
	*torn =
	    o->head - format_whole(f, o->has_head, span_of(o->mem, o->head), &n_written);
	format_whole(f, o->has_head, span_of(o->mem, o->tail), &n_all);
	return n_all - n_written;
}
