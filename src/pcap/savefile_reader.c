/*
 * Tells the two capture file formats apart and keeps what they have in common. It must
 * not know what stands in either, beyond the first four bytes.
 */
#include "pcap/savefile_reader.h"

#include "base/bytes.h"
#include "pcap/keep.h"

void
savefile_reader_init(struct savefile_reader *r)
{
	r->format = SAVEFILE_UNKNOWN;
	r->is_ng = false;
	r->is_other = false;
	r->is_ddump = false;
	r->offset = 0;
	r->reason = NULL;
	r->unpack = NULL;
	r->extra = 0;
	r->magic_size = 0;
}

void
savefile_reader_look(struct savefile_reader *r, struct span begin)
{
	r->extra = classic_reader_extra(begin);
}

/* What compressed files begin with, as file(1) knows them. */
static const struct {
	uint32_t magic, mask; /* of the first four bytes, little-endian */
	const char *unpack;
} compressions[] = {
    {0x8b1f, 0xffff, "zcat"},		{0xfd2fb528, UINT32_MAX, "zstdcat"},
    {0x587a37fd, UINT32_MAX, "xzcat"},	{0x685a42, 0xffffff, "bzcat"},
    {0x184d2204, UINT32_MAX, "lz4cat"},
};

static const char *
find_unpack(uint32_t magic)
{
	for (size_t i = 0; i < sizeof(compressions) / sizeof(compressions[0]); i++)
		if ((magic & compressions[i].mask) == compressions[i].magic)
			return compressions[i].unpack;
	return NULL;
}

/* Not the whole of r->u is cleared: most of it is a table that few inputs touch. */
static enum savefile_event
find_format(struct savefile_reader *r, struct span *in, struct savefile_out *out)
{
	const uint8_t *p = keep_peek(r->magic, &r->magic_size, in, sizeof(r->magic));

	if (p == NULL)
		return SAVEFILE_MORE;
	if (classic_reader_is_magic(p)) {
		r->format = SAVEFILE_CLASSIC;
		classic_reader_init(&r->u.classic, p);
		if (r->extra > 0)
			r->u.classic.extra = r->extra;
	} else if (ng_reader_is_magic(p)) {
		r->format = SAVEFILE_NG;
		r->is_ng = true;
		ng_reader_init(&r->u.ng, p);
	} else {
		r->is_other = true;
		r->unpack = find_unpack(bytes_le32(p));
		out->reason = r->unpack ? "compressed" : "neither pcap nor pcapng";
		return SAVEFILE_BAD;
	}
	keep_take(&r->magic_size, in, sizeof(r->magic));
	return SAVEFILE_MORE;
}

static uint32_t
kept_size(const struct savefile_reader *r)
{
	switch (r->format) {
	case SAVEFILE_CLASSIC:
		return r->u.classic.head_size;
	case SAVEFILE_NG:
		return r->u.ng.kept_size;
	case SAVEFILE_UNKNOWN:
	case SAVEFILE_FAILED:
		break;
	}
	return r->magic_size;
}

static enum savefile_event
feed(struct savefile_reader *r, struct span *in, struct savefile_out *out)
{
	enum savefile_event event = SAVEFILE_MORE;

	if (r->format == SAVEFILE_UNKNOWN)
		event = find_format(r, in, out);
	switch (r->format) {
	case SAVEFILE_CLASSIC:
		return classic_reader_feed(&r->u.classic, in, out);
	case SAVEFILE_NG:
		event = ng_reader_feed(&r->u.ng, in, out);
		r->is_ddump = r->u.ng.is_ddump;
		return event;
	case SAVEFILE_FAILED:
		out->reason = r->reason;
		return SAVEFILE_BAD;
	case SAVEFILE_UNKNOWN:
		break;
	}
	return event;
}

enum savefile_event
savefile_reader_feed(struct savefile_reader *r, struct span *in, struct savefile_out *out)
{
	size_t before = in->n;
	enum savefile_event event;

	out->piece.p = in->p;
	out->piece.n = 0;
	out->left = 0;
	out->reason = NULL;
	event = feed(r, in, out);
	r->offset += before - in->n;
	if (event == SAVEFILE_BAD && r->format != SAVEFILE_FAILED) {
		r->offset -= kept_size(r);
		r->format = SAVEFILE_FAILED;
		r->reason = out->reason;
	}
	return event;
}

const char *
savefile_reader_eof(const struct savefile_reader *r)
{
	switch (r->format) {
	case SAVEFILE_CLASSIC:
		return classic_reader_eof(&r->u.classic);
	case SAVEFILE_NG:
		return ng_reader_eof(&r->u.ng);
	case SAVEFILE_FAILED:
		return r->reason;
	case SAVEFILE_UNKNOWN:
		break;
	}
	return r->magic_size > 0 ? "cut inside the file header" : "no data";
}
