#ifndef TESTS_PATH_BUILD_H
#define TESTS_PATH_BUILD_H

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "path/path.h"
#include "path/verdict.h"
#include "support/check.h"

/*
 * Packets, and a chain of targets that sees them: a (Out) - r (In, Out) - b (In), with
 * 10.0.0.1 at a, 10.0.0.2 at b. Times are in ms from BUILD_START on.
 */
#define BUILD_START UINT64_C(1700000000000000000)
#define BUILD_MS    UINT64_C(1000000)
#define BUILD_BOUND (BUILD_MS / 5)

enum { BUILD_A, BUILD_R, BUILD_B, BUILD_SOURCES };
enum { AT_A, AT_R0, AT_R1, AT_B, AT_N };

struct build {
	uint8_t bytes[256];
	uint32_t n;
	uint32_t wire;
};

static inline void
build_ip4(struct build *b, uint8_t protocol, uint16_t id, uint8_t from, uint8_t to,
	  uint32_t length)
{
	memset(b, 0, sizeof(*b));
	b->bytes[0] = 0x45;
	bytes_put_be16(b->bytes + 2, (uint16_t)(20 + length));
	bytes_put_be16(b->bytes + 4, id);
	b->bytes[8] = 64;
	b->bytes[9] = protocol;
	bytes_put_be32(b->bytes + 12, 0x0a000000u + from);
	bytes_put_be32(b->bytes + 16, 0x0a000000u + to);
	b->wire = 20 + length;
	b->n = b->wire < sizeof(b->bytes) ? b->wire : sizeof(b->bytes);
}

static inline void
build_udp(struct build *b, uint16_t id, uint16_t port, uint32_t payload, uint32_t number)
{
	build_ip4(b, 17, id, 1, 2, 8 + payload);
	bytes_put_be16(b->bytes + 20, port);
	bytes_put_be16(b->bytes + 22, 53);
	bytes_put_be16(b->bytes + 24, (uint16_t)(8 + payload));
	if (payload >= 4)
		bytes_put_be32(b->bytes + 28, number);
}

static inline void
build_tcp(struct build *b, uint16_t id, uint8_t flags, uint32_t seq, uint32_t payload)
{
	build_ip4(b, 6, id, 1, 2, 20 + payload);
	bytes_put_be16(b->bytes + 20, 40000);
	bytes_put_be16(b->bytes + 22, 443);
	bytes_put_be32(b->bytes + 24, seq);
	b->bytes[32] = 0x50;
	b->bytes[33] = flags;
}

struct chain {
	struct path *path;
	void *mem;
};

static inline void
chain_mark(struct chain *c, uint64_t ms, uint64_t drops, unsigned source)
{
	struct path_state state = {.now_ns = BUILD_START + (ms + 50) * BUILD_MS,
				   .mark_ns = BUILD_START + ms * BUILD_MS,
				   .bound_ns = BUILD_BOUND,
				   .drops = drops,
				   .connection = 1,
				   .has_marks = true};

	path_sight_update(&c->path->sight, source, &state);
}

static inline struct chain
chain_make(size_t memory)
{
	static const uint8_t of_a[16] = {10, 0, 0, 1};
	static const uint8_t of_b[16] = {10, 0, 0, 2};
	struct path_options o = {.wait_ns = 1000 * BUILD_MS,
				 .seed = {1, 2},
				 .payload = 64,
				 .n_sources = BUILD_SOURCES};
	size_t bytes = path_overhead(BUILD_SOURCES) + memory;
	struct chain c = {.mem = calloc(1, bytes)};

	c.path = path_new(c.mem, bytes, &o);
	assert_non_null(c.path);
	path_add_point(c.path, BUILD_A, PATH_OUT, span_str("a/ea"));
	path_add_point(c.path, BUILD_R, PATH_IN, span_str("r/r0"));
	path_add_point(c.path, BUILD_R, PATH_OUT, span_str("r/r1"));
	path_add_point(c.path, BUILD_B, PATH_IN, span_str("b/eb"));
	for (unsigned i = 0; i < BUILD_SOURCES; i++) {
		path_set_bound(c.path, (uint16_t)i, BUILD_BOUND);
		chain_mark(&c, 1, 0, i);
	}
	path_owners_tell(&c.path->owners, 4, of_a, BUILD_A);
	path_owners_tell(&c.path->owners, 4, of_b, BUILD_B);
	return c;
}

static inline void
chain_see(struct chain *c, struct build *b, unsigned point, uint64_t ms)
{
	struct path_packet packet = {.time_ns =
					 BUILD_START + ms * BUILD_MS + point * 1000,
				     .point = (uint16_t)point,
				     .type = 0x0800,
				     .data = span_of(b->bytes, b->n),
				     .wire = b->wire};

	b->bytes[8] = point >= AT_R1 ? 63 : 64;
	path_take(c->path, &packet);
}

/* Seen at the first n points. */
static inline void
chain_pass(struct chain *c, struct build *b, unsigned n, uint64_t ms)
{
	for (unsigned i = 0; i < n; i++)
		chain_see(c, b, i, ms);
}

/* All have shown what they have until then. */
static inline void
chain_judge(struct chain *c, uint64_t ms)
{
	for (unsigned i = 0; i < BUILD_SOURCES; i++)
		chain_mark(c, ms, c->path->sight.sources[i].drops, i);
	path_judge(c->path, BUILD_START + ms * BUILD_MS);
	path_verdict_all(c->path);
}

static inline uint64_t
chain_count(const struct chain *c, enum path_verdict verdict)
{
	return c->path->shown.verdicts[verdict];
}

static inline const struct path_counts *
chain_segment(struct chain *c, uint16_t from, uint16_t to)
{
	return &path_classes_segment(&c->path->classes, from, to)->shown;
}

static inline void
chain_free(struct chain *c)
{
	free(c->mem);
}

#endif
