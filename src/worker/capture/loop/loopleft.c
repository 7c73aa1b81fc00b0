/* Who is left out, by whose proof, and until when. It must not know how flows are tested. */
#include "worker/capture/loop/loopleft.h"

#include <stddef.h>

#define SHARED_NS ((uint64_t)2000000000) /* what the other capture sent last has passed */

static struct loopleft_flow *
find(struct loopleft *l, const struct flow *flow, uint64_t hash)
{
	for (uint32_t i = 0; i < l->n; i++)
		if (l->flow[i].hash == hash && flow_eq(&l->flow[i].flow, flow))
			return &l->flow[i];
	return NULL;
}

static struct loopleft_flow *
free_place(struct loopleft *l)
{
	if (l->n < LOOPLEFT_MAX)
		return &l->flow[l->n++];
	for (uint32_t i = 0; i < l->n; i++)
		if (!l->flow[i].is_out)
			return &l->flow[i];
	return NULL;
}

/* The flow's place, found or made; NULL: there is none. */
static struct loopleft_flow *
place_of(struct loopleft *l, const struct flow *flow, uint64_t hash)
{
	struct loopleft_flow *p = find(l, flow, hash);

	if (p != NULL)
		return p;
	p = free_place(l);
	if (p != NULL)
		*p = (struct loopleft_flow){.flow = *flow, .hash = hash};
	l->is_full = l->is_full || p == NULL;
	return p;
}

static void
turn(struct loopleft *l, struct loopleft_flow *p, bool is_out)
{
	if (p->is_out == is_out)
		return;
	p->is_out = is_out;
	p->is_told = false;
	l->n_out = is_out ? l->n_out + 1 : l->n_out - 1;
	l->is_changed = true;
}

static uint32_t
count_proved(const struct loopleft *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < l->n; i++)
		n += l->flow[i].is_proved;
	return n;
}

void
loopleft_prove(struct loopleft *l, const struct flow *flow, uint64_t hash,
	       uint64_t again_ns)
{
	struct loopleft_flow *p = place_of(l, flow, hash);

	if (p == NULL)
		return;
	if (!p->is_proved && count_proved(l) == LOOPLEFT_PROVED) {
		l->is_full = true;
		return;
	}
	p->is_proved = true;
	p->again_ns = again_ns;
	turn(l, p, true);
}

void
loopleft_retest(struct loopleft *l, struct loopleft_flow *p, bool is_loop,
		uint64_t again_ns)
{
	p->again_ns = again_ns;
	if (is_loop)
		return;
	p->is_proved = false;
	turn(l, p, p->shared_ns != 0);
}

void
loopleft_share(struct loopleft *l, const struct flow *flow, uint64_t hash,
	       uint64_t now_ns)
{
	struct loopleft_flow *p = place_of(l, flow, hash);

	if (p == NULL)
		return;
	p->shared_ns = now_ns;
	turn(l, p, true);
}

void
loopleft_age(struct loopleft *l, uint64_t now_ns)
{
	for (uint32_t i = 0; i < l->n; i++) {
		struct loopleft_flow *p = &l->flow[i];

		if (p->shared_ns == 0 || now_ns - p->shared_ns < SHARED_NS)
			continue;
		p->shared_ns = 0;
		turn(l, p, p->is_proved);
	}
}

struct loopleft_flow *
loopleft_due(struct loopleft *l, uint64_t now_ns)
{
	struct loopleft_flow *due = NULL;

	for (uint32_t i = 0; i < l->n; i++) {
		struct loopleft_flow *p = &l->flow[i];

		if (p->is_proved && now_ns >= p->again_ns &&
		    (due == NULL || p->again_ns < due->again_ns))
			due = p;
	}
	return due;
}

bool
loopleft_take_change(struct loopleft *l)
{
	bool is_changed = l->is_changed;

	l->is_changed = false;
	return is_changed;
}

const struct loopleft_flow *
loopleft_next_untold(struct loopleft *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		if (l->flow[i].is_told)
			continue;
		l->flow[i].is_told = true;
		return &l->flow[i];
	}
	return NULL;
}

bool
loopleft_packet(struct loopleft *l, const struct flow *flow, uint64_t hash,
		uint32_t caplen)
{
	struct loopleft_flow *p = find(l, flow, hash);

	if (p == NULL || !p->is_out)
		return false;
	p->packets++;
	p->bytes += caplen;
	return true;
}
