/* Records become the bytes of a capture file. */
#include "cli/output/output.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/copy.h"
#include "pcap/classic_writer.h"
#include "pcap/linktype.h"
#include "pcap/ng_options.h"
#include "pcap/ng_writer.h"
#include "pcap/whole.h"

static_assert(OUTPUT_RECORD_MAX >= SAVEFILE_SNAPLEN_MAX + CLASSIC_RECORD_HEADER &&
		  OUTPUT_RECORD_MAX >= SAVEFILE_SNAPLEN_MAX + NG_PACKET_HEAD +
					   NG_PACKET_TAIL_MAX + SAVEFILE_OPTIONS_MAX,
	      "a converted packet is cut to the snaplen");
static_assert(OUTPUT_RECORD_MAX >= NG_SECTION_MAX &&
		  OUTPUT_RECORD_MAX >= NG_INTERFACE_MAX &&
		  OUTPUT_RECORD_MAX >= NG_STATISTICS_MAX,
	      "any block has room where a record has");

void
output_init(struct output *o, const struct output_options *options,
	    struct interfaces *interfaces)
{
	o->options = *options;
	o->interfaces = interfaces;
	o->n_described = 0;
	o->n_ended = 0;
	o->newest_ns = 0;
	o->has_head = false;
	o->n_records = 0;
	o->head = 0;
	o->tail = 0;
}

void
output_put_head(struct output *o)
{
	uint8_t *p = o->mem + o->tail;

	assert(o->tail == 0);
	o->n_described = 0;
	o->n_ended = 0;
	if (o->options.is_ng) {
		o->tail += ng_write_section(p, span_str(""), o->options.os,
					    span_str("ddump/" DDUMP_VERSION));
		return;
	}
	o->has_head = true;
	classic_write_file_header(p, o->options.is_nano, o->interfaces->linktype,
				  SAVEFILE_SNAPLEN_MAX);
	o->tail += CLASSIC_FILE_HEADER;
}

static void
put_interface(struct output *o, const struct interface *i)
{
	char mem[NG_DESCRIPTION_MAX];
	struct savefile_interface block = {.linktype = o->interfaces->linktype,
					   .snaplen = SAVEFILE_SNAPLEN_MAX,
					   .name = i->name,
					   .filter = i->filter,
					   .os = i->os};
	struct text description;

	text_init(&description, mem, sizeof(mem));
	interfaces_put_description(&description, i);
	block.description = text_span(&description);
	o->tail += ng_write_interface(o->mem + o->tail, &block);
}

void
output_describe(struct output *o)
{
	while (!output_is_ready(o) && output_has_room(o))
		put_interface(o, &o->interfaces->list[o->n_described++]);
}

/* Room for the packet, its header and its tail; returns where the packet's bytes go. */
static uint8_t *
put_header(struct output *o, const struct savefile_record *record,
	   const struct ng_options *options)
{
	uint8_t *p = o->mem + o->tail;

	assert(output_has_room(o) && record->caplen <= SAVEFILE_SNAPLEN_MAX);
	if (!o->options.is_ng) {
		classic_write_record_header(p, o->options.is_nano, record);
		o->tail += CLASSIC_RECORD_HEADER + record->caplen;
		return p + CLASSIC_RECORD_HEADER;
	}
	ng_write_packet_head(p, record, options);
	p += NG_PACKET_HEAD;
	o->tail += NG_PACKET_HEAD + record->caplen +
		   ng_write_packet_tail(p + record->caplen, record, options);
	return p;
}

void
output_put_record(struct output *o, const struct savefile_record *record, uint32_t index,
		  const uint8_t *data)
{
	struct interface *i = &o->interfaces->list[record->interface_id];
	uint32_t to = o->interfaces->linktype;
	struct linktype_change change = {.head_size = 0};
	struct savefile_record changed = *record;
	struct ng_options options;
	uint8_t *p;

	assert(output_is_ready(o));
	i->packets++;
	o->sources[o->n_records++] = (uint16_t)i->source;
	if (record->time_ns > o->newest_ns)
		o->newest_ns = record->time_ns;
	if (record->options != 0) {
		options = ng_options_of(record, data);
		changed.flags = ng_options_flags(record, data);
	}
	if (i->linktype != to || o->options.is_ng)
		linktype_convert(i->linktype, to, 0, data, &changed, &change);
	p = put_header(o, &changed, record->options != 0 ? &options : NULL);
	assert(change.head_size <= changed.caplen);
	if (change.head_size > 0)
		memcpy(p, change.head, change.head_size);
	copy_bytes(p + change.head_size, data + change.skip,
		   changed.caplen - change.head_size);
	if (o->options.has_indexes)
		linktype_set_ifindex(to, p, changed.caplen, index);
}

bool
output_put_tail(struct output *o)
{
	while (o->n_ended < o->n_described && output_has_room(o)) {
		struct savefile_statistics s;

		interfaces_sum(o->interfaces, o->n_ended++, &s);
		s.time_ns = o->newest_ns;
		o->tail += ng_write_statistics(o->mem + o->tail, &s);
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
output_unwritten(const struct output *o, uint64_t i)
{
	assert(i < o->n_records);
	return o->sources[o->n_records - 1 - i];
}

static enum whole_format
format_of(const struct output *o)
{
	if (o->options.is_ng)
		return WHOLE_NG;
	return o->has_head ? WHOLE_CLASSIC_HEAD : WHOLE_CLASSIC;
}

struct span
output_begun(const struct output *o)
{
	return span_of(o->mem + o->head,
		       whole_rest(format_of(o), span_of(o->mem, o->tail), o->head));
}

uint64_t
output_torn(const struct output *o, size_t *torn)
{
	uint64_t n_written;
	uint64_t n_all;

	*torn =
	    o->head - whole_prefix(format_of(o), span_of(o->mem, o->head), &n_written);
	whole_prefix(format_of(o), span_of(o->mem, o->tail), &n_all);
	return n_all - n_written;
}
