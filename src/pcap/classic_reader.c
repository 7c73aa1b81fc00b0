/*
 * Reads classic pcap: the file header, then record headers and packets
 * (draft-ietf-opsawg-pcap). It must not know pcapng, nor what packets contain.
 */
#include "pcap/classic_reader.h"

#include "base/bytes.h"
#include "pcap/keep.h"

/* Section 4: the magic number says byte order and unit of time. The modified format,
 * of old patched kernels, has 8 more bytes in each record header. */
#define MAGIC_MICRO    0xa1b2c3d4u
#define MAGIC_NANO     0xa1b23c4du
#define MAGIC_MODIFIED 0xa1b2cd34u

#define FILE_SIZE     24
#define RECORD_SIZE   16
#define EXTRA_SIZE    8
#define VERSION_MAJOR 2
#define VERSION_MINOR \
	4 /* before 2.3 the two lengths stand the other way round; in 2.3 \
			   some writers had it so */
#define LINKTYPE_MASK 0xffffu /* above it: length of the frame check sequence */
#define NS_PER_S      1000000000u

/* Of the first records of a file: how far they are apart, and what is carried into the
 * seconds, at most. */
#define LIKELY_RECORDS	   3
#define LIKELY_S	   (366u * 24 * 3600)
#define LIKELY_FRACTION_US 60000000u
#define NS_PER_US	   1000u

static bool
is_known(uint32_t magic)
{
	return magic == MAGIC_MICRO || magic == MAGIC_NANO || magic == MAGIC_MODIFIED;
}

bool
classic_reader_is_magic(const uint8_t magic[static 4])
{
	return is_known(bytes_le32(magic)) || is_known(bytes_be32(magic));
}

void
classic_reader_init(struct classic_reader *r, const uint8_t magic[static 4])
{
	bool is_big_endian = is_known(bytes_be32(magic));
	uint32_t number = is_big_endian ? bytes_be32(magic) : bytes_le32(magic);

	r->state = CLASSIC_FILE;
	r->is_big_endian = is_big_endian;
	r->is_nano = number == MAGIC_NANO;
	r->extra = number == MAGIC_MODIFIED ? EXTRA_SIZE : 0;
	r->linktype = 0;
	r->snaplen = 0;
	r->left = 0;
	memcpy(r->head, magic, 4);
	r->head_size = 4;
}

static uint16_t
load16(const struct classic_reader *r, const uint8_t *p)
{
	return r->is_big_endian ? bytes_be16(p) : bytes_le16(p);
}

static inline uint32_t
load32(const struct classic_reader *r, const uint8_t *p)
{
	return r->is_big_endian ? bytes_be32(p) : bytes_le32(p);
}

/* A record header as writers write it, at about the time of the first. */
static bool
is_likely(const struct classic_reader *r, const uint8_t *p, uint32_t first_s)
{
	uint32_t fraction = load32(r, p + 4);
	uint32_t away_s = load32(r, p) - first_s + LIKELY_S;

	return fraction < (r->is_nano ? NS_PER_S : LIKELY_FRACTION_US) &&
	       away_s < 2 * LIKELY_S && load32(r, p + 8) <= SAVEFILE_SNAPLEN_MAX;
}

/* Whether the first records look like some, with so much behind each header; one alone
 * proves nothing more than that. */
static bool
are_likely(const struct classic_reader *r, struct span begin, uint32_t extra)
{
	uint32_t first_s = load32(r, begin.p + FILE_SIZE);
	size_t at = FILE_SIZE;
	unsigned n;

	for (n = 0; n < LIKELY_RECORDS && at + RECORD_SIZE <= begin.n; n++) {
		if (!is_likely(r, begin.p + at, first_s))
			return false;
		at += RECORD_SIZE + extra + load32(r, begin.p + at + 8);
	}
	return extra == 0 || n > 1;
}

uint8_t
classic_reader_extra(struct span begin)
{
	static const uint8_t known[] = {EXTRA_SIZE, 4};
	struct classic_reader r;

	if (begin.n < FILE_SIZE + RECORD_SIZE || !classic_reader_is_magic(begin.p))
		return 0;
	classic_reader_init(&r, begin.p);
	if (r.extra > 0 || load16(&r, begin.p + 6) < VERSION_MINOR ||
	    are_likely(&r, begin, 0))
		return r.extra;
	for (size_t i = 0; i < sizeof(known); i++)
		if (are_likely(&r, begin, known[i]))
			return known[i];
	return 0;
}

static enum savefile_event
read_file(struct classic_reader *r, struct span *in, struct savefile_out *out)
{
	const uint8_t *p = keep_peek(r->head, &r->head_size, in, FILE_SIZE);
	uint16_t minor;

	if (p == NULL)
		return SAVEFILE_MORE;
	if (load16(r, p + 4) != VERSION_MAJOR) {
		out->reason = "pcap version other than 2";
		return SAVEFILE_BAD;
	}
	minor = load16(r, p + 6);
	r->minor = (uint8_t)(minor < VERSION_MINOR ? minor : VERSION_MINOR);
	r->snaplen = load32(r, p + 16);
	r->linktype = load32(r, p + 20) & LINKTYPE_MASK;
	keep_take(&r->head_size, in, FILE_SIZE);
	r->state = CLASSIC_INTERFACE;
	return SAVEFILE_START;
}

static enum savefile_event
give_interface(struct classic_reader *r, struct savefile_out *out)
{
	struct savefile_interface *interface = &out->interface;

	*interface = (struct savefile_interface){
	    .linktype = r->linktype,
	    .snaplen = r->snaplen,
	};
	r->state = CLASSIC_HEAD;
	return SAVEFILE_INTERFACE;
}

static inline void
give_piece(struct classic_reader *r, struct span *in, struct savefile_out *out)
{
	size_t n = r->left < in->n ? r->left : in->n;

	out->piece.p = in->p;
	out->piece.n = n;
	r->left -= (uint32_t)n;
	out->left = r->left;
	if (n > 0)
		in->p += n;
	in->n -= n;
	r->state = r->left > 0 ? CLASSIC_DATA : CLASSIC_HEAD;
}

/* Lengths that differ: which is which, and none above the other. */
static __attribute__((noinline)) void
order_lengths(const struct classic_reader *r, struct savefile_record *out)
{
	uint32_t first = out->caplen;

	if (r->minor < 3 || (r->minor == 3 && first > out->origlen)) {
		out->caplen = out->origlen;
		out->origlen = first;
	}
	if (out->origlen < out->caplen)
		out->origlen = out->caplen;
}

/* A fraction of a second and more is carried: old writers produced it. */
static inline void
fill_record(const struct classic_reader *r, const uint8_t *p, struct savefile_record *out)
{
	uint64_t fraction = load32(r, p + 4);

	out->time_ns = (uint64_t)load32(r, p) * NS_PER_S +
		       (r->is_nano ? fraction : fraction * NS_PER_US);
	out->caplen = load32(r, p + 8);
	out->origlen = load32(r, p + 12);
	if (out->origlen != out->caplen)
		order_lengths(r, out);
	out->interface_id = 0;
	out->options = 0;
	out->flags = 0;
}

/* NULL, or why a length of 0, or above the limit, ends the file: behind a file's header
 * both of the first record's lengths would be 0. */
static __attribute__((noinline)) const char *
odd_length(const struct classic_reader *r, const uint8_t *p, uint32_t caplen)
{
	if (caplen > SAVEFILE_SNAPLEN_MAX)
		return "record longer than 262144 bytes";
	if (classic_reader_is_magic(p) && p[4] + p[5] == VERSION_MAJOR &&
	    load32(r, p + 8) == 0)
		return "another capture file begins here";
	return NULL;
}

static enum savefile_event
read_record(struct classic_reader *r, struct span *in, struct savefile_out *out)
{
	uint32_t size = RECORD_SIZE + r->extra;
	const uint8_t *p = keep_peek(r->head, &r->head_size, in, size);

	if (p == NULL)
		return SAVEFILE_MORE;
	fill_record(r, p, &out->record);
	if (out->record.caplen - 1 >= SAVEFILE_SNAPLEN_MAX) {
		out->reason = odd_length(r, p, out->record.caplen);
		if (out->reason != NULL)
			return SAVEFILE_BAD;
	}
	keep_take(&r->head_size, in, size);
	r->left = out->record.caplen;
	give_piece(r, in, out);
	return SAVEFILE_RECORD;
}

enum savefile_event
classic_reader_feed(struct classic_reader *r, struct span *in, struct savefile_out *out)
{
	switch (r->state) {
	case CLASSIC_FILE:
		return read_file(r, in, out);
	case CLASSIC_INTERFACE:
		return give_interface(r, out);
	case CLASSIC_HEAD:
		return read_record(r, in, out);
	case CLASSIC_DATA:
		if (in->n == 0)
			return SAVEFILE_MORE;
		give_piece(r, in, out);
		return SAVEFILE_PIECE;
	}
	return SAVEFILE_MORE;
}

const char *
classic_reader_eof(const struct classic_reader *r)
{
	switch (r->state) {
	case CLASSIC_FILE:
		return "cut inside the file header";
	case CLASSIC_HEAD:
		return r->head_size > 0 ? "cut inside a record header" : NULL;
	case CLASSIC_DATA:
		return "cut inside a packet";
	case CLASSIC_INTERFACE:
		break;
	}
	return NULL;
}
