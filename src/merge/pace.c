/*
 * The delivery rhythm of one source. Must not know the hold-back, other sources, or
 * whose clock a time is from.
 */
#include "merge/pace.h"

/* Ages beyond it are cut, so that differences of hostile times do not overflow. */
#define AGE_MAX (INT64_MAX / 4)

void
pace_init(struct pace *p)
{
	*p = (struct pace){0};
}

/* Signed, and relative to the first record's: unsigned subtraction wraps both right. */
static int64_t
age_of(const struct pace *p, uint64_t now_ns, uint64_t time_ns)
{
	int64_t age = (int64_t)(now_ns - time_ns - p->zero);

	if (age > AGE_MAX)
		return AGE_MAX;
	return age < -AGE_MAX ? -AGE_MAX : age;
}

/* Keeps n small for ever, and its place in the ring of bursts. */
static void
next_burst(struct pace *p, uint64_t now_ns)
{
	p->n = p->n < 2 * PACE_BURSTS - 1 ? p->n + 1 : PACE_BURSTS;
	p->begin_ns = now_ns;
}

bool
pace_arrival(struct pace *p, uint64_t now_ns, uint64_t time_ns)
{
	bool is_new = p->n == 0 || now_ns - p->last_ns >= PACE_GAP_NS ||
		      now_ns - p->begin_ns >= PACE_BURST_NS;
	struct pace_burst *b;
	int64_t age;

	if (p->n == 0)
		p->zero = now_ns - time_ns;
	if (is_new)
		next_burst(p, now_ns);
	p->last_ns = now_ns;
	b = &p->bursts[(p->n - 1) % PACE_BURSTS];
	age = age_of(p, now_ns, time_ns);
	if (is_new)
		*b = (struct pace_burst){age, age};
	if (age < b->age_min)
		b->age_min = age;
	if (age <= b->age_max)
		return is_new;
	b->age_max = age;
	return true;
}

uint64_t
pace_delay_ns(const struct pace *p, uint64_t now_ns)
{
	uint32_t n = p->n < PACE_BURSTS ? p->n : PACE_BURSTS;
	int64_t base = INT64_MAX;
	int64_t largest = 0;
	int64_t second = 0;

	if (now_ns - p->last_ns >= PACE_MEMORY_NS)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		if (p->bursts[i].age_min < base)
			base = p->bursts[i].age_min;
	for (uint32_t i = 0; i < n; i++) {
		int64_t delay = p->bursts[i].age_max - base;

		if (delay > (int64_t)PACE_DELAY_MAX_NS || delay <= second)
			continue;
		second = delay > largest ? largest : delay;
		largest = delay > largest ? delay : largest;
	}
	return (uint64_t)second;
}
