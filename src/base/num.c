/*
 * Strict number parsing and formatting. Must not know locales, errno or signs.
 */
#include "base/num.h"

#include <assert.h>
#include <string.h>

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Takes the digits at the start of s off it. */
static struct span
take_digits(struct span *s)
{
	size_t n = 0;

	while (n < s->n && is_digit(s->p[n]))
		n++;
	return span_take(s, n);
}

bool
num_parse_u64(struct span s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	*out = 0;
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint64_t digit = (uint64_t)s.p[i] - '0';

		if (!is_digit(s.p[i]) || v > UINT64_MAX / 10 ||
		    v * 10 > UINT64_MAX - digit)
			return false;
		v = v * 10 + digit;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

bool
num_parse_hex(struct span s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	*out = 0;
	if (s.n == 0 || s.n > 16)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = num_hex_digit(s.p[i]);

		if (digit > 15)
			return false;
		v = v << 4 | digit;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit duration_units[] = {
    {"ns", 1},
    {"us", 1000},
    {"ms", 1000000},
    {"s", 1000000000},
    {"m", 60 * UINT64_C(1000000000)},
    {"h", 3600 * UINT64_C(1000000000)},
};

static const struct unit size_units[] = {
    {"", 1},
    {"K", 1024},
    {"M", 1024 * 1024},
    {"G", 1024 * 1024 * 1024},
    {"KiB", 1024},
    {"MiB", 1024 * 1024},
    {"GiB", 1024 * 1024 * 1024},
};

/* The factor of the unit with this name, 0 when there is none. */
static uint64_t
unit_factor(struct span name, const struct unit *units, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (span_eq(name, span_str(units[i].name)))
			return units[i].factor;
	}
	return 0;
}

/* v * factor, at most max. */
static bool
scale(uint64_t v, uint64_t factor, uint64_t max, uint64_t *out)
{
	if (v > max / factor)
		return false;
	*out = v * factor;
	return true;
}

/*
 * The fraction 0.digits of unit, rounded down: from the last digit to the first, the
 * floor of a floor is the floor. Nothing overflows as long as 10 * unit does not.
 */
static uint64_t
fraction_of(struct span digits, uint64_t unit)
{
	uint64_t v = 0;

	for (size_t i = digits.n; i > 0; i--)
		v = (v + (uint64_t)(digits.p[i - 1] - '0') * unit) / 10;
	return v;
}

static bool
is_all_zero(struct span digits)
{
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] != '0')
			return false;
	}
	return true;
}

/*
 * What is finer than 1 ns is cut off, but a duration that would become 0 by that is
 * refused: 0 often means "none" or "for ever".
 */
bool
num_parse_duration(struct span s, uint64_t unit_ns, uint64_t max_ns, uint64_t *ns)
{
	struct span whole = take_digits(&s);
	struct span fraction = {NULL, 0};
	bool is_zero;
	uint64_t v;
	uint64_t part;

	assert(unit_ns <= UINT64_MAX / 10);
	*ns = 0;
	if (s.n > 0 && s.p[0] == '.') {
		span_take(&s, 1);
		fraction = take_digits(&s);
		if (fraction.n == 0)
			return false;
	}
	is_zero = is_all_zero(whole) && is_all_zero(fraction);
	if (s.n > 0)
		unit_ns = unit_factor(s, duration_units,
				      sizeof(duration_units) / sizeof(struct unit));
	else if (is_zero && unit_ns == 0)
		unit_ns = 1;
	if (unit_ns == 0 || !num_parse_u64(whole, UINT64_MAX, &v) ||
	    !scale(v, unit_ns, max_ns, &v))
		return false;
	part = fraction_of(fraction, unit_ns);
	if (part > max_ns - v || (v + part == 0 && !is_zero))
		return false;
	*ns = v + part;
	return true;
}

bool
num_parse_size(struct span s, uint64_t max, uint64_t *out)
{
	struct span whole = take_digits(&s);
	uint64_t factor =
	    unit_factor(s, size_units, sizeof(size_units) / sizeof(struct unit));
	uint64_t v;

	*out = 0;
	return factor != 0 && num_parse_u64(whole, UINT64_MAX, &v) &&
	       scale(v, factor, max, out);
}

size_t
num_format_u64(char out[static NUM_U64_DIGITS], uint64_t v)
{
	char digits[NUM_U64_DIGITS];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	memcpy(out, digits + at, sizeof(digits) - at);
	return sizeof(digits) - at;
}
