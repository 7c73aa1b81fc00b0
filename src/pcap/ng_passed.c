/* Secrets and names from one pcapng file to another. It must not know whose they are. */
#include "pcap/ng_passed.h"

#include <string.h>

#include "base/bytes.h"
#include "pcap/ng_format.h"

#define BLOCK_HEAD   8
#define SECRETS_HEAD 8 /* type and length of the secrets */
#define RECORD_HEAD  4
#define ROOM	     (NG_PASSED_MAX - BLOCK_HEAD - SECRETS_HEAD - NG_TRAILER)

bool
ng_passed_is(uint32_t type)
{
	return type == NG_BLOCK_SECRETS || type == NG_BLOCK_NAMES;
}

static uint16_t
load16(const struct ng_passed *p, const uint8_t *at)
{
	return p->block.is_big_endian ? bytes_be16(at) : bytes_le16(at);
}

static uint32_t
load32(const struct ng_passed *p, const uint8_t *at)
{
	return p->block.is_big_endian ? bytes_be32(at) : bytes_le32(at);
}

void
ng_passed_init(struct ng_passed *p, const struct savefile_block *block, struct span body)
{
	uint32_t size;

	*p = (struct ng_passed){.block = *block, .rest = body};
	if (block->type == NG_BLOCK_NAMES)
		return;
	p->rest.n = 0;
	if (body.n < SECRETS_HEAD)
		return;
	p->secrets_type = load32(p, body.p);
	size = load32(p, body.p + 4);
	if (size <= body.n - SECRETS_HEAD)
		p->rest = span_of(body.p + SECRETS_HEAD, size);
}

/* Type and both lengths around the n bytes that stand behind the head. */
static size_t
finish(const struct ng_passed *p, uint8_t *out, size_t n)
{
	uint32_t size = (uint32_t)(BLOCK_HEAD + n + NG_TRAILER);

	bytes_put_le32(out, p->block.type);
	bytes_put_le32(out + 4, size);
	bytes_put_le32(out + size - NG_TRAILER, size);
	return size;
}

/* Bytes to a multiple of 4; how many. */
static size_t
put_padded(uint8_t *out, const uint8_t *bytes, size_t n)
{
	size_t padded = (n + 3) / 4 * 4;

	memcpy(out, bytes, n);
	memset(out + n, 0, padded - n);
	return padded;
}

static size_t
put_secrets(struct ng_passed *p, uint8_t *out)
{
	size_t n = p->rest.n;

	if (n > ROOM)
		for (n = ROOM; n > 0 && p->rest.p[n - 1] != '\n';)
			n--;
	if (n == 0)
		return 0;
	bytes_put_le32(out + BLOCK_HEAD, p->secrets_type);
	bytes_put_le32(out + BLOCK_HEAD + 4, (uint32_t)n);
	put_padded(out + BLOCK_HEAD + SECRETS_HEAD, p->rest.p, n);
	span_take(&p->rest, n);
	return finish(p, out, SECRETS_HEAD + (n + 3) / 4 * 4);
}

/* The size of the value of the record at rest, or UINT32_MAX: none is there. */
static uint32_t
value_size(const struct ng_passed *p)
{
	uint32_t size;

	if (p->rest.n < RECORD_HEAD || load16(p, p->rest.p) == 0)
		return UINT32_MAX;
	size = load16(p, p->rest.p + 2);
	return (size + 3) / 4 * 4 <= p->rest.n - RECORD_HEAD ? size : UINT32_MAX;
}

static size_t
put_names(struct ng_passed *p, uint8_t *out)
{
	uint8_t *at = out + BLOCK_HEAD;
	uint32_t size;

	while ((size = value_size(p)) != UINT32_MAX &&
	       (size_t)(at - out) + size <= ROOM - RECORD_HEAD) {
		bytes_put_le16(at, load16(p, p->rest.p));
		bytes_put_le16(at + 2, (uint16_t)size);
		span_take(&p->rest, RECORD_HEAD);
		at += RECORD_HEAD;
		at += put_padded(at, p->rest.p, size);
		span_take(&p->rest, (size + 3) / 4 * 4);
	}
	if (at == out + BLOCK_HEAD)
		return 0;
	bytes_put_le32(at, 0); /* the end of the records */
	return finish(p, out, (size_t)(at - out) - BLOCK_HEAD + RECORD_HEAD);
}

size_t
ng_passed_next(struct ng_passed *p, uint8_t out[static NG_PASSED_MAX])
{
	return p->block.type == NG_BLOCK_NAMES ? put_names(p, out) : put_secrets(p, out);
}
