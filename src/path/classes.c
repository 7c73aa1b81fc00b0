/* Sets of points, their order, and the segments between them. */
#include "path/classes.h"

#include <string.h>

#define SLOTS (2 * PATH_CLASSES_MAX)
#define PAIRS (2 * PATH_SEGMENTS_MAX)

size_t
path_classes_bytes(void)
{
	return PATH_CLASSES_MAX * sizeof(struct path_class) +
	       PATH_SEGMENTS_MAX * sizeof(struct path_segment) +
	       PATH_FIGURES_MAX * sizeof(struct path_figures) +
	       (SLOTS + PAIRS) * sizeof(uint16_t);
}

void
path_classes_init(struct path_classes *c, void *mem)
{
	memset(mem, 0, path_classes_bytes());
	*c = (struct path_classes){.list = mem};
	c->segments = (struct path_segment *)(void *)(c->list + PATH_CLASSES_MAX);
	c->figures = (struct path_figures *)(void *)(c->segments + PATH_SEGMENTS_MAX);
	c->slots = (uint16_t *)(void *)(c->figures + PATH_FIGURES_MAX);
	c->pairs = c->slots + SLOTS;
}

static uint64_t
mix(uint64_t v)
{
	v = (v + 1) * UINT64_C(0x9e3779b97f4a7c15);
	v ^= v >> 32;
	return v * UINT64_C(0xd6e8feb86659fd93);
}

/* The same in whatever order they are. */
static uint64_t
hash_set(const struct path_entry *e)
{
	uint64_t set = 0;

	for (uint32_t i = 0; i < e->n; i++)
		set += mix(e->seen[i].point);
	return set;
}

struct path_segment *
path_classes_segment(struct path_classes *c, uint16_t from, uint16_t to)
{
	uint64_t i = mix((uint64_t)from << 16 | to) >> 40;
	struct path_segment *s;

	for (;; i++) {
		uint16_t *slot = &c->pairs[i & (PAIRS - 1)];

		if (*slot == 0) {
			if (c->n_segments == PATH_SEGMENTS_MAX)
				return NULL;
			*slot = (uint16_t)(c->n_segments + 1);
			break;
		}
		s = &c->segments[*slot - 1];
		if (s->from == from && s->to == to)
			return s;
	}
	s = &c->segments[c->n_segments++];
	s->from = from;
	s->to = to;
	s->has_sure_order = true;
	if (!(to & PATH_TARGET) && c->n_figures < PATH_FIGURES_MAX)
		s->delay = &c->figures[c->n_figures++];
	return s;
}

static void
set_order(struct path_classes *c, struct path_class *class,
	  const struct path_order *order)
{
	class->order = *order;
	class->n_for = 1;
	for (uint32_t i = 0; i + 1 < order->n; i++) {
		struct path_segment *s =
		    path_classes_segment(c, order->points[i], order->points[i + 1]);

		class->segments[i] = s ? (uint16_t)(s - c->segments) : PATH_NO_SEGMENT;
		if (s && (order->unsure >> i & 1))
			s->has_sure_order = false;
	}
}

/* The order that most of the first packets have, as if there were an election by chairs. */
static void
vote(struct path_classes *c, struct path_class *class, const struct path_entry *e,
     const struct path_point *points)
{
	struct path_order order;

	if (class->n_votes >= PATH_VOTES || e->n < 2 ||
	    (class->n_votes > 0 && (e->flags & PATH_ENTRY_ALIKE)))
		return;
	path_order_of(e, points, &order);
	class->n_votes++;
	if (memcmp(&order, &class->order, sizeof(order)) == 0)
		class->n_for++;
	else if (class->n_for > 0)
		class->n_for--;
	if (class->n_for == 0)
		set_order(c, class, &order);
}

uint16_t
path_classes_of(struct path_classes *c, const struct path_entry *e,
		const struct path_point *points)
{
	uint64_t set = hash_set(e);
	uint64_t i = set >> 32;
	struct path_class *class;
	uint16_t *slot;

	for (;; i++) {
		slot = &c->slots[i & (SLOTS - 1)];
		if (*slot == 0)
			break;
		class = &c->list[*slot - 1];
		if (class->set == set) {
			vote(c, class, e, points);
			return (uint16_t)(*slot - 1);
		}
	}
	if (c->n == PATH_CLASSES_MAX)
		return PATH_NO_CLASS;
	class = &c->list[c->n++];
	*slot = (uint16_t)c->n;
	class->set = set;
	path_order_of(e, points, &class->order);
	set_order(c, class, &class->order);
	return (uint16_t)(c->n - 1);
}

void
path_classes_count(struct path_classes *c, uint16_t class, uint64_t packets,
		   uint64_t bytes)
{
	c->list[class].packets += packets;
	c->list[class].bytes += bytes;
}

static const struct path_seen *
seen_at(const struct path_entry *e, uint16_t point)
{
	for (uint32_t i = 0; i < e->n; i++)
		if (e->seen[i].point == point)
			return &e->seen[i];
	return NULL;
}

void
path_classes_delay(struct path_classes *c, uint16_t class, const struct path_entry *e,
		   const struct path_point *points)
{
	const struct path_class *k = &c->list[class];
	const struct path_seen *a = seen_at(e, k->order.points[0]);

	for (uint32_t i = 0; i + 1 < k->order.n; i++) {
		const struct path_seen *b = seen_at(e, k->order.points[i + 1]);
		const struct path_point *p = &points[a->point];
		const struct path_point *q = &points[b->point];
		bool is_inside = p->source == q->source;
		int64_t delay_ns = ((int64_t)b->after - a->after) * PATH_UNIT_NS;

		a = b;
		if (k->segments[i] == PATH_NO_SEGMENT || (k->order.unsure >> i & 1) ||
		    !c->segments[k->segments[i]].delay)
			continue;
		path_figures_add(c->segments[k->segments[i]].delay, delay_ns,
				 is_inside ? 0 : p->bound_ns + q->bound_ns,
				 is_inside || (p->has_bound && q->has_bound));
	}
}

uint16_t
path_classes_place(const struct path_class *class, uint16_t point)
{
	uint16_t i = 0;

	while (i < class->order.n && class->order.points[i] != point)
		i++;
	return i;
}
