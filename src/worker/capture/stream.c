/* Capture file bytes and their chunks in one fixed queue. It knows no socket and no
 * clock: what is in a record is its caller's word. */
#include "worker/capture/stream.h"

#include <assert.h>
#include <string.h>

#include "base/copy.h"
#include "base/text.h"
#include "http/chunk.h"
#include "pcap/capture_limits.h"
#include "pcap/classic_write.h"
#include "pcap/ng_write.h"

static_assert(STREAM_RESERVE >= SAVEFILE_SNAPLEN_MAX + NG_PACKET_HEAD +
				    NG_PACKET_TAIL_MAX + NG_SECTION_MAX +
				    2 * NG_INTERFACE_MAX + NG_STATISTICS_MAX +
				    STREAM_CHUNK_TAIL,
	      "a batch could not finish");

void
stream_init(struct stream *s, const struct stream_options *options)
{
	s->options = *options;
	buf_init(&s->queue, s->mem, sizeof(s->mem));
	s->is_open = false;
	s->n_interfaces = 0;
	s->last = 0;
}

void
stream_put_head(struct stream *s, struct span head)
{
	bool fits = buf_put(&s->queue, head);

	assert(fits);
}

bool
stream_has_room(const struct stream *s)
{
	return buf_used(&s->queue) < STREAM_QUEUE_BYTES / 2;
}

bool
stream_may_continue(const struct stream *s)
{
	return s->queue.cap - s->queue.tail >= STREAM_RESERVE;
}

/* n bytes at the tail, for the caller to fill: the reserve says that they are there. */
static uint8_t *
take(struct stream *s, size_t n)
{
	uint8_t *p = s->queue.mem + s->queue.tail;

	assert(s->queue.cap - s->queue.tail >= n);
	s->queue.tail += n;
	return p;
}

static void
give_back(struct stream *s, size_t n)
{
	s->queue.tail -= n;
}

void
stream_begin(struct stream *s)
{
	size_t room;

	assert(!s->is_open);
	buf_space(&s->queue, &room); /* moves what is queued to the front */
	s->is_open = true;
	s->chunk_at = s->queue.tail;
	if (s->options.is_chunked)
		take(s, CHUNK_HEAD_SIZE);
}

void
stream_commit(struct stream *s)
{
	size_t n = s->queue.tail - s->chunk_at;

	assert(s->is_open);
	s->is_open = false;
	if (!s->options.is_chunked)
		return;
	n -= CHUNK_HEAD_SIZE;
	if (n == 0) {
		give_back(s, CHUNK_HEAD_SIZE);
		return;
	}
	chunk_head(s->queue.mem + s->chunk_at, n);
	memcpy(take(s, STREAM_CHUNK_TAIL), "\r\n", STREAM_CHUNK_TAIL);
}

void
stream_put_end(struct stream *s)
{
	if (s->options.is_chunked)
		stream_put_head(s, span_str("0\r\n\r\n"));
}

static void
put_payload(struct text *t, uint32_t payload_max)
{
	if (payload_max == CAPTURE_PAYLOAD_ALL)
		return;
	text_str(t, payload_max > 0 ? "headers and at most " : "headers only");
	if (payload_max > 0) {
		text_u64(t, payload_max);
		text_str(t, " bytes of payload");
	}
}

static uint32_t
put_interface(struct stream *s, uint32_t ifindex, struct savefile_interface *i)
{
	uint8_t *p = take(s, NG_INTERFACE_MAX);
	uint32_t id = s->n_interfaces++;
	char mem[64];
	struct text payload;
	struct text name;

	text_init(&payload, mem, sizeof(mem));
	put_payload(&payload, s->options.payload_max);
	i->description = text_span(&payload);
	give_back(s, NG_INTERFACE_MAX - ng_write_interface(p, i));
	s->ifindex[id] = ifindex;
	s->is_renamed[id] = false;
	s->packets[id] = 0;
	text_init(&name, s->names[id], STREAM_NAME_SIZE);
	text_put(&name, i->name);
	text_cstr(&name);
	return id;
}

void
stream_put_file_head(struct stream *s, struct span host, uint32_t ifindex,
		     struct span name, struct span filter, struct span os,
		     struct span userappl)
{
	struct savefile_interface i = {.linktype = s->options.linktype,
				       .snaplen = SAVEFILE_SNAPLEN_MAX,
				       .name = name,
				       .filter = filter,
				       .os = os};
	uint8_t *p;

	if (!s->options.is_ng) {
		classic_write_file_header(take(s, CLASSIC_FILE_HEADER),
					  s->options.is_nano, s->options.linktype,
					  SAVEFILE_SNAPLEN_MAX);
		return;
	}
	p = take(s, NG_SECTION_MAX);
	give_back(s, NG_SECTION_MAX - ng_write_section(p, host, os, userappl));
	put_interface(s, ifindex, &i);
}

static bool
is_block_of(const struct stream *s, uint32_t id, uint32_t ifindex)
{
	return s->ifindex[id] == ifindex && !s->is_renamed[id];
}

uint32_t
stream_interface(struct stream *s, uint32_t ifindex)
{
	if (!s->options.is_ng || ifindex == 0)
		return 0;
	if (is_block_of(s, s->last, ifindex))
		return s->last;
	for (uint32_t id = 0; id < s->n_interfaces; id++)
		if (is_block_of(s, id, ifindex))
			return s->last = id;
	return s->n_interfaces == STREAM_INTERFACES_MAX ? 0 : UINT32_MAX;
}

/* One that has its old name again has its old block again. */
uint32_t
stream_put_interface(struct stream *s, uint32_t ifindex, struct span name)
{
	struct savefile_interface i = {.linktype = s->options.linktype,
				       .snaplen = SAVEFILE_SNAPLEN_MAX,
				       .name = name};

	for (uint32_t id = 0; id < s->n_interfaces; id++) {
		if (s->ifindex[id] == ifindex && span_eq(span_str(s->names[id]), name)) {
			s->is_renamed[id] = false;
			return s->last = id;
		}
	}
	return s->last = put_interface(s, ifindex, &i);
}

void
stream_note_name(struct stream *s, uint32_t id, struct span name)
{
	s->is_renamed[id] |= !span_eq(span_str(s->names[id]), name);
}

void
stream_put_record(struct stream *s, struct savefile_record *record, const uint8_t *data)
{
	uint8_t *p;

	if (!s->options.is_ng) {
		p = take(s, CLASSIC_RECORD_HEADER + record->caplen);
		classic_write_record_header(p, s->options.is_nano, record);
		copy_bytes(p + CLASSIC_RECORD_HEADER, data, record->caplen);
		return;
	}
	p = take(s, NG_PACKET_HEAD + record->caplen + NG_PACKET_TAIL_MAX);
	ng_write_packet_head(p, record, NULL);
	p += NG_PACKET_HEAD;
	copy_bytes(p, data, record->caplen);
	give_back(s, NG_PACKET_TAIL_MAX -
			 ng_write_packet_tail(p + record->caplen, record, NULL));
	s->packets[record->interface_id]++;
}

void
stream_put_statistics(struct stream *s, const struct savefile_statistics *statistics)
{
	uint8_t *p = take(s, NG_STATISTICS_MAX);

	assert(s->options.is_ng);
	give_back(s, NG_STATISTICS_MAX - ng_write_statistics(p, statistics));
}
