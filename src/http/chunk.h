#ifndef HTTP_CHUNK_H
#define HTTP_CHUNK_H

#include "base/span.h"
#include "http/limits.h"

/* The chunked transfer coding (RFC 9112 section 7.1), both ways. */

enum chunk_state {
	CHUNK_STATE_SIZE,
	CHUNK_STATE_EXTENSION,
	CHUNK_STATE_SIZE_LF,
	CHUNK_STATE_DATA,
	CHUNK_STATE_DATA_CR,
	CHUNK_STATE_DATA_LF,
	CHUNK_STATE_TRAILER,
	CHUNK_STATE_END,
	CHUNK_STATE_BAD
};

struct chunk_decoder {
	enum chunk_state state;
	uint64_t left;	       /* bytes of the current chunk still to come */
	uint32_t line_size;    /* bytes of the current size line or trailer line */
	uint32_t digits;       /* hex digits of the current size */
	uint32_t trailer_size; /* bytes of the trailer section so far */
	uint8_t last;	       /* last byte seen in the trailer section */
	bool has_colon;	       /* the current trailer line has had its colon */
};

enum chunk_result {
	CHUNK_MORE, /* in is used up */
	CHUNK_DATA, /* *data is a piece of the body, borrowed from in */
	CHUNK_END,  /* the body is complete; *in starts behind it */
	CHUNK_BAD   /* not chunked coding, or past a bound; so is every later call */
};

void chunk_decoder_init(struct chunk_decoder *d);

/*
 * Takes bytes off *in. Extensions and trailer fields are checked for form (CRLF line
 * ends, no control bytes, no bare CR or LF, a name and a colon) and skipped within their bounds. Call until
 * MORE, END or BAD. *data is empty unless CHUNK_DATA.
 */
enum chunk_result chunk_decode(struct chunk_decoder *d, struct span *in,
			       struct span *data);

/* True between two chunks, where a cut loses no part of a chunk, and at the end. */
bool chunk_decoder_is_boundary(const struct chunk_decoder *d);

#define CHUNK_HEAD_SIZE 8 /* "0fffff\r\n" */
#define CHUNK_DATA_MAX	0xffffffu

/*
 * Writes the size line of a chunk of n bytes, 1 <= n <= CHUNK_DATA_MAX: always as long, with
 * leading zeros (RFC 9112 7.1 has 1*HEXDIG), so that the data may lie behind it before its
 * size is known. It is followed by CRLF, the last chunk is "0\r\n\r\n"; the caller writes
 * both.
 */
void chunk_head(uint8_t head[static CHUNK_HEAD_SIZE], size_t n);

#endif
