/* Delays from try to try, and the sums of gaps. */
#include "cli/source/retry.h"

#define GAP_AGE_MAX_NS \
	UINT64_C(120000000000) /* older: the clock is unknown, or it was set */

/* 0.5 s to 30 s, a third of which at most is random. */
static uint64_t
next_delay(struct retry *r, uint64_t random)
{
	uint64_t delay = r->backoff_ns == 0 ? RETRY_FIRST_NS : 2 * r->backoff_ns;

	if (delay > RETRY_LAST_NS / 3 * 2)
		delay = RETRY_LAST_NS / 3 * 2;
	r->backoff_ns = delay;
	return delay + random % (delay / 2);
}

static uint64_t
earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void
retry_begin(struct retry *r, uint64_t now_ns)
{
	if (r->first_ns == 0)
		r->first_ns = now_ns;
}

uint64_t
retry_first(struct retry *r, uint64_t now_ns, uint64_t for_ns, uint64_t random)
{
	uint64_t end_ns = r->first_ns + for_ns;

	if (now_ns >= end_ns)
		return RETRY_GIVE_UP;
	return earlier(now_ns + next_delay(r, random), end_ns);
}

/* A loss that follows one soon is the same trouble: its delays go on growing. */
uint64_t
retry_lose(struct retry *r, const struct retry_loss *loss)
{
	bool is_new = r->lost_ns == 0;
	uint64_t end_ns = (is_new ? loss->now_ns : r->lost_ns) + loss->for_ns;

	if (is_new)
		r->n_short =
		    loss->now_ns - r->up_ns < RETRY_STABLE_NS ? r->n_short + 1 : 0;
	if (loss->now_ns >= end_ns ||
	    (loss->short_max > 0 && r->n_short > loss->short_max))
		return RETRY_GIVE_UP;
	if (is_new) {
		r->lost_ns = loss->now_ns;
		r->gap_ns = loss->gap_ns;
		if (loss->now_ns - r->up_ns >= RETRY_LAST_NS)
			r->backoff_ns = 0;
		if (loss->is_harmless && loss->now_ns - r->up_ns >= RETRY_STABLE_NS)
			return loss->now_ns;
	}
	return earlier(loss->now_ns + next_delay(r, loss->random), end_ns);
}

uint64_t
retry_note_up(struct retry *r, uint64_t now_ns)
{
	uint64_t gap_ns = now_ns - r->gap_ns;

	r->up_ns = now_ns;
	if (r->lost_ns == 0)
		return 0;
	r->lost_ns = 0;
	r->n_gaps++;
	r->gaps_ns += gap_ns;
	return gap_ns;
}

void
retry_forget_loss(struct retry *r)
{
	r->lost_ns = 0;
}

uint64_t
retry_gap_ns(uint64_t now_ns, uint64_t heard_ns, uint64_t age_ns, bool has_heartbeats)
{
	uint64_t last_ns = has_heartbeats ? heard_ns : now_ns;
	uint64_t silence_ns = now_ns - heard_ns;

	if (age_ns < silence_ns || age_ns - silence_ns > GAP_AGE_MAX_NS)
		return last_ns;
	return last_ns - (age_ns - silence_ns);
}
