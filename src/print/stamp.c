/* Times as text. It knows no clock and no time zone: the caller says how far it is off. */
#include "print/stamp.h"

#define SECOND_NS UINT64_C(1000000000)
#define DAY_S	  86400

static void
put_two(struct line *l, uint64_t v)
{
	if (v < 10)
		line_char(l, '0');
	line_u64(l, v);
}

static void
put_fraction(struct line *l, uint32_t ns, bool is_nano)
{
	char digits[9];
	unsigned n = is_nano ? 9 : 6;

	if (!is_nano)
		ns /= 1000;
	for (unsigned i = n; i-- > 0; ns /= 10)
		digits[i] = (char)('0' + ns % 10);
	line_char(l, '.');
	for (unsigned i = 0; i < n; i++)
		line_char(l, digits[i]);
	line_char(l, ' ');
}

static void
put_clock(struct line *l, uint64_t s, uint32_t ns, bool is_nano)
{
	put_two(l, s / 3600);
	line_char(l, ':');
	put_two(l, s / 60 % 60);
	line_char(l, ':');
	put_two(l, s % 60);
	put_fraction(l, ns, is_nano);
}

/* Days since 1970-01-01 in the Gregorian calendar, counted in years that begin in March. */
static void
put_date(struct line *l, int64_t days)
{
	int64_t shifted = days + 719468; /* since 0000-03-01 */
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t day = shifted - era * 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t month;

	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	line_u64(l, (uint64_t)(year + era * 400 + (month >= 10)));
	line_char(l, '-');
	put_two(l, (uint64_t)(month < 10 ? month + 3 : month - 9));
	line_char(l, '-');
	put_two(l, (uint64_t)(day - (153 * month + 2) / 5 + 1));
	line_char(l, ' ');
}

static void
put_local(struct line *l, const struct print *p, uint64_t time_ns, int32_t zone_s)
{
	int64_t s = (int64_t)(time_ns / SECOND_NS) + zone_s;
	int64_t days = (s >= 0 ? s : s - (DAY_S - 1)) / DAY_S;

	if (p->options.time == PRINT_TIME_DATE)
		put_date(l, days);
	put_clock(l, (uint64_t)(s - days * DAY_S), (uint32_t)(time_ns % SECOND_NS),
		  p->options.is_nano);
}

static void
put_difference(struct line *l, const struct print *p, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t unit = p->options.is_nano ? 1 : 1000;
	uint64_t to = to_ns / unit * unit;
	uint64_t from = from_ns / unit * unit;
	uint64_t ns = to < from ? from - to : to - from;

	line_char(l, to < from ? '-' : ' ');
	put_clock(l, ns / SECOND_NS, (uint32_t)(ns % SECOND_NS), p->options.is_nano);
}

void
stamp_print(struct line *l, struct print *p, uint64_t time_ns, int32_t zone_s)
{
	if (!p->has_packet) {
		p->has_packet = true;
		p->first_ns = time_ns;
		p->last_ns = time_ns;
	}
	switch (p->options.time) {
	case PRINT_TIME_CLOCK:
	case PRINT_TIME_DATE:
		put_local(l, p, time_ns, zone_s);
		break;
	case PRINT_TIME_NONE:
		break;
	case PRINT_TIME_EPOCH:
		line_u64(l, time_ns / SECOND_NS);
		put_fraction(l, (uint32_t)(time_ns % SECOND_NS), p->options.is_nano);
		break;
	case PRINT_TIME_DELTA:
		put_difference(l, p, p->last_ns, time_ns);
		break;
	case PRINT_TIME_FIRST:
		put_difference(l, p, p->first_ns, time_ns);
		break;
	}
	p->last_ns = time_ns;
}
