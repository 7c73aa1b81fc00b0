/*
 * Any bytes as a capture file (src/pcap/savefile_reader.c, src/pcap/classic_reader.c,
 * src/pcap/ng_reader.c, src/pcap/ng_block.c, src/pcap/ng_options.c): nothing read behind
 * a piece, lengths that add up, and the same events however the bytes are cut.
 */
#include "pcap/savefile_reader.h"

#include <assert.h>

#include "pcap/ng_format.h"
#include "pcap/ng_write.h"
#include "fuzz/fuzz.h"

/* A sum over what the events say. */
struct seen {
	struct savefile_reader reader;
	uint64_t sum;
	uint32_t left;
	struct savefile_record record;
	uint8_t *bytes; /* of the record, so far */
	size_t n_bytes;
	bool is_bad;
};

static void
add(struct seen *s, const void *p, size_t n)
{
	const uint8_t *bytes = p;

	for (size_t i = 0; i < n; i++)
		s->sum = (s->sum ^ bytes[i]) * 0x100000001b3u;
}

static void
add_number(struct seen *s, uint64_t v)
{
	add(s, &v, sizeof(v));
}

/* The packet, its flags and comments, which are the same however the bytes were cut; and
 * what is written of them reads the same once more. */
static void
add_packet(struct seen *s)
{
	const struct savefile_record *r = &s->record;
	struct ng_options o = ng_options_of(r, s->bytes);
	struct ng_options all = o;
	uint8_t *tail = malloc(NG_PACKET_TAIL_MAX + o.rest.n);
	struct ng_option option;
	size_t n = ng_write_packet_tail(tail, r, &all);

	assert(n <= NG_PACKET_TAIL_MAX + o.rest.n);
	free(tail);
	add(s, s->bytes, r->caplen);
	add_number(s, ng_options_flags(r, s->bytes));
	while (ng_options_next(&o, &option)) {
		if (option.code == NG_OPTION_COMMENT)
			add(s, option.value.p, option.value.n);
	}
	free(s->bytes);
	s->bytes = NULL;
}

static void
add_piece(struct seen *s, const struct savefile_out *out)
{
	assert(out->piece.n + out->left == s->left);
	s->left = out->left;
	memcpy(s->bytes + s->n_bytes, out->piece.p, out->piece.n);
	s->n_bytes += out->piece.n;
	if (s->left == 0)
		add_packet(s);
}

/* Its pieces are no record's: they are summed as they come, all together. */
static void
add_block(struct seen *s, const struct savefile_out *out)
{
	assert(out->piece.n + out->left == out->block.size);
	add_number(s, out->block.type);
	add_number(s, out->block.size);
	s->record = (struct savefile_record){.caplen = out->block.size};
	s->left = out->block.size;
	free(s->bytes);
	s->bytes = malloc(s->left + 1);
	s->n_bytes = 0;
	add_piece(s, out);
}

static void
add_event(struct seen *s, enum savefile_event event, const struct savefile_out *out)
{
	if (event != SAVEFILE_PIECE && event != SAVEFILE_MORE)
		add_number(s, event);
	switch (event) {
	case SAVEFILE_RECORD:
		assert(s->left == 0);
		assert(out->record.caplen <= SAVEFILE_SNAPLEN_MAX);
		assert(out->record.caplen <= out->record.origlen);
		assert(out->record.time_ns <= SAVEFILE_TIME_MAX);
		add_number(s, out->record.time_ns);
		add_number(s, out->record.origlen);
		s->record = out->record;
		s->left = savefile_record_bytes(&out->record);
		s->bytes = malloc(s->left + (s->left == 0));
		s->n_bytes = 0;
		add_piece(s, out);
		break;
	case SAVEFILE_PIECE:
		add_piece(s, out);
		break;
	case SAVEFILE_INTERFACE:
		add_number(s, out->interface.linktype);
		add(s, out->interface.name.p, out->interface.name.n);
		add(s, out->interface.description.p, out->interface.description.n);
		add(s, out->interface.filter.p, out->interface.filter.n);
		add(s, out->interface.os.p, out->interface.os.n);
		break;
	case SAVEFILE_STATISTICS:
		add_number(s, out->statistics.time_ns);
		add_number(s, out->statistics.has);
		break;
	case SAVEFILE_BLOCK:
		add_block(s, out);
		break;
	case SAVEFILE_BAD:
		assert(out->reason != NULL);
		s->is_bad = true;
		break;
	case SAVEFILE_START:
	case SAVEFILE_MORE:
		break;
	}
}

/* The piece is copied to an exact fit, so that a read behind it shows. */
static void
feed(struct seen *s, const uint8_t *data, size_t n)
{
	uint8_t *copy = malloc(n + (n == 0));
	struct span in = span_of(copy, n);
	struct savefile_out out;
	enum savefile_event event;

	memcpy(copy, data, n);
	do {
		event = savefile_reader_feed(&s->reader, &in, &out);
		add_event(s, event, &out);
	} while (event != SAVEFILE_MORE && event != SAVEFILE_BAD);
	free(copy);
}

static struct seen *
run(const uint8_t *data, size_t size, size_t step)
{
	struct seen *s = malloc(sizeof(*s));

	s->sum = 0;
	s->left = 0;
	s->bytes = NULL;
	s->is_bad = false;
	savefile_reader_init(&s->reader);
	for (size_t at = 0; at < size && !s->is_bad; at += step)
		feed(s, data + at, size - at < step ? size - at : step);
	add_number(s, s->reader.offset);
	savefile_reader_eof(&s->reader);
	free(s->bytes);
	return s;
}

/* The first byte is the size of the pieces in the second run. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen *whole, *split;

	if (size == 0)
		return 0;
	whole = run(data + 1, size - 1, size);
	split = run(data + 1, size - 1, 1u + data[0]);
	assert(whole->sum == split->sum && whole->is_bad == split->is_bad);
	free(whole);
	free(split);
	return 0;
}
