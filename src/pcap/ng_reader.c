/*
 * Reads pcapng (draft-ietf-opsawg-pcapng): frames blocks, hands out packets where they
 * lie. What stands in the other blocks is ng_block.c's. It must not know what packets
 * contain, nor where bytes come from.
 *
 *   HEAD --packet block--> DATA --> REST --> HEAD     (HEAD --> HEAD if all is there)
 *   HEAD --other block------------> REST --> HEAD
 */
#include "pcap/ng_reader.h"

#include <assert.h>

#include "base/bytes.h"
#include "pcap/keep.h"
#include "pcap/ng_block.h"
#include "pcap/ng_format.h"
#include "pcap/ng_options.h"
#include "pcap/ng_passed.h"
#include "pcap/ng_time.h"

#define BLOCK_HEAD 8
#define BLOCK_MIN  (BLOCK_HEAD + NG_TRAILER)
#define ORDER_END  12 /* of a section header: behind the byte order magic */
#define FLAGS_ONLY 12 /* options: epb_flags and the end */

static_assert(NG_INTERFACES_MAX <= UINT16_MAX + 1, "numbered by 16 bits");

bool
ng_reader_is_magic(const uint8_t magic[static 4])
{
	return bytes_le32(magic) == NG_BLOCK_SECTION;
}

void
ng_reader_init(struct ng_reader *r, const uint8_t magic[static 4])
{
	r->state = NG_HEAD;
	r->is_big_endian = false;
	r->is_started = false;
	r->is_ddump = false;
	r->is_early = false;
	r->n_interfaces = 0;
	r->section_first = 0;
	r->block_size = 0;
	r->left = 0;
	r->rest = 0;
	r->time_ns = 0;
	memcpy(r->kept, magic, 4);
	r->kept_size = 4;
}

static enum savefile_event
bad(struct savefile_out *out, const char *reason)
{
	out->reason = reason;
	return SAVEFILE_BAD;
}

/*
 * Packets are read by functions that get the byte order as a constant, so that a field
 * is one load: is_be is what r->is_big_endian is.
 */
static inline uint32_t
load_as(bool is_be, const uint8_t *p)
{
	return is_be ? bytes_be32(p) : bytes_le32(p);
}

static inline uint32_t
load32(const struct ng_reader *r, const uint8_t *p)
{
	return load_as(r->is_big_endian, p);
}

static inline bool
is_block_size(uint32_t size)
{
	return size >= BLOCK_MIN && size % 4 == 0 && size <= NG_BLOCK_MAX;
}

static inline void
give_piece(struct ng_reader *r, struct span *in, struct savefile_out *out)
{
	size_t n = r->left < in->n ? r->left : in->n;

	out->piece.p = in->p;
	out->piece.n = n;
	r->left -= (uint32_t)n;
	out->left = r->left;
	if (n > 0)
		in->p += n;
	in->n -= n;
	r->state = r->left > 0 ? NG_DATA : NG_REST;
}

static __attribute__((noinline)) uint64_t
odd_time(struct ng_reader *r, const struct ng_interface *interface, uint64_t ticks)
{
	uint64_t ns = ng_time_to_ns(ticks, interface->tsresol, interface->tsoffset_s);

	r->is_early |= ns == 0 && interface->tsoffset_s < 0;
	return ns;
}

/* Nanoseconds and microseconds are what nearly every packet comes in. */
static inline uint64_t
packet_time(struct ng_reader *r, const struct ng_interface *interface, uint64_t ticks)
{
	if (interface->tsoffset_s == 0 && interface->tsresol == 9 &&
	    ticks <= SAVEFILE_TIME_MAX)
		return ticks;
	if (interface->tsoffset_s == 0 && interface->tsresol == 6 &&
	    ticks <= SAVEFILE_TIME_MAX / 1000)
		return ticks * 1000;
	return odd_time(r, interface, ticks);
}

/* Fields at p of an Enhanced Packet Block (4.3) or a Packet Block (appendix A). */
static inline const char *
fill_packet(struct ng_reader *r, bool is_be, const uint8_t *p, uint32_t id,
	    struct savefile_record *record)
{
	uint64_t ticks = (uint64_t)load_as(is_be, p + 12) << 32 | load_as(is_be, p + 16);

	if (id >= r->n_interfaces - r->section_first)
		return "packet for an unknown interface";
	id += r->section_first;
	record->time_ns = packet_time(r, &r->interfaces[id], ticks);
	record->caplen = load_as(is_be, p + 20);
	record->origlen = load_as(is_be, p + 24);
	record->interface_id = (uint16_t)id;
	return NULL;
}

/* A Simple Packet Block (4.4) belongs to interface 0 and says neither time nor caplen. */
static inline const char *
fill_simple(struct ng_reader *r, bool is_be, const uint8_t *p,
	    struct savefile_record *record)
{
	uint32_t snaplen;

	if (r->n_interfaces == r->section_first)
		return "packet for an unknown interface";
	snaplen = r->interfaces[r->section_first].snaplen;
	record->time_ns = r->time_ns;
	record->origlen = load_as(is_be, p + 8);
	record->caplen = record->origlen;
	if (snaplen > 0 && record->caplen > snaplen)
		record->caplen = snaplen;
	record->interface_id = (uint16_t)r->section_first;
	return NULL;
}

static inline const char *
fill_record(struct ng_reader *r, bool is_be, const uint8_t *p, uint32_t type,
	    uint32_t space, struct savefile_record *record)
{
	const char *reason;

	if (type == NG_BLOCK_PACKET)
		reason = fill_packet(r, is_be, p, load_as(is_be, p + 8), record);
	else if (type == NG_BLOCK_SIMPLE_PACKET)
		reason = fill_simple(r, is_be, p, record);
	else
		reason = fill_packet(
		    r, is_be, p, is_be ? bytes_be16(p + 8) : bytes_le16(p + 8), record);
	if (reason != NULL)
		return reason;
	if (record->caplen > SAVEFILE_SNAPLEN_MAX)
		return "record longer than 262144 bytes";
	if (record->caplen > space)
		return "packet longer than its block";
	if (record->origlen < record->caplen)
		record->origlen = record->caplen;
	record->options = 0;
	record->flags = 0;
	return NULL;
}

/* The n bytes behind a packet and its padding, n > 0, belong to the record. */
static inline void
carry_options(bool is_be, uint32_t n, struct savefile_record *record)
{
	if (n > SAVEFILE_OPTIONS_MAX)
		n = SAVEFILE_OPTIONS_MAX;
	record->options = (uint16_t)(n | (is_be ? SAVEFILE_OPTIONS_BIG_ENDIAN : 0));
}

/* Keeps of options that lie in the span what is wanted: all if there is a comment, or a
 * count of what was lost. */
static __attribute__((noinline)) void
keep_options(bool is_be, uint32_t n, const uint8_t *data, struct savefile_record *record)
{
	struct savefile_record whole = *record;
	struct ng_options o;
	struct ng_option option;

	carry_options(is_be, n, &whole);
	o = ng_options_of(&whole, data);
	while (ng_options_next(&o, &option)) {
		if (option.code == NG_OPTION_COMMENT || option.code == NG_EPB_DROPCOUNT) {
			record->options = whole.options;
			return;
		}
	}
	record->flags = ng_options_flags(&whole, data);
}

/* Our worker's packets have flags and nothing else. */
static inline void
read_options(bool is_be, uint32_t n, const uint8_t *data, struct savefile_record *record)
{
	const uint8_t *p = data + (record->caplen + 3) / 4 * 4;
	uint32_t head = is_be ? NG_EPB_FLAGS << 16 | 4 : 4 << 16 | NG_EPB_FLAGS;

	if (n == FLAGS_ONLY && load_as(is_be, p) == head && load_as(is_be, p + 8) == 0)
		record->flags = load_as(is_be, p + 4);
	else
		keep_options(is_be, n, data, record);
}

/*
 * The case that counts: an Enhanced Packet Block that lies in the span from end to end,
 * with nothing wrong. Takes it, or returns false and leaves it to read_block.
 */
static inline bool
take_packet(struct ng_reader *r, bool is_be, struct span *in, struct savefile_out *out)
{
	const uint8_t *p = in->p;
	uint32_t size, end, behind;

	if (in->n < NG_PACKET_FIXED + NG_TRAILER || load_as(is_be, p) != NG_BLOCK_PACKET)
		return false;
	size = load_as(is_be, p + 4);
	if (size < NG_PACKET_FIXED + NG_TRAILER || size > in->n || !is_block_size(size) ||
	    load_as(is_be, p + size - NG_TRAILER) != size)
		return false;
	end = size - NG_TRAILER;
	if (fill_record(r, is_be, p, NG_BLOCK_PACKET, end - NG_PACKET_FIXED,
			&out->record) != NULL)
		return false;
	behind = NG_PACKET_FIXED + (out->record.caplen + 3) / 4 * 4;
	if (behind < end)
		read_options(is_be, end - behind, p + NG_PACKET_FIXED, &out->record);
	r->time_ns = out->record.time_ns;
	out->piece.p = p + NG_PACKET_FIXED;
	out->piece.n = savefile_record_bytes(&out->record);
	in->p = p + size;
	in->n -= size;
	return true;
}

static enum savefile_event
read_packet(struct ng_reader *r, bool is_be, uint32_t type, struct span *in,
	    struct savefile_out *out)
{
	uint32_t head =
	    type == NG_BLOCK_SIMPLE_PACKET ? NG_SIMPLE_FIXED : NG_PACKET_FIXED;
	uint32_t size = r->block_size;
	const uint8_t *p;
	const char *reason;
	uint32_t behind;

	if (size < head + NG_TRAILER)
		return bad(out, "packet block too short");
	p = keep_peek(r->kept, &r->kept_size, in, head);
	if (p == NULL)
		return SAVEFILE_MORE;
	reason = fill_record(r, is_be, p, type, size - head - NG_TRAILER, &out->record);
	if (reason != NULL)
		return bad(out, reason);
	r->time_ns = out->record.time_ns;
	keep_take(&r->kept_size, in, head);
	behind = size - head - NG_TRAILER - (out->record.caplen + 3) / 4 * 4;
	if (behind > 0 && type != NG_BLOCK_SIMPLE_PACKET)
		carry_options(is_be, behind, &out->record);
	r->left = savefile_record_bytes(&out->record);
	r->rest = size - head - r->left;
	give_piece(r, in, out);
	return SAVEFILE_RECORD;
}

static enum savefile_event
read_passed(struct ng_reader *r, uint32_t type, struct span *in, struct savefile_out *out)
{
	out->block = (struct savefile_block){.type = type,
					     .size = r->block_size - BLOCK_MIN,
					     .is_big_endian = r->is_big_endian};
	keep_take(&r->kept_size, in, BLOCK_HEAD);
	r->left = out->block.size;
	r->rest = NG_TRAILER;
	give_piece(r, in, out);
	return SAVEFILE_BLOCK;
}

/* Everything else: looks at what is kept of it, then goes on to the rest. */
static enum savefile_event
read_other(struct ng_reader *r, uint32_t type, struct span *in, struct savefile_out *out)
{
	uint32_t size = r->block_size;
	uint32_t want = ng_block_is_read(type) ? size : BLOCK_HEAD;
	bool is_cut = want > NG_BLOCK_KEPT;
	enum savefile_event event = SAVEFILE_MORE;
	const uint8_t *p;

	if (is_cut)
		want = NG_BLOCK_KEPT;
	p = keep_peek(r->kept, &r->kept_size, in, want);
	if (p == NULL)
		return SAVEFILE_MORE;
	if (want == size && load32(r, p + size - NG_TRAILER) != size)
		return bad(out, "block lengths differ");
	if (want > BLOCK_HEAD)
		event = ng_block_read(r, type,
				      span_of(p, want == size ? want - NG_TRAILER : want),
				      is_cut, out);
	if (event == SAVEFILE_BAD)
		return event;
	keep_take(&r->kept_size, in, want);
	r->rest = size - want;
	r->state = r->rest > 0 ? NG_REST : NG_HEAD;
	return event;
}

/* A section header's length can be read only behind it: its byte order stands inside. */
static const char *
read_order(struct ng_reader *r, const uint8_t *p)
{
	r->is_big_endian = bytes_be32(p + BLOCK_HEAD) == NG_BYTE_ORDER_MAGIC;
	if (load32(r, p + BLOCK_HEAD) != NG_BYTE_ORDER_MAGIC)
		return "section of unknown byte order";
	return NULL;
}

static enum savefile_event
read_block(struct ng_reader *r, struct span *in, struct savefile_out *out)
{
	const uint8_t *p = keep_peek(r->kept, &r->kept_size, in, BLOCK_HEAD);
	const char *reason;
	uint32_t type;

	if (p == NULL)
		return SAVEFILE_MORE;
	type = load32(r, p);
	if (type == NG_BLOCK_SECTION) { /* reads the same in both byte orders */
		p = keep_peek(r->kept, &r->kept_size, in, ORDER_END);
		if (p == NULL)
			return SAVEFILE_MORE;
		reason = read_order(r, p);
		if (reason != NULL)
			return bad(out, reason);
	}
	r->block_size = load32(r, p + 4);
	if (!is_block_size(r->block_size))
		return bad(out, "block length out of range");
	if (type == NG_BLOCK_PACKET || type == NG_BLOCK_SIMPLE_PACKET ||
	    type == NG_BLOCK_OLD_PACKET)
		return read_packet(r, r->is_big_endian, type, in, out);
	if (ng_passed_is(type))
		return read_passed(r, type, in, out);
	return read_other(r, type, in, out);
}

static enum savefile_event
skip_rest(struct ng_reader *r, struct span *in, struct savefile_out *out)
{
	uint32_t skip = r->rest - NG_TRAILER;
	const uint8_t *p;

	if (skip > in->n)
		skip = (uint32_t)in->n;
	if (skip > 0)
		in->p += skip;
	in->n -= skip;
	r->rest -= skip;
	if (r->rest > NG_TRAILER)
		return SAVEFILE_MORE;
	p = keep_peek(r->kept, &r->kept_size, in, NG_TRAILER);
	if (p == NULL)
		return SAVEFILE_MORE;
	if (load32(r, p) != r->block_size)
		return bad(out, "block lengths differ");
	keep_take(&r->kept_size, in, NG_TRAILER);
	r->state = NG_HEAD;
	return SAVEFILE_MORE;
}

/* Not inline: its saving of registers would cost the case that counts. */
static __attribute__((noinline)) enum savefile_event
step(struct ng_reader *r, struct span *in, struct savefile_out *out)
{
	switch (r->state) {
	case NG_HEAD:
		return read_block(r, in, out);
	case NG_DATA:
		give_piece(r, in, out);
		return SAVEFILE_PIECE;
	case NG_REST:
		return skip_rest(r, in, out);
	}
	return SAVEFILE_MORE;
}

enum savefile_event
ng_reader_feed(struct ng_reader *r, struct span *in, struct savefile_out *out)
{
	enum savefile_event event = SAVEFILE_MORE;

	while (event == SAVEFILE_MORE && in->n > 0) {
		if (r->state == NG_HEAD && r->kept_size == 0 &&
		    (r->is_big_endian ? take_packet(r, true, in, out)
				      : take_packet(r, false, in, out)))
			return SAVEFILE_RECORD;
		event = step(r, in, out);
	}
	return event;
}

const char *
ng_reader_eof(const struct ng_reader *r)
{
	switch (r->state) {
	case NG_HEAD:
		if (!r->is_started)
			return "cut inside the file header";
		return r->kept_size > 0 ? "cut inside a block" : NULL;
	case NG_DATA:
		return "cut inside a packet";
	case NG_REST:
		break;
	}
	return "cut inside a block";
}
