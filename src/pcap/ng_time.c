/*
 * Time stamps of any resolution, without 128-bit numbers, which 32-bit machines lack.
 * It must not know blocks.
 */
#include "pcap/ng_time.h"

#include "pcap/savefile.h"

#define IS_BINARY 0x80u
#define NS_PER_S  1000000000u
#define NS_DIGITS 9

static uint64_t
clamp(uint64_t ns)
{
	return ns < SAVEFILE_TIME_MAX ? ns : SAVEFILE_TIME_MAX;
}

static uint64_t
multiply(uint64_t v, uint64_t factor)
{
	return v > SAVEFILE_TIME_MAX / factor ? SAVEFILE_TIME_MAX : v * factor;
}

static uint64_t
from_decimal(uint64_t ticks, unsigned digits)
{
	for (; digits < NS_DIGITS; digits++)
		ticks = multiply(ticks, 10);
	for (; digits > NS_DIGITS && ticks > 0; digits--)
		ticks /= 10;
	return clamp(ticks);
}

/* ticks * 10^9 / 2^bits for a result below 2^64: the product as high * 2^32 + low. */
static uint64_t
scale(uint64_t ticks, unsigned bits)
{
	uint64_t low = (ticks & UINT32_MAX) * NS_PER_S;
	uint64_t high = (ticks >> 32) * NS_PER_S + (low >> 32);

	if (bits >= 32)
		return bits - 32 < 64 ? high >> (bits - 32) : 0;
	return (high << (32 - bits)) + ((low & UINT32_MAX) >> bits);
}

/* Whole seconds apart: what is left is below 2^bits, so that scale fits. */
static uint64_t
from_binary(uint64_t ticks, unsigned bits)
{
	uint64_t seconds = bits < 64 ? ticks >> bits : 0;
	uint64_t rest = bits < 64 ? ticks & ((UINT64_C(1) << bits) - 1) : ticks;

	return clamp(clamp(multiply(seconds, NS_PER_S)) + scale(rest, bits));
}

static uint64_t
add_offset(uint64_t ns, int64_t offset_s)
{
	uint64_t size = offset_s < 0 ? -(uint64_t)offset_s : (uint64_t)offset_s;

	size = multiply(size, NS_PER_S);
	if (offset_s < 0)
		return ns > size ? ns - size : 0;
	return clamp(ns + size);
}

uint64_t
ng_time_to_ns(uint64_t ticks, uint8_t tsresol, int64_t offset_s)
{
	unsigned n = tsresol & (IS_BINARY - 1);
	uint64_t ns =
	    (tsresol & IS_BINARY) ? from_binary(ticks, n) : from_decimal(ticks, n);

	return add_offset(ns, offset_s);
}
