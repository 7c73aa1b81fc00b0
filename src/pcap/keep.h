#ifndef PCAP_KEEP_H
#define PCAP_KEEP_H

#include <string.h>

#include "base/span.h"

/*
 * Headers in one piece, out of input that comes in pieces; shared by the two readers.
 * mem holds the *kept bytes of a header that a split cut; with *kept 0 everything that
 * is to be looked at still stands in *in.
 */

/*
 * The next want bytes (mem has room for them), or NULL when they are not all there:
 * then *in is used up. Nothing is taken: a call with a larger want sees the same bytes.
 * Borrowed from *in or mem.
 */
static inline const uint8_t *
keep_peek(uint8_t *mem, uint32_t *kept, struct span *in, uint32_t want)
{
	size_t n;

	if (*kept == 0 && in->n >= want)
		return in->p;
	if (*kept < want && in->n > 0) {
		n = want - *kept < in->n ? want - *kept : in->n;
		memcpy(mem + *kept, in->p, n);
		*kept += (uint32_t)n;
		in->p += n;
		in->n -= n;
	}
	return *kept >= want ? mem : NULL;
}

/* Takes the want bytes that the last keep_peek returned. They stay readable. */
static inline void
keep_take(uint32_t *kept, struct span *in, uint32_t want)
{
	if (*kept == 0) {
		in->p += want;
		in->n -= want;
	}
	*kept = 0;
}

#endif
