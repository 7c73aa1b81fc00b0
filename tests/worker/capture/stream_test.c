/* What a client gets, read back by the readers: chunks, file, packets, counts. */
#include "worker/capture/stream.h"

#include <stdlib.h>
#include <string.h>

#include "http/chunk.h"
#include "pcap/capture_limits.h"
#include "pcap/savefile_reader.h"
#include "support/check.h"
#include "support/rng.h"

#define PACKETS	   400
#define PACKET_MAX 3000

static uint8_t out[4u << 20];
static size_t out_n;

static void
drain(struct stream *s)
{
	struct span r = buf_readable(&s->queue);

	assert_true(r.n <= sizeof(out) - out_n);
	memcpy(out + out_n, r.p, r.n);
	out_n += r.n;
	buf_consume(&s->queue, r.n);
}

static uint8_t
byte_of(uint32_t packet, uint32_t at)
{
	return (uint8_t)(packet * 31 + at);
}

/* Packets of random sizes on three interfaces, sent in random portions. */
static void
write_all(struct stream *s, uint64_t *rng, uint32_t *caplens)
{
	static uint8_t data[PACKET_MAX];
	uint32_t i = 0;

	stream_begin(s);
	stream_put_file_head(s, span_str(""), 0, span_str("any"), span_str("icmp"),
			     span_str("Linux"), span_str("ddump-worker/test"));
	stream_commit(s);
	while (i < PACKETS) {
		if (!stream_has_room(s) || rng_below(rng, 4) == 0)
			drain(s);
		stream_begin(s);
		for (uint64_t n = rng_below(rng, 20); n > 0 && i < PACKETS; n--, i++) {
			struct savefile_record r = {.time_ns = 1000 + i};
			uint32_t ifindex = i % 3 + 5;
			uint32_t id = stream_interface(s, ifindex);

			if (id == UINT32_MAX)
				id = stream_put_interface(s, ifindex, span_str("eth"));
			caplens[i] = (uint32_t)rng_below(rng, PACKET_MAX + 1);
			for (uint32_t k = 0; k < caplens[i]; k++)
				data[k] = byte_of(i, k);
			r.caplen = caplens[i];
			r.origlen = caplens[i] + 7;
			r.interface_id = id;
			r.flags = i % 3;
			stream_put_record(s, &r, data);
			if (!stream_may_continue(s))
				break;
		}
		stream_commit(s);
	}
	for (uint32_t id = 1; id <= 3 && s->options.is_ng; id++)
		assert_int_equal(s->packets[id], PACKETS / 3 + (id == 1));
	stream_put_end(s);
	drain(s);
}

static struct span
dechunk(uint8_t *body)
{
	struct chunk_decoder d;
	struct span in = span_of(out, out_n);
	struct span data;
	size_t n = 0;
	enum chunk_result result;

	chunk_decoder_init(&d);
	while ((result = chunk_decode(&d, &in, &data)) == CHUNK_DATA) {
		memcpy(body + n, data.p, data.n);
		n += data.n;
	}
	assert_int_equal(result, CHUNK_END);
	assert_int_equal(in.n, 0);
	return span_of(body, n);
}

static void
read_all(struct span file, const struct stream_options *o, const uint32_t *caplens)
{
	struct savefile_reader r;
	struct savefile_out got;
	enum savefile_event e;
	uint32_t i = 0;
	uint32_t interfaces = 0;

	savefile_reader_init(&r);
	while ((e = savefile_reader_feed(&r, &file, &got)) != SAVEFILE_MORE) {
		assert_int_not_equal(e, SAVEFILE_BAD);
		interfaces += e == SAVEFILE_INTERFACE;
		if (e == SAVEFILE_INTERFACE)
			assert_int_equal(got.interface.linktype, o->linktype);
		if (e != SAVEFILE_RECORD)
			continue;
		assert_int_equal(got.record.caplen, caplens[i]);
		assert_int_equal(got.record.origlen, caplens[i] + 7);
		assert_int_equal(got.left, 0);
		for (uint32_t k = 0; k < caplens[i]; k++)
			assert_int_equal(got.piece.p[k], byte_of(i, k));
		assert_int_equal(got.record.time_ns, o->is_ng || o->is_nano
							 ? 1000 + i
							 : (1000 + i) / 1000 * 1000);
		if (o->is_ng)
			assert_int_equal(got.record.interface_id, i % 3 + 1);
		i++;
	}
	assert_int_equal(i, PACKETS);
	assert_int_equal(interfaces, o->is_ng ? 4 : 1);
	assert_null(savefile_reader_eof(&r));
	assert_int_equal(r.is_ddump, o->is_ng);
}

static void
what_goes_in_comes_out(void **state)
{
	static uint8_t body[sizeof(out)];
	uint64_t rng = rng_seed("stream");
	struct stream *s = malloc(sizeof(*s));

	(void)state;
	for (unsigned mode = 0; mode < 8; mode++) {
		struct stream_options o = {
		    .is_chunked = mode & 1,
		    .is_ng = mode & 2,
		    .is_nano = mode & 4,
		    .linktype = SAVEFILE_LINKTYPE_SLL2,
		    .payload_max = CAPTURE_PAYLOAD_ALL,
		};
		uint32_t caplens[PACKETS];

		out_n = 0;
		stream_init(s, &o);
		write_all(s, &rng, caplens);
		read_all(o.is_chunked ? dechunk(body) : span_of(out, out_n), &o, caplens);
	}
	free(s);
}

/* Each has a block of each name, and goes back to that of a name that it has again. */
static void
a_renamed_interface_gets_a_block_of_its_new_name(void **state)
{
	struct stream_options o = {.is_ng = true, .linktype = SAVEFILE_LINKTYPE_SLL2};
	struct stream *s = malloc(sizeof(*s));

	(void)state;
	stream_init(s, &o);
	stream_begin(s);
	stream_put_file_head(s, span_str(""), 0, span_str("any"), span_str(""),
			     span_str(""), span_str(""));
	assert_int_equal(stream_put_interface(s, 5, span_str("eth0")), 1);
	assert_int_equal(stream_put_interface(s, 6, span_str("eth1")), 2);
	stream_note_name(s, 1, span_str("eth0"));
	assert_int_equal(stream_interface(s, 5), 1);
	stream_note_name(s, 1, span_str("lan0"));
	assert_int_equal(stream_interface(s, 5), UINT32_MAX);
	assert_int_equal(stream_interface(s, 6), 2);
	assert_int_equal(stream_put_interface(s, 5, span_str("lan0")), 3);
	assert_int_equal(stream_interface(s, 5), 3);
	stream_note_name(s, 3, span_str("eth0"));
	assert_int_equal(stream_interface(s, 5), UINT32_MAX);
	assert_int_equal(stream_put_interface(s, 5, span_str("eth0")), 1);
	assert_int_equal(stream_interface(s, 5), 1);
	assert_int_equal(s->n_interfaces, 4);
	stream_commit(s);
	free(s);
}

/* A batch that began with room takes the largest packet, always, and memory ends there. */
static void
largest_packets_fit(void **state)
{
	static uint8_t data[SAVEFILE_SNAPLEN_MAX];
	struct stream *s = malloc(sizeof(*s));
	struct stream_options o = {.is_chunked = true, .is_ng = true};
	struct savefile_record r = {.caplen = sizeof(data), .origlen = sizeof(data)};
	unsigned n = 0;

	(void)state;
	stream_init(s, &o);
	stream_begin(s);
	stream_put_file_head(s, span_str(""), 0, span_str(""), span_str(""), span_str(""),
			     span_str(""));
	stream_commit(s);
	while (stream_has_room(s)) {
		stream_begin(s);
		do {
			stream_put_record(s, &r, data);
			n++;
		} while (stream_may_continue(s));
		stream_commit(s);
	}
	assert_true(n >= 4);
	assert_true(buf_used(&s->queue) <= sizeof(s->mem));
	stream_put_end(s);
	free(s);
}

static void
there_is_room_below_half_of_the_queue(void **state)
{
	struct stream *s = malloc(sizeof(*s));
	struct stream_options o = {.is_ng = true};

	(void)state;
	stream_init(s, &o);
	buf_commit(&s->queue, STREAM_QUEUE_BYTES / 2 - 1);
	assert_true(stream_has_room(s));
	buf_commit(&s->queue, 1);
	assert_false(stream_has_room(s));
	free(s);
}

/* Heartbeats come as chunks of their own; an empty batch leaves no chunk, which would be
 * the last one. */
static void
an_empty_batch_leaves_no_chunk(void **state)
{
	struct stream *s = malloc(sizeof(*s));
	struct stream_options o = {.is_chunked = true, .is_ng = true};
	struct savefile_statistics put = {.time_ns = 77,
					  .has =
					      SAVEFILE_HAS_IFRECV | SAVEFILE_HAS_OSDROP,
					  .ifrecv = UINT64_C(1) << 40,
					  .osdrop = 3};
	uint8_t body[4096];
	struct savefile_reader r;
	struct savefile_out got;
	struct span file;
	enum savefile_event e;
	unsigned seen = 0;

	(void)state;
	out_n = 0;
	stream_init(s, &o);
	stream_begin(s);
	stream_commit(s);
	assert_int_equal(buf_used(&s->queue), 0);
	stream_begin(s);
	stream_put_file_head(s, span_str(""), 0, span_str("any"), span_str(""),
			     span_str(""), span_str(""));
	stream_put_statistics(s, &put);
	stream_commit(s);
	stream_put_end(s);
	drain(s);
	file = dechunk(body);
	savefile_reader_init(&r);
	while ((e = savefile_reader_feed(&r, &file, &got)) != SAVEFILE_MORE) {
		if (e != SAVEFILE_STATISTICS)
			continue;
		seen++;
		assert_int_equal(got.statistics.time_ns, 77);
		assert_int_equal(got.statistics.has, put.has);
		assert_true(got.statistics.ifrecv == put.ifrecv);
		assert_int_equal(got.statistics.osdrop, 3);
	}
	assert_int_equal(seen, 1);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_goes_in_comes_out),
	    cmocka_unit_test(a_renamed_interface_gets_a_block_of_its_new_name),
	    cmocka_unit_test(largest_packets_fit),
	    cmocka_unit_test(there_is_room_below_half_of_the_queue),
	    cmocka_unit_test(an_empty_batch_leaves_no_chunk),
	};

	return cmocka_run_group_tests_name("worker/stream", tests, NULL, NULL);
}
