/* Verdicts become counts: of segments, and of the run. */
#include "path/sums.h"

struct sum {
	struct path *p;
	const struct path_group *full;
	bool is_kept;
};

static const struct path_order *
order_of(const struct path *p, const struct path_group *g)
{
	return &p->classes.list[g->class].order;
}

static struct path_counts *
counts_of(const struct sum *v, uint16_t from, uint16_t to)
{
	struct path_segment *s = path_classes_segment(&v->p->classes, from, to);

	if (!s)
		return NULL;
	return v->is_kept ? &s->kept : &s->shown;
}

static void
put_pair(const struct sum *v, const struct path_group *g, uint16_t from, uint16_t to)
{
	struct path_counts *c = counts_of(v, from, to);

	if (c)
		c->packets += g->packets;
}

static bool
is_part_of(const struct path_order *part, const struct path_class *whole)
{
	uint16_t at = 0;

	if (part->n == whole->order.n || part->points[0] != whole->order.points[0])
		return false;
	for (uint32_t i = 0; i < part->n; i++) {
		uint16_t place = path_classes_place(whole, part->points[i]);

		if (place == whole->order.n || (i > 0 && place < at))
			return false;
		at = place;
	}
	return true;
}

/* Its way: that of the whole flow where it is only missed in between. */
static void
put_pairs(const struct sum *v, const struct path_group *g, struct path_totals *totals)
{
	const struct path_order *order = order_of(v->p, g);
	const struct path_class *full = &v->p->classes.list[v->full->class];
	uint16_t last = order->points[order->n - 1];
	uint16_t n = order->n;

	if (is_part_of(order, full)) {
		order = &full->order;
		n = (uint16_t)(path_classes_place(full, last) + 1);
	}
	for (uint32_t i = 0; i + 1 < n; i++) {
		uint16_t to = order->points[i + 1];
		struct path_counts *c;

		put_pair(v, g, order->points[i], to);
		if (path_classes_place(&v->p->classes.list[g->class], to) !=
		    order_of(v->p, g)->n)
			continue;
		c = counts_of(v, order->points[i], to);
		totals->missed += g->packets;
		if (c)
			c->missed += g->packets;
	}
}

static void
put_lost(const struct sum *v, const struct path_group *g, struct path_totals *totals)
{
	struct path_counts *c = counts_of(v, g->from, g->to);
	uint64_t alike = g->flags & PATH_GROUP_ALIKE ? g->packets : 0;

	totals->lost_bytes += g->bytes;
	totals->alike += alike;
	if (!c)
		return;
	c->packets += g->packets;
	c->lost += g->packets;
	c->lost_bytes += g->bytes;
	c->alike += alike;
	c->guessed += g->is_guessed ? g->packets : 0;
}

/* Those that were sent twice: before the first point that saw the second one. */
static void
put_duplicate(const struct sum *v, const struct path_group *g)
{
	const struct path_class *full = &v->p->classes.list[v->full->class];
	uint16_t first = order_of(v->p, g)->points[0];
	uint16_t at = path_classes_place(full, first);
	struct path_counts *c;

	if (at == 0 || at == full->order.n)
		return;
	c = counts_of(v, full->order.points[at - 1], first);
	if (c)
		c->duplicates += g->packets;
}

void
path_sums_put(struct path *p, const struct path_group *full, const struct path_group *g,
	      bool is_kept)
{
	struct sum sum = {p, full, is_kept};
	const struct sum *v = &sum;
	struct path_totals *totals = is_kept ? &p->kept : &p->shown;
	struct path_counts *c;

	totals->verdicts[g->verdict] += g->packets;
	switch ((enum path_verdict)g->verdict) {
	case PATH_LOST:
		put_pairs(v, g, totals);
		put_lost(v, g, totals);
		break;
	case PATH_BLINDED:
		put_pairs(v, g, totals);
		totals->unknown[g->reason] += g->packets;
		c = counts_of(v, g->from, g->to);
		if (c) {
			c->packets += g->packets;
			c->unknown[g->reason] += g->packets;
		}
		break;
	case PATH_ARRIVED:
	case PATH_EXITS:
		put_pairs(v, g, totals);
		break;
	case PATH_DUPLICATE:
		put_duplicate(v, g);
		break;
	case PATH_NOT_JUDGED:
		totals->not_judged[g->reason] += g->packets;
		break;
	case PATH_NOT_SENT:
	case PATH_NOT_RECOGNIZED:
	case PATH_VERDICT_N:
		break;
	}
}

void
path_sums_begin(struct path *p)
{
	p->shown = p->kept;
	for (uint32_t i = 0; i < p->classes.n_segments; i++)
		p->classes.segments[i].shown = p->classes.segments[i].kept;
}
