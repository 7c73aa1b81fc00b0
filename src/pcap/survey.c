/*
 * Walks a capture file from block to block (draft-ietf-opsawg-pcapng): the first word in each
 * says all that is wanted. It must not know what packets contain, nor where bytes come from.
 */
#include "pcap/survey.h"

#include "base/bytes.h"
#include "pcap/classic_reader.h"
#include "pcap/keep.h"
#include "pcap/ng_format.h"

#define MAGIC_SIZE    4
#define CLASSIC_SIZE  40 /* two headers */
#define CLASSIC_TYPE  20
#define LINKTYPE_MASK 0xffffu
#define BLOCK_SIZE \
	12 /* the least: type, length, and the first word, or the length again */

void
survey_init(struct survey *s)
{
	s->state = SURVEY_MAGIC;
	s->is_big_endian = false;
	s->linktype = UINT32_MAX;
	s->skip = 0;
	s->kept_size = 0;
	s->n_linktypes = 0;
	s->section_first = 0;
}

static inline uint32_t
load32(const struct survey *s, const uint8_t *p)
{
	return s->is_big_endian ? bytes_be32(p) : bytes_le32(p);
}

static uint16_t
load16(const struct survey *s, const uint8_t *p)
{
	return s->is_big_endian ? bytes_be16(p) : bytes_le16(p);
}

static enum survey_result
end(struct survey *s)
{
	s->state = SURVEY_OVER;
	return SURVEY_END;
}

static enum survey_result
look_at_classic(struct survey *s, struct span *in, uint32_t *linktype)
{
	const uint8_t *p = keep_peek(s->kept, &s->kept_size, in, CLASSIC_SIZE);

	if (p == NULL)
		return SURVEY_MORE;
	s->is_big_endian = p[0] == 0xa1;
	*linktype = load32(s, p + CLASSIC_TYPE) & LINKTYPE_MASK;
	s->state = SURVEY_OVER;
	return SURVEY_FOUND;
}

/* A block that is no packet's. False: the file cannot be read on. */
static bool
look_at_other(struct survey *s, const uint8_t *p)
{
	switch (bytes_le32(p) == NG_BLOCK_SECTION ? NG_BLOCK_SECTION : load32(s, p)) {
	case NG_BLOCK_SECTION:
		s->is_big_endian = bytes_be32(p + 8) == NG_BYTE_ORDER_MAGIC;
		s->section_first = s->n_linktypes;
		return load32(s, p + 8) == NG_BYTE_ORDER_MAGIC;
	case NG_BLOCK_INTERFACE:
		if (s->n_linktypes == NG_INTERFACES_MAX)
			return false;
		s->linktypes[s->n_linktypes++] = load16(s, p + 8);
		break;
	}
	return true;
}

/* Whether the block is a packet's, and of which interface. */
static inline bool
is_packet(const struct survey *s, const uint8_t *p, uint32_t *id)
{
	uint32_t type = load32(s, p);

	*id = load32(s, p + 8);
	if (type == NG_BLOCK_PACKET)
		return true;
	*id = type == NG_BLOCK_SIMPLE_PACKET ? 0 : load16(s, p + 8);
	return type == NG_BLOCK_SIMPLE_PACKET || type == NG_BLOCK_OLD_PACKET;
}

static bool
skip(struct survey *s, struct span *in)
{
	uint32_t n = s->skip < in->n ? s->skip : (uint32_t)in->n;

	span_take(in, n);
	s->skip -= n;
	return s->skip == 0;
}

static enum survey_result
look_at_ng(struct survey *s, struct span *in, uint32_t *linktype)
{
	while (skip(s, in)) {
		const uint8_t *p = keep_peek(s->kept, &s->kept_size, in, BLOCK_SIZE);
		uint32_t id;
		uint32_t size;

		if (p == NULL)
			return SURVEY_MORE;
		*linktype = s->linktype;
		if (!is_packet(s, p, &id)) {
			if (!look_at_other(s, p))
				return end(s);
		} else if (id >= s->n_linktypes - s->section_first) {
			return end(s);
		} else {
			*linktype = s->linktypes[s->section_first + id];
		}
		size = load32(s, p + 4);
		if (size < BLOCK_SIZE || size % 4 != 0 || size > NG_BLOCK_MAX)
			return end(s);
		keep_take(&s->kept_size, in, BLOCK_SIZE);
		s->skip = size - BLOCK_SIZE;
		if (*linktype == s->linktype)
			continue;
		s->linktype = *linktype;
		return SURVEY_FOUND;
	}
	return SURVEY_MORE;
}

enum survey_result
survey_feed(struct survey *s, struct span *in, uint32_t *linktype)
{
	const uint8_t *p;

	if (s->state == SURVEY_MAGIC) {
		p = keep_peek(s->kept, &s->kept_size, in, MAGIC_SIZE);
		if (p == NULL)
			return SURVEY_MORE;
		s->state = SURVEY_OVER;
		if (classic_reader_is_magic(p))
			s->state = SURVEY_CLASSIC;
		else if (ng_reader_is_magic(p))
			s->state = SURVEY_NG;
	}
	switch (s->state) {
	case SURVEY_CLASSIC:
		return look_at_classic(s, in, linktype);
	case SURVEY_NG:
		return look_at_ng(s, in, linktype);
	case SURVEY_MAGIC:
	case SURVEY_OVER:
		break;
	}
	return SURVEY_END;
}
