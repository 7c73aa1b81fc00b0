/*
 * Intervals that hold the offset of a worker's clock, from exchanges or mere stamps. Must
 * not know how an exchange is made, nor read a clock itself.
 */
#include "merge/clock_offset.h"

#define TIME_MAX ((uint64_t)INT64_MAX)

/* A stamp older than the newest by more is no disorder in a stream. */
#define STAMP_DISORDER_NS 1000000000u

static int64_t
plus(int64_t a, uint64_t d)
{
	return d > (uint64_t)INT64_MAX - (uint64_t)a ? INT64_MAX
						     : (int64_t)((uint64_t)a + d);
}

static int64_t
minus(int64_t a, uint64_t d)
{
	return d > (uint64_t)a - (uint64_t)INT64_MIN ? INT64_MIN
						     : (int64_t)((uint64_t)a - d);
}

static uint64_t
magnitude(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

static int64_t
subtract(int64_t a, int64_t b)
{
	return b < 0 ? plus(a, magnitude(b)) : minus(a, (uint64_t)b);
}

static uint64_t
width(const struct clock_offset_interval *i)
{
	return (uint64_t)i->high_ns - (uint64_t)i->low_ns;
}

static int64_t
middle(const struct clock_offset_interval *i)
{
	return plus(i->low_ns, width(i) / 2);
}

static uint64_t
since(uint64_t now_ns, uint64_t then_ns)
{
	return now_ns > then_ns ? now_ns - then_ns : 0;
}

static uint64_t
drift(uint64_t age_ns)
{
	return age_ns / (1000000 / CLOCK_OFFSET_DRIFT_PPM) + 1;
}

/* The interval stated for a later moment. */
static struct clock_offset_interval
aged(const struct clock_offset_interval *i, uint64_t now_ns)
{
	uint64_t d = drift(since(now_ns, i->at_ns));

	if (!i->is_set || now_ns <= i->at_ns)
		return *i;
	return (struct clock_offset_interval){minus(i->low_ns, d), plus(i->high_ns, d),
					      now_ns, true};
}

static bool
is_apart(const struct clock_offset_interval *a, const struct clock_offset_interval *b)
{
	return a->is_set && b->is_set &&
	       (a->low_ns > b->high_ns || b->low_ns > a->high_ns);
}

/* b stands for a later moment than a, or for the same; they meet. */
static struct clock_offset_interval
intersect(const struct clock_offset_interval *a, const struct clock_offset_interval *b)
{
	struct clock_offset_interval i = aged(a, b->at_ns);

	if (!i.is_set)
		return *b;
	if (b->low_ns > i.low_ns)
		i.low_ns = b->low_ns;
	if (b->high_ns < i.high_ns)
		i.high_ns = b->high_ns;
	return i;
}

static struct clock_offset_interval
narrower(const struct clock_offset_interval *a, const struct clock_offset_interval *b,
	 uint64_t now_ns)
{
	struct clock_offset_interval x = aged(a, now_ns);
	struct clock_offset_interval y = aged(b, now_ns);

	return x.is_set && (!y.is_set || width(&x) < width(&y)) ? *a : *b;
}

bool
clock_offset_reference_read(struct clock_offset_reference *r, uint64_t before_ns,
			    uint64_t wall_ns, uint64_t after_ns)
{
	uint64_t wall = wall_ns < TIME_MAX ? wall_ns : TIME_MAX;
	struct clock_offset_interval i = {minus((int64_t)wall, after_ns),
					  minus((int64_t)wall, before_ns), 0, true};
	bool is_new = is_apart(&r->i, &i);

	if (!r->i.is_set || is_new || width(&i) < width(&r->i))
		r->i = i;
	return is_new;
}

/*
 * What is known at t1_ns when the worker's clock read worker_ns between t0_ns and t1_ns.
 * Drift matters to the upper end only: had the clock been read x before t1_ns, the offset
 * would be larger by x, which is more than it can have drifted since.
 */
static bool
between(struct clock_offset_interval *i, uint64_t t0_ns, uint64_t worker_ns,
	uint64_t t1_ns)
{
	if (t1_ns < t0_ns || t1_ns > TIME_MAX || worker_ns > TIME_MAX)
		return false;
	i->low_ns = minus(minus((int64_t)worker_ns, t1_ns), CLOCK_OFFSET_GRAIN_NS);
	i->high_ns = plus(minus((int64_t)worker_ns, t0_ns),
			  CLOCK_OFFSET_GRAIN_NS + drift(t1_ns - t0_ns));
	i->at_ns = t1_ns;
	i->is_set = true;
	return true;
}

static void
forget(struct clock_offset *c)
{
	c->held.is_set = false;
	c->burst.is_set = false;
	c->stamps.is_set = false;
	c->stamps_before.is_set = false;
	c->n_steps++;
}

static bool
is_burst_over(const struct clock_offset *c, uint64_t now_ns)
{
	return c->n_burst == 0 || c->n_burst >= CLOCK_OFFSET_BURST ||
	       since(now_ns, c->burst_begin_ns) >= CLOCK_OFFSET_BURST_NS;
}

static void
begin_burst(struct clock_offset *c, uint64_t t0_ns, uint64_t now_ns)
{
	c->held = narrower(&c->held, &c->burst, now_ns);
	c->burst.is_set = false;
	c->burst_begin_ns = t0_ns;
	c->n_burst = 0;
	c->is_burst_anew = false;
}

/* Once: a clock that contradicts itself all the time would be asked without a pause. */
static void
begin_burst_anew(struct clock_offset *c, uint64_t t0_ns, uint64_t now_ns)
{
	if (c->is_burst_anew)
		return;
	begin_burst(c, t0_ns, now_ns);
	c->is_burst_anew = true;
}

/* Whether i, the interval of an exchange, fits what is known; then the burst has it. */
static bool
is_taken(struct clock_offset *c, const struct clock_offset_interval *i)
{
	struct clock_offset_interval burst = aged(&c->burst, i->at_ns);
	struct clock_offset_interval held = aged(&c->held, i->at_ns);

	if (is_apart(&burst, i))
		return false;
	c->burst = intersect(&burst, i);
	return !is_apart(&held, &c->burst);
}

enum clock_offset_result
clock_offset_exchange(struct clock_offset *c, uint64_t t0_ns, uint64_t worker_ns,
		      uint64_t t1_ns)
{
	struct clock_offset_interval i;
	bool is_step;

	if (!between(&i, t0_ns, worker_ns, t1_ns))
		return CLOCK_OFFSET_REFUSED;
	if (is_burst_over(c, t0_ns))
		begin_burst(c, t0_ns, t1_ns);
	is_step = !is_taken(c, &i);
	if (is_step) {
		forget(c);
		begin_burst_anew(c, t0_ns, t1_ns);
		c->burst = i;
	}
	c->n_burst++;
	c->n_exchanges++;
	c->burst_end_ns = t1_ns;
	return is_step ? CLOCK_OFFSET_STEP : CLOCK_OFFSET_TAKEN;
}

uint64_t
clock_offset_due_ns(const struct clock_offset *c)
{
	if (c->n_burst == 0)
		return 0;
	if (is_burst_over(c, c->burst_end_ns))
		return c->burst_begin_ns + CLOCK_OFFSET_PERIOD_NS;
	return c->burst_end_ns;
}

/* Two spans of time of which the older is dropped: so a lower end is forgotten. The upper
 * end is kept, for a clock that is set back does not pass it. */
static void
turn_stamps(struct clock_offset *c, uint64_t now_ns)
{
	int64_t high = c->stamps.high_ns;

	if (since(now_ns, c->stamps_begin_ns) < CLOCK_OFFSET_PERIOD_NS)
		return;
	c->stamps_begin_ns = now_ns;
	c->stamps_before = c->stamps;
	if (c->stamps.is_set)
		c->stamps = (struct clock_offset_interval){INT64_MIN, high,
							   c->stamps.at_ns, true};
}

enum clock_offset_result
clock_offset_stamp(struct clock_offset *c, uint64_t asked_ns, uint64_t stamp_ns,
		   uint64_t margin_ns, uint64_t arrived_ns)
{
	uint64_t stamp = stamp_ns <= TIME_MAX ? stamp_ns + margin_ns : stamp_ns;
	struct clock_offset_interval i;
	struct clock_offset_interval known;
	bool is_step;

	if (stamp_ns == 0 || margin_ns > TIME_MAX ||
	    !between(&i, asked_ns, stamp, arrived_ns))
		return CLOCK_OFFSET_REFUSED;
	turn_stamps(c, arrived_ns);
	is_step = since(c->newest_stamp_ns, stamp) > STAMP_DISORDER_NS;
	if (!is_step && stamp <= c->newest_stamp_ns)
		return CLOCK_OFFSET_TAKEN;
	c->newest_stamp_ns = stamp;
	known = aged(&c->stamps, arrived_ns);
	is_step = is_step || is_apart(&known, &i);
	if (is_step)
		forget(c);
	c->stamps = intersect(&c->stamps, &i);
	return is_step ? CLOCK_OFFSET_STEP : CLOCK_OFFSET_TAKEN;
}

/* The better lower end of the two spans of time; the newer one's upper end is the better
 * one anyway. */
static struct clock_offset_interval
from_stamps(const struct clock_offset *c, uint64_t now_ns)
{
	struct clock_offset_interval i = aged(&c->stamps, now_ns);
	struct clock_offset_interval before = aged(&c->stamps_before, now_ns);

	if (i.is_set && before.is_set && before.low_ns > i.low_ns)
		i.low_ns = before.low_ns;
	return i;
}

static uint64_t
at_worker(uint64_t now_ns, int64_t delta)
{
	if (delta < 0)
		return since(now_ns, magnitude(delta));
	return (uint64_t)plus(delta, now_ns);
}

static void
relate(const struct clock_offset_interval *i,
       const struct clock_offset_interval *reference, struct clock_offset_estimate *e)
{
	struct clock_offset_interval o = {
	    .low_ns = subtract(i->low_ns, reference->high_ns),
	    .high_ns = subtract(i->high_ns, reference->low_ns)};

	if (e->kind == CLOCK_OFFSET_AT_LEAST) {
		e->offset_ns = o.low_ns;
		return;
	}
	e->offset_ns = middle(&o);
	e->bound_ns = (uint64_t)o.high_ns - (uint64_t)e->offset_ns;
}

void
clock_offset_estimate(const struct clock_offset *c,
		      const struct clock_offset_reference *r, uint64_t now_ns,
		      struct clock_offset_estimate *e)
{
	struct clock_offset_interval i = narrower(&c->held, &c->burst, now_ns);
	struct clock_offset_interval stamps = from_stamps(c, now_ns);
	uint64_t at_ns = i.at_ns;

	*e = (struct clock_offset_estimate){.n_exchanges = c->n_exchanges,
					    .n_steps = c->n_steps};
	i = aged(&i, now_ns);
	e->kind = CLOCK_OFFSET_KNOWN;
	if (stamps.is_set && (!i.is_set || width(&stamps) < width(&i))) {
		i = stamps;
		at_ns = c->stamps.at_ns;
		if (width(&i) / 2 > CLOCK_OFFSET_STAMP_MAX_NS)
			e->kind = CLOCK_OFFSET_AT_LEAST;
	}
	if (!i.is_set || i.low_ns == INT64_MIN || !r->i.is_set) {
		e->kind = CLOCK_OFFSET_UNKNOWN;
		return;
	}
	e->age_ns = since(now_ns, at_ns);
	relate(&i, &r->i, e);
	e->worker_ns =
	    at_worker(now_ns, e->kind == CLOCK_OFFSET_AT_LEAST ? i.low_ns : middle(&i));
}

struct unit {
	uint64_t ns;
	unsigned digits;
	const char *name;
};

static const struct unit units[] = {
    {1000000000, 9, " s"}, {1000000, 6, " ms"}, {1000, 3, " us"}, {1, 0, " ns"}};

static const struct unit *
unit_of(uint64_t ns)
{
	const struct unit *u = units;

	while (ns < u->ns && u->ns > 1)
		u++;
	return u;
}

/* v / 10^zeros, rounded up or down. */
static uint64_t
shorten(uint64_t v, unsigned zeros, bool is_up)
{
	for (; zeros > 0; zeros--)
		v = v / 10 + (is_up && v % 10 > 0);
	return v;
}

/* How many of a bound's digits are not shown: two stay, or one that is at least 2. */
static unsigned
zeros_of(uint64_t bound_ns)
{
	unsigned zeros = 0;

	for (; bound_ns >= 20; bound_ns /= 10)
		zeros++;
	return zeros;
}

static void
put_signed(struct text *t, bool is_negative, uint64_t v, unsigned digits)
{
	if (v > 0)
		text_char(t, is_negative ? '-' : '+');
	text_fixed(t, v, digits);
}

/* The bound shown has room for what the offset lost by rounding. */
static void
put_known(struct text *t, const struct clock_offset_estimate *e)
{
	uint64_t size = magnitude(e->offset_ns);
	const struct unit *u = unit_of(size > e->bound_ns ? size : e->bound_ns);
	unsigned zeros = zeros_of(e->bound_ns);
	uint64_t quantum = 1;
	uint64_t n;

	if (zeros > u->digits)
		zeros = u->digits;
	for (unsigned i = 0; i < zeros; i++)
		quantum *= 10;
	n = (size + quantum / 2) / quantum;
	put_signed(t, e->offset_ns < 0, n, u->digits - zeros);
	text_str(t, u->name);
	text_str(t, " \xc2\xb1");
	size = n * quantum > size ? n * quantum - size : size - n * quantum;
	text_fixed(t, shorten(e->bound_ns + size, zeros, true), u->digits - zeros);
	text_str(t, u->name);
}

/* Three digits or more, towards minus infinity: it is a lower end. */
static void
put_at_least(struct text *t, int64_t low_ns)
{
	uint64_t size = magnitude(low_ns);
	const struct unit *u = unit_of(size);
	unsigned zeros = u->digits > 1 ? u->digits - 1 : 0;

	put_signed(t, low_ns < 0, shorten(size, zeros, low_ns < 0), u->digits - zeros);
	text_str(t, u->name);
}

void
clock_offset_text(struct text *t, const struct clock_offset_estimate *e)
{
	struct text start = *t;

	text_str(t, "offset ");
	switch (e->kind) {
	case CLOCK_OFFSET_UNKNOWN:
		text_str(t, "unknown");
		break;
	case CLOCK_OFFSET_AT_LEAST:
		text_str(t, "at least ");
		put_at_least(t, e->offset_ns);
		break;
	case CLOCK_OFFSET_KNOWN:
		put_known(t, e);
		break;
	}
	if (t->is_cut)
		t->n = start.n;
}

enum clock_offset_warning
clock_offset_judge(const struct clock_offset_estimate *e, uint64_t hold_back_ns)
{
	uint64_t size = magnitude(e->offset_ns);

	if (e->kind == CLOCK_OFFSET_UNKNOWN || size <= e->bound_ns ||
	    (e->kind == CLOCK_OFFSET_AT_LEAST && e->offset_ns < 0))
		return CLOCK_OFFSET_FINE;
	if (hold_back_ns > 0 && size > hold_back_ns)
		return CLOCK_OFFSET_MISORDERS;
	return size > CLOCK_OFFSET_LARGE_NS ? CLOCK_OFFSET_LARGE : CLOCK_OFFSET_FINE;
}
