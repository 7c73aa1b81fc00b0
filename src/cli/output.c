/* Records become the bytes of a classic pcap file. */
#include "cli/output.h"

#include <assert.h>
#include <string.h>

#include "base/copy.h"
#include "pcap/classic_writer.h"
#include "pcap/linktype.h"
#include "pcap/ng_options.h"
#include "pcap/whole.h"

static_assert(OUTPUT_RECORD_MAX >= SAVEFILE_SNAPLEN_MAX + CLASSIC_RECORD_HEADER,
	      "a converted packet is cut to the snaplen");

void
output_init(struct output *o, uint32_t linktype, bool is_nano)
{
	o->linktype = linktype;
	o->is_nano = is_nano;
	o->has_head = false;
	o->head = 0;
	o->tail = 0;
}

void
output_put_head(struct output *o)
{
	assert(o->tail == 0);
	o->has_head = true;
	classic_write_file_header(o->mem + o->tail, o->is_nano, o->linktype,
				  SAVEFILE_SNAPLEN_MAX);
	o->tail += CLASSIC_FILE_HEADER;
}

/* The packet's bytes without the first `skip`, behind the header and `head`. */
static void
put(struct output *o, const struct savefile_record *record, const uint8_t *head,
    uint32_t head_size, const uint8_t *data)
{
	uint8_t *p = o->mem + o->tail;

	assert(output_has_room(o) && record->caplen <= SAVEFILE_SNAPLEN_MAX);
	assert(head_size <= record->caplen);
	classic_write_record_header(p, o->is_nano, record);
	p += CLASSIC_RECORD_HEADER;
	if (head_size > 0)
		memcpy(p, head, head_size);
	copy_bytes(p + head_size, data, record->caplen - head_size);
	o->tail += CLASSIC_RECORD_HEADER + record->caplen;
}

void
output_put_record(struct output *o, const struct savefile_record *record,
		  uint32_t linktype, const uint8_t *data)
{
	struct savefile_record changed;
	struct linktype_change change;

	if (linktype == o->linktype) {
		put(o, record, NULL, 0, data);
		return;
	}
	changed = *record;
	changed.flags = ng_options_flags(record, data);
	linktype_convert(linktype, o->linktype, 0, data, &changed, &change);
	put(o, &changed, change.head, change.head_size, data + change.skip);
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
	o->head = 0;
	o->tail = 0;
}

uint64_t
output_torn(const struct output *o, size_t *torn)
{
	enum whole_format format = o->has_head ? WHOLE_CLASSIC_HEAD : WHOLE_CLASSIC;
	uint64_t n_written;
	uint64_t n_all;

	*torn = o->head - whole_prefix(format, span_of(o->mem, o->head), &n_written);
	whole_prefix(format, span_of(o->mem, o->tail), &n_all);
	return n_all - n_written;
}
