/* pcapng (draft-ietf-opsawg-pcapng) and classic pcap, written once more: no line of the
 * program under test stands in here. */
#include "sim/stream.h"

#include <stdio.h>
#include <string.h>

#define LINKTYPE_SLL  113u
#define LINKTYPE_SLL2 276u
#define SNAPLEN	      262144u
#define IFINDEX	      2u

#define HEAD_MAX 16 /* of a chunk, and its tail */

static uint8_t all[HEAD_MAX + STREAM_MAX + HEAD_MAX];
static uint8_t *const mem = all + HEAD_MAX;

void
sim_stream_begin(struct stream *s, enum sim_way way)
{
	s->way = way;
	s->n = 0;
}

size_t
sim_stream_size(const struct stream *s)
{
	return s->n;
}

static void
put(struct stream *s, const void *p, size_t n)
{
	if (n > STREAM_MAX - s->n)
		sim_fail("a chunk is too long");
	memcpy(mem + s->n, p, n);
	s->n += n;
}

static void
put16(struct stream *s, uint32_t v)
{
	put(s, (uint8_t[]){(uint8_t)v, (uint8_t)(v >> 8)}, 2);
}

static void
put32(struct stream *s, uint32_t v)
{
	put16(s, v & 0xffff);
	put16(s, v >> 16);
}

static void
pad(struct stream *s)
{
	put(s, (uint8_t[4]){0}, (4 - s->n % 4) % 4);
}

static void
put_option(struct stream *s, uint32_t code, const void *value, size_t n)
{
	put16(s, code);
	put16(s, (uint32_t)n);
	put(s, value, n);
	pad(s);
}

static void
put_count(struct stream *s, uint32_t code, uint64_t v)
{
	put16(s, code);
	put16(s, 8);
	put32(s, (uint32_t)v);
	put32(s, (uint32_t)(v >> 32));
}

static size_t
begin_block(struct stream *s, uint32_t type)
{
	size_t at = s->n;

	put32(s, type);
	put32(s, 0);
	return at;
}

static void
end_block(struct stream *s, size_t at)
{
	uint32_t n = (uint32_t)(s->n - at) + 4;

	put32(s, n);
	for (unsigned i = 0; i < 4; i++)
		mem[at + 4 + i] = (uint8_t)(n >> 8 * i);
}

static void
put_interface(struct stream *s, const char *name)
{
	size_t at = begin_block(s, 1);

	put16(s, LINKTYPE_SLL2);
	put16(s, 0);
	put32(s, SNAPLEN);
	put_option(s, 2, name, strlen(name));
	put_option(s, 9, "\x09", 1);
	put32(s, 0);
	end_block(s, at);
}

static void
put_section(struct stream *s)
{
	size_t at = begin_block(s, 0x0a0d0d0a);

	put32(s, 0x1a2b3c4d);
	put16(s, 1);
	put16(s, 0);
	put32(s, 0xffffffff);
	put32(s, 0xffffffff);
	put_option(s, 4, "ddump-worker/sim", 16);
	put32(s, 0);
	end_block(s, at);
}

void
sim_stream_put_head(struct stream *s)
{
	if (s->way == SIM_WAY_NG) {
		put_section(s);
		put_interface(s, "any");
		return;
	}
	put32(s, s->way == SIM_WAY_OLD ? 0xa1b2c3d4 : 0xa1b23c4d);
	put16(s, 2);
	put16(s, 4);
	put32(s, 0);
	put32(s, 0);
	put32(s, SNAPLEN);
	put32(s, s->way == SIM_WAY_OLD ? LINKTYPE_SLL : LINKTYPE_SLL2);
}

static void
store(uint8_t *p, uint64_t v, unsigned n)
{
	while (n > 0) {
		p[--n] = (uint8_t)v;
		v >>= 8;
	}
}

size_t
sim_stream_packet(const struct stream *s, uint8_t *out, size_t size, uint32_t host,
		  uint64_t number)
{
	bool is_sll2 = s->way != SIM_WAY_OLD;

	memset(out, 0, size);
	store(out + (is_sll2 ? 0 : 14), 0x88b5, 2);
	if (is_sll2)
		store(out + 4, IFINDEX, 4);
	store(out + (is_sll2 ? 8 : 2), 1, 2); /* Ethernet */
	store(out + size - SIM_TAIL, SIM_MAGIC, 4);
	store(out + size - 12, host, 4);
	store(out + size - 8, number, 8);
	return size;
}

static void
put_classic(struct stream *s, uint64_t time_ns, const uint8_t *data, size_t n)
{
	uint64_t rest = time_ns % SIM_SECOND;

	put32(s, (uint32_t)(time_ns / SIM_SECOND));
	put32(s, (uint32_t)(s->way == SIM_WAY_OLD ? rest / 1000 : rest));
	put32(s, (uint32_t)n);
	put32(s, (uint32_t)n);
	put(s, data, n);
}

void
sim_stream_put_packet(struct stream *s, bool is_first, uint64_t time_ns,
		      const uint8_t *data, size_t n)
{
	size_t at;

	if (s->way != SIM_WAY_NG) {
		put_classic(s, time_ns, data, n);
		return;
	}
	if (is_first)
		put_interface(s, "eth0");
	at = begin_block(s, 6);
	put32(s, 1);
	put32(s, (uint32_t)(time_ns >> 32));
	put32(s, (uint32_t)time_ns);
	put32(s, (uint32_t)n);
	put32(s, (uint32_t)n);
	put(s, data, n);
	pad(s);
	end_block(s, at);
}

static size_t
begin_statistics(struct stream *s, uint32_t interface, uint64_t time_ns)
{
	size_t at = begin_block(s, 5);

	put32(s, interface);
	put32(s, (uint32_t)(time_ns >> 32));
	put32(s, (uint32_t)time_ns);
	return at;
}

void
sim_stream_put_own(struct stream *s, uint64_t delivered, uint64_t time_ns)
{
	size_t at = begin_statistics(s, 1, time_ns);

	put_count(s, 8, delivered);
	put32(s, 0);
	end_block(s, at);
}

void
sim_stream_put_statistics(struct stream *s, const struct sim_capture *k, uint64_t time_ns,
			  const char *comment)
{
	size_t at = begin_statistics(s, 0, time_ns);

	if (comment) {
		put_option(s, 1, comment, strlen(comment));
		put_count(s, 6, k->offered);
		put_count(s, 7, k->dropped);
		put_count(s, 8, k->captured);
	} else {
		put_count(s, 4, k->offered);
		put_count(s, 7, k->dropped);
	}
	put32(s, 0);
	end_block(s, at);
}

/* In one piece: what is sent may make room for more. */
void
sim_stream_send(struct stream *s, struct sim_conn *c)
{
	char head[HEAD_MAX];
	size_t n = (size_t)snprintf(head, sizeof(head), "%zx\r\n", s->n);

	if (s->n == 0)
		return;
	memcpy(mem - n, head, n);
	memcpy(mem + s->n, "\r\n", 2);
	sim_send(c, mem - n, n + s->n + 2);
}
