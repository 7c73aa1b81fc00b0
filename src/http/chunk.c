/*
 * The chunked transfer coding. Must not know what the body is, nor where it goes.
 *
 *   SIZE -> [EXTENSION ->] SIZE_LF -> DATA -> DATA_CR -> DATA_LF -> SIZE
 *                                  -> TRAILER -> END       (a size of 0)
 *
 * Every byte of a stream passes here: in DATA nothing is looked at but the length.
 */
#include "http/chunk.h"

#include <assert.h>

#include "base/num.h"
#include "http/head.h"

void
chunk_decoder_init(struct chunk_decoder *d)
{
	*d = (struct chunk_decoder){.state = CHUNK_STATE_SIZE};
}

/* CHUNK_MORE stands for "go on with the next byte" from here on. */
static enum chunk_result
bad(struct chunk_decoder *d)
{
	d->state = CHUNK_STATE_BAD;
	return CHUNK_BAD;
}

/* No space is allowed around the size: RFC 9112 7.1 has none, and servers differ. */
static enum chunk_result
size_byte(struct chunk_decoder *d, uint8_t c)
{
	unsigned digit = num_hex_digit(c);

	if (digit < 16) {
		if (d->digits == HTTP_CHUNK_DIGITS)
			return bad(d);
		d->left = d->left << 4 | digit;
		d->digits++;
		return CHUNK_MORE;
	}
	if (d->digits == 0 || (c != '\r' && c != ';'))
		return bad(d);
	d->state = c == '\r' ? CHUNK_STATE_SIZE_LF : CHUNK_STATE_EXTENSION;
	return CHUNK_MORE;
}

static bool
is_control(uint8_t c)
{
	return (c < 0x20 && c != '\t') || c == 0x7f;
}

static enum chunk_result
extension_byte(struct chunk_decoder *d, uint8_t c)
{
	if (c == '\r')
		d->state = CHUNK_STATE_SIZE_LF;
	else if (is_control(c))
		return bad(d);
	return CHUNK_MORE;
}

static enum chunk_result
size_lf_byte(struct chunk_decoder *d, uint8_t c)
{
	if (c != '\n')
		return bad(d);
	d->state = d->left > 0 ? CHUNK_STATE_DATA : CHUNK_STATE_TRAILER;
	d->line_size = 0;
	d->digits = 0;
	d->last = '\n';
	d->has_colon = false;
	return CHUNK_MORE;
}

/* An empty line ends the section; any other one must have had its colon. */
static enum chunk_result
trailer_line_end(struct chunk_decoder *d)
{
	if (d->line_size == 0) {
		d->state = CHUNK_STATE_END;
		return CHUNK_END;
	}
	if (!d->has_colon)
		return bad(d);
	d->line_size = 0;
	d->has_colon = false;
	return CHUNK_MORE;
}

/* A field line as in a head: a token, a colon, a value without control bytes. */
static enum chunk_result
trailer_field_byte(struct chunk_decoder *d, uint8_t c)
{
	if (d->has_colon) {
		if (is_control(c))
			return bad(d);
	} else if (c == ':' && d->line_size > 0) {
		d->has_colon = true;
	} else if (!http_head_is_token(span_of(&c, 1))) {
		return bad(d);
	}
	d->line_size++;
	return CHUNK_MORE;
}

/* line_size counts the bytes of the line so far without its CR. */
static enum chunk_result
trailer_byte(struct chunk_decoder *d, uint8_t c)
{
	bool is_after_cr = d->last == '\r';

	if (d->trailer_size++ == HTTP_TRAILER_MAX || (c == '\n') != is_after_cr)
		return bad(d);
	d->last = c;
	if (c == '\r')
		return CHUNK_MORE;
	return c == '\n' ? trailer_line_end(d) : trailer_field_byte(d, c);
}

/* A byte outside the data. */
static enum chunk_result
framing_byte(struct chunk_decoder *d, uint8_t c)
{
	switch (d->state) {
	case CHUNK_STATE_SIZE:
	case CHUNK_STATE_EXTENSION:
		if (d->line_size++ == HTTP_CHUNK_LINE_MAX)
			return bad(d);
		return d->state == CHUNK_STATE_SIZE ? size_byte(d, c)
						    : extension_byte(d, c);
	case CHUNK_STATE_SIZE_LF:
		return size_lf_byte(d, c);
	case CHUNK_STATE_DATA_CR:
		d->state = CHUNK_STATE_DATA_LF;
		return c == '\r' ? CHUNK_MORE : bad(d);
	case CHUNK_STATE_DATA_LF:
		d->state = CHUNK_STATE_SIZE;
		return c == '\n' ? CHUNK_MORE : bad(d);
	case CHUNK_STATE_TRAILER:
		return trailer_byte(d, c);
	case CHUNK_STATE_DATA:
	case CHUNK_STATE_END:
	case CHUNK_STATE_BAD:
		break;
	}
	return bad(d);
}

/*
 * What nearly always stands between two pieces of data, in one go: CRLF, a size of at
 * most eight digits, CRLF. Whatever else there is, or is not there yet, is left to
 * framing_byte, which also knows what is wrong with it.
 */
static void
skip_framing(struct chunk_decoder *d, struct span *in)
{
	uint64_t size = 0;
	size_t n = 0;

	if (d->state == CHUNK_STATE_DATA_CR) {
		if (in->n < 2 || in->p[0] != '\r' || in->p[1] != '\n')
			return;
		span_take(in, 2);
		d->state = CHUNK_STATE_SIZE;
	}
	if (d->state != CHUNK_STATE_SIZE || d->line_size > 0)
		return;
	for (; n < in->n && n < 8 && num_hex_digit(in->p[n]) < 16; n++)
		size = size << 4 | num_hex_digit(in->p[n]);
	if (size == 0 || in->n - n < 2 || in->p[n] != '\r' || in->p[n + 1] != '\n')
		return;
	span_take(in, n + 2);
	d->left = size;
	d->state = CHUNK_STATE_DATA;
}

static enum chunk_result
take_data(struct chunk_decoder *d, struct span *in, struct span *data)
{
	size_t n = d->left < in->n ? (size_t)d->left : in->n;

	*data = span_of(in->p, n);
	in->p += n;
	in->n -= n;
	d->left -= n;
	if (d->left == 0)
		d->state = CHUNK_STATE_DATA_CR;
	return CHUNK_DATA;
}

enum chunk_result
chunk_decode(struct chunk_decoder *d, struct span *in, struct span *data)
{
	*data = span_of(in->p, 0);
	if (d->state == CHUNK_STATE_END)
		return CHUNK_END;
	if (d->state == CHUNK_STATE_BAD)
		return CHUNK_BAD;
	skip_framing(d, in);
	while (in->n > 0) {
		enum chunk_result result;

		if (d->state == CHUNK_STATE_DATA)
			return take_data(d, in, data);
		result = framing_byte(d, span_take(in, 1).p[0]);
		if (result != CHUNK_MORE)
			return result;
	}
	return CHUNK_MORE;
}

bool
chunk_decoder_is_boundary(const struct chunk_decoder *d)
{
	return (d->state == CHUNK_STATE_SIZE && d->line_size == 0) ||
	       d->state == CHUNK_STATE_END;
}

void
chunk_head(uint8_t head[static CHUNK_HEAD_SIZE], size_t n)
{
	size_t at = CHUNK_HEAD_SIZE;

	assert(n >= 1 && n <= CHUNK_DATA_MAX);
	head[--at] = '\n';
	head[--at] = '\r';
	for (; at > 0; n >>= 4)
		head[--at] = (uint8_t) "0123456789abcdef"[n & 15];
}
