/* Who loses packets, and for how long. */
#include "worker/capture/loop/loophard.h"

#define MS_NS ((uint64_t)1000000)
#define S_NS  ((uint64_t)1000000000)

#define LOSING_NS     (2u * S_NS)
#define LOSING_GAP_NS (1500u * MS_NS) /* without losses: it is over */
#define HARD_NS	      (5u * S_NS)
#define HARD_RARE     5u
#define HUNT_NS	      (10u * S_NS)
#define JOIN_NS	      (100u * MS_NS) /* a look at the others is this old at most */

void
loophard_note(struct loophard *h, uint64_t dropped, uint64_t now_ns)
{
	if (dropped == h->dropped)
		return;
	if (h->dropped_ns == 0 || now_ns - h->dropped_ns >= LOSING_GAP_NS)
		h->losing_ns = now_ns;
	h->dropped = dropped;
	h->dropped_ns = now_ns;
}

bool
loophard_is_due(const struct loophard *h, uint64_t now_ns)
{
	if (h->dropped_ns == 0 || now_ns - h->dropped_ns >= LOSING_GAP_NS)
		return false;
	if (now_ns < h->hunt_ns)
		return true;
	if (now_ns < h->next_ns)
		return false;
	return now_ns - h->losing_ns >= LOSING_NS ||
	       (h->join_ns != 0 && now_ns - h->join_ns < JOIN_NS);
}

void
loophard_begun(struct loophard *h, uint64_t now_ns)
{
	h->next_ns = now_ns + (HARD_NS << h->n);
	h->n += h->n < HARD_RARE;
}

void
loophard_found(struct loophard *h, uint64_t now_ns)
{
	h->n = 0;
	h->next_ns = 0;
	h->hunt_ns = now_ns + HUNT_NS;
}
