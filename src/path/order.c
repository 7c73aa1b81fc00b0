/* From the observations of one packet to the order of its points. */
#include "path/order.h"

/* The observations of one target. */
struct host {
	uint16_t source;
	uint8_t max_ttl;
	uint8_t min_ttl;
	uint8_t n;
	bool has_in, has_out;
	bool has_bound;
	uint64_t bound_ns;
	int32_t first;
	uint8_t seen[PATH_SEEN_MAX];
};

static bool
is_before(const struct path_seen *a, const struct path_seen *b,
	  const struct path_point *points)
{
	if (a->after != b->after)
		return a->after < b->after;
	return points[a->point].direction < points[b->point].direction;
}

/* Insertion by time. */
static void
put(struct host *h, const struct path_entry *e, const struct path_point *points,
    uint8_t which)
{
	const struct path_seen *seen = &e->seen[which];
	const struct path_point *p = &points[seen->point];
	uint8_t at = h->n++;

	while (at > 0 && is_before(seen, &e->seen[h->seen[at - 1]], points)) {
		h->seen[at] = h->seen[at - 1];
		at--;
	}
	h->seen[at] = which;
	h->first = e->seen[h->seen[0]].after;
	h->max_ttl = seen->ttl > h->max_ttl ? seen->ttl : h->max_ttl;
	h->min_ttl = seen->ttl < h->min_ttl ? seen->ttl : h->min_ttl;
	h->has_in |= p->direction == PATH_IN;
	h->has_out |= p->direction == PATH_OUT;
	h->has_bound = p->has_bound;
	h->bound_ns = p->bound_ns;
}

/* Below 0: a is first; 0: not known. */
static int
compare(const struct host *a, const struct host *b)
{
	int by_max = (int)b->max_ttl - a->max_ttl;
	int by_min = (int)b->min_ttl - a->min_ttl;
	bool a_sends = a->has_out && !a->has_in;
	bool b_sends = b->has_out && !b->has_in;
	bool a_takes = a->has_in && !a->has_out;
	bool b_takes = b->has_in && !b->has_out;
	uint64_t apart_ns =
	    (uint64_t)(a->first < b->first ? (int64_t)b->first - a->first
					   : (int64_t)a->first - b->first) *
	    PATH_UNIT_NS;

	if (by_max <= 0 && by_min <= 0 && by_max + by_min < 0)
		return -1;
	if (by_max >= 0 && by_min >= 0 && by_max + by_min > 0)
		return 1;
	if (a_sends != b_sends)
		return a_sends ? -1 : 1;
	if (a_takes != b_takes)
		return a_takes ? 1 : -1;
	if (a->has_bound && b->has_bound && apart_ns > a->bound_ns + b->bound_ns)
		return a->first < b->first ? -1 : 1;
	return 0;
}

static uint32_t
group(const struct path_entry *e, const struct path_point *points, struct host *hosts)
{
	uint32_t n = 0;

	for (uint8_t i = 0; i < e->n; i++) {
		uint16_t source = points[e->seen[i].point].source;
		uint32_t k = 0;

		while (k < n && hosts[k].source != source)
			k++;
		if (k == n)
			hosts[n++] = (struct host){.source = source, .min_ttl = 255};
		put(&hosts[k], e, points, i);
	}
	return n;
}

void
path_order_of(const struct path_entry *e, const struct path_point *points,
	      struct path_order *order)
{
	struct host hosts[PATH_SEEN_MAX];
	uint32_t n = group(e, points, hosts);

	for (uint32_t i = 1; i < n; i++) {
		struct host h = hosts[i];
		uint32_t at = i;

		while (at > 0 && (compare(&h, &hosts[at - 1]) < 0 ||
				  (compare(&h, &hosts[at - 1]) == 0 &&
				   h.first < hosts[at - 1].first))) {
			hosts[at] = hosts[at - 1];
			at--;
		}
		hosts[at] = h;
	}
	*order = (struct path_order){.n = 0};
	for (uint32_t i = 0; i < n; i++) {
		if (i > 0 && compare(&hosts[i - 1], &hosts[i]) == 0)
			order->unsure |= (uint16_t)(1u << (order->n - 1));
		for (uint32_t k = 0; k < hosts[i].n; k++)
			order->points[order->n++] = e->seen[hosts[i].seen[k]].point;
	}
}
