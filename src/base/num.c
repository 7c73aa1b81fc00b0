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
    {"k", 1024},
    {"m", 1024 * 1024},
    {"g", 1024 * 1024 * 1024},
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

/* One number of a duration and its unit. */
struct part {
	struct span whole;
	struct span fraction;
	struct span unit;
};

/* Takes a part off s. False: it has no digits. */
static bool
take_part(struct span *s, struct part *p)
{
	size_t n = 0;

	*p = (struct part){.whole = take_digits(s)};
	if (s->n > 0 && s->p[0] == '.') {
		span_take(s, 1);
		p->fraction = take_digits(s);
		if (p->fraction.n == 0)
			return false;
	}
	while (n < s->n && !is_digit(s->p[n]) && s->p[n] != '.')
		n++;
	p->unit = span_take(s, n);
	return p->whole.n + p->fraction.n > 0;
}

/* Its length, which fits into max_ns. */
static bool
read_part(const struct part *p, uint64_t unit_ns, uint64_t max_ns, uint64_t *ns)
{
	uint64_t v = 0;
	uint64_t rest = fraction_of(p->fraction, unit_ns);

	if ((p->whole.n > 0 && !num_parse_u64(p->whole, UINT64_MAX, &v)) ||
	    !scale(v, unit_ns, max_ns, &v) || rest > max_ns - v)
		return false;
	*ns = v + rest;
	return true;
}

/*
 * What is finer than 1 ns is cut off, but a duration that would become 0 by that is
 * refused: 0 often means "none" or "for ever". Units get smaller from part to part.
 */
bool
num_parse_duration(struct span s, uint64_t unit_ns, uint64_t max_ns, uint64_t *ns)
{
	uint64_t before = UINT64_MAX; /* the unit of the part before */
	bool is_zero = true;
	uint64_t sum = 0;

	assert(unit_ns <= UINT64_MAX / 10);
	*ns = 0;
	do {
		struct part p;
		uint64_t unit;
		uint64_t v;

		if (!take_part(&s, &p))
			return false;
		is_zero &= is_all_zero(p.whole) && is_all_zero(p.fraction);
		unit = unit_factor(p.unit, duration_units,
				   sizeof(duration_units) / sizeof(struct unit));
		if (p.unit.n == 0 && before == UINT64_MAX)
			unit = unit_ns == 0 && is_zero ? 1 : unit_ns;
		if (unit == 0 || unit >= before || !read_part(&p, unit, max_ns - sum, &v))
			return false;
		sum += v;
		before = unit;
	} while (s.n > 0);
	*ns = sum;
	return sum > 0 || is_zero;
}

bool
num_parse_size(struct span s, uint64_t max, uint64_t *out)
{
	struct span whole = take_digits(&s);
	uint8_t letter = s.n > 0 ? s.p[0] | 0x20u : 0;
	uint64_t factor;
	uint64_t v;

	*out = 0;
	if (s.n > 1 && !span_eq_ci(span_of(s.p + 1, s.n - 1), span_str("b")) &&
	    !span_eq_ci(span_of(s.p + 1, s.n - 1), span_str("ib")))
		return false;
	factor = unit_factor(span_of(&letter, s.n > 0 ? 1 : 0), size_units,
			     sizeof(size_units) / sizeof(struct unit));
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
