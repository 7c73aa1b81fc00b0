/* Who is left alone, and until when. */
#include "worker/capture/loop/loopcleared.h"

#include <stddef.h>

/* A loop may look honest by bad luck: the second test comes soon. */
#define FIRST_NS  ((uint64_t)2000000000)
#define TIMES_MAX 4u /* doublings by 3: up to 2.3 hours */

/* LOOPCLEARED_MAX: it has no entry. */
static size_t
find(const struct loopcleared *c, uint64_t hash)
{
	size_t i = 0;

	while (i < LOOPCLEARED_MAX && (c->flow[i].times == 0 || c->flow[i].hash != hash))
		i++;
	return i;
}

bool
loopcleared_has(const struct loopcleared *c, uint64_t hash, uint64_t now_ns)
{
	size_t i = find(c, hash);

	return i < LOOPCLEARED_MAX && now_ns < c->flow[i].until_ns;
}

void
loopcleared_add(struct loopcleared *c, uint64_t hash, uint64_t now_ns, uint32_t least)
{
	size_t at = find(c, hash);

	if (at == LOOPCLEARED_MAX) {
		at = 0;
		for (size_t i = 1; i < LOOPCLEARED_MAX; i++)
			if (c->flow[i].until_ns < c->flow[at].until_ns)
				at = i;
		c->flow[at].hash = hash;
		c->flow[at].times = 0;
	}
	if (c->flow[at].times < least)
		c->flow[at].times = least;
	c->flow[at].until_ns = now_ns + (FIRST_NS << 3 * c->flow[at].times);
	if (c->flow[at].times < TIMES_MAX)
		c->flow[at].times++;
}
