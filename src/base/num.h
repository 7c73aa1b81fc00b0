#ifndef BASE_NUM_H
#define BASE_NUM_H

#include "base/span.h"

#define NUM_U64_DIGITS 20 /* decimal digits of UINT64_MAX */

/*
 * Strict: the whole span is the number. No sign, no space, no prefix, at least one
 * digit, no more than max. False leaves *out 0.
 */
bool num_parse_u64(struct span s, uint64_t max, uint64_t *out);

/* The value of a hexadecimal digit of either case; 16 for any other byte. */
static inline unsigned
num_hex_digit(uint8_t c)
{
	unsigned digit = c - (unsigned)'0';
	unsigned letter = (c | 0x20U) - 'a';

	if (digit < 10)
		return digit;
	return letter < 6 ? letter + 10 : 16;
}

/* num_parse_u64 in hexadecimal, either case, no 0x; at most 16 digits. */
bool num_parse_hex(struct span s, uint64_t max, uint64_t *out);

/*
 * A duration as people type it: digits with an optional fraction (".5", too), then an
 * optional unit ns us ms s m h; without a unit `unit_ns` is the unit (1000000000: seconds).
 * Several with units, the largest first, are added: "1h30m".
 * *ns is exact up to 1 ns, at most max_ns. "0" needs no unit.
 */
bool num_parse_duration(struct span s, uint64_t unit_ns, uint64_t max_ns, uint64_t *ns);

/* A size: digits, then an optional K M G (powers of 1024, of either case; "KB" and "KiB" and
 * so on too). */
bool num_parse_size(struct span s, uint64_t max, uint64_t *out);

/* Writes v in decimal, no terminator; returns the number of digits. */
size_t num_format_u64(char out[static NUM_U64_DIGITS], uint64_t v);

#endif
